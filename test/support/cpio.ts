// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes cpio archives in the "new ASCII" format that Linux unpacks as its initramfs (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst). Times are zero, so equal trees give equal archives.
 */

export type CpioEntry =
  | { path: string; kind: 'directory' }
  | { path: string; kind: 'file'; contents: Uint8Array | string; executable?: boolean }
  | { path: string; kind: 'symbolic link'; target: string }
  | { path: string; kind: 'character device'; major: number; minor: number };

const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';

/** Directories must come before what is in them. */
export function cpio(entries: readonly CpioEntry[]): Uint8Array {
  const pieces = entries.map((entry, index) => record(entry.path, index + 1, ...describe(entry)));
  return new Uint8Array(Buffer.concat([...pieces, record(TRAILER, 0, 0, Buffer.alloc(0), [0, 0])]));
}

/** Mode, contents, device numbers. */
function describe(entry: CpioEntry): [number, Uint8Array, [number, number]] {
  const nothing = new Uint8Array(0);
  switch (entry.kind) {
    case 'directory':
      return [S_IFDIR | 0o755, nothing, [0, 0]];
    case 'file':
      return [S_IFREG | (entry.executable ? 0o755 : 0o644), Buffer.from(entry.contents), [0, 0]];
    case 'symbolic link':
      return [S_IFLNK | 0o777, Buffer.from(entry.target), [0, 0]];
    case 'character device':
      return [S_IFCHR | 0o600, nothing, [entry.major, entry.minor]];
  }
}

function record(path: string, inode: number, mode: number, contents: Uint8Array, [major, minor]: [number, number]): Buffer {
  const name = Buffer.from(`${path}\0`);
  // Inode, mode, uid, gid, links, time, size, device, device of a node, length of the name, checksum.
  const fields = [inode, mode, 0, 0, 1, 0, contents.length, 0, 0, major, minor, name.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(contents)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
