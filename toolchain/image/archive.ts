// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes a cpio archive in its "new ASCII" form (cpio(5), magic 070701): the boot archive.
 *
 * Everything belongs to root and has one time, so the same content gives the same bytes. Names of one file share an inode number; the
 * data comes with the last of them, as cpio itself writes it.
 */
export interface ArchiveFile {
  /** Without a leading slash; parents are made. */
  readonly path: string;
  readonly mode?: number;
  readonly content: Uint8Array | string;
}

export interface ArchiveContent {
  readonly directories?: readonly string[];
  readonly files: readonly ArchiveFile[];
  /** Further names of a file, by path. */
  readonly links?: ReadonlyMap<string, readonly string[]>;
  readonly symlinks?: ReadonlyMap<string, string>;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const NOTHING = new Uint8Array();

/** `time` in seconds since 1970. */
export function writeArchive(content: ArchiveContent, time: number): Uint8Array {
  const members: Uint8Array[] = [];
  let inode = 0;
  const add = (name: string, mode: number, links: number, data: Uint8Array): void => {
    members.push(member(name, { inode, mode, links, time, data }));
  };
  const directories = new Set<string>();
  const addParents = (path: string): void => {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) directories.add(path.slice(0, at));
  };
  for (const path of content.directories ?? []) directories.add(path);
  const everything = [...content.files.map(({ path }) => path), ...(content.symlinks?.keys() ?? []), ...directories];
  for (const names of content.links?.values() ?? []) everything.push(...names);
  for (const path of everything) addParents(path);
  for (const path of [...directories].sort()) {
    inode++;
    add(path, S_IFDIR | 0o755, 2, NOTHING);
  }
  for (const file of [...content.files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    inode++;
    const data = typeof file.content === 'string' ? new TextEncoder().encode(file.content) : file.content;
    const names = [file.path, ...(content.links?.get(file.path) ?? [])];
    const mode = S_IFREG | (file.mode ?? 0o644);
    for (const name of names) add(name, mode, names.length, name === names[names.length - 1] ? data : NOTHING);
  }
  for (const [path, target] of [...(content.symlinks ?? [])].sort()) {
    inode++;
    add(path, S_IFLNK | 0o777, 1, new TextEncoder().encode(target));
  }
  inode = 0;
  members.push(member('TRAILER!!!', { inode, mode: 0, links: 1, time: 0, data: NOTHING }));
  return join(members);
}

interface Member {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly time: number;
  readonly data: Uint8Array;
}

function member(name: string, { inode, mode, links, time, data }: Member): Uint8Array {
  const bytes = new TextEncoder().encode(`${name}\0`);
  const fields = [inode, mode, 0, 0, links, time, data.length, 0, 0, 0, 0, bytes.length, 0];
  const header = new TextEncoder().encode(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`,
  );
  const dataAt = (header.length + bytes.length + 3) & ~3;
  const result = new Uint8Array((dataAt + data.length + 3) & ~3);
  result.set(header);
  result.set(bytes, header.length);
  result.set(data, dataAt);
  return result;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
