// SPDX-License-Identifier: MIT
/** @fileoverview What programs ask about files: attributes, names in a directory, the current directory. */
import * as calls from './calls';
import { pathOf, textOf, zeroTerminated } from './text';

export const S_IFMT: u32 = 0xf000;
export const S_IFIFO: u32 = 0x1000;
export const S_IFCHR: u32 = 0x2000;
export const S_IFDIR: u32 = 0x4000;
export const S_IFBLK: u32 = 0x6000;
export const S_IFREG: u32 = 0x8000;
export const S_IFLNK: u32 = 0xa000;
export const S_IFSOCK: u32 = 0xc000;
export const S_IFDOOR: u32 = 0xd000;
export const S_ISUID: u32 = 0o4000;
export const S_ISGID: u32 = 0o2000;
export const S_ISVTX: u32 = 0o1000;

const buffer = memory.data(128, 8);
const entries = memory.data(4096, 8);
const path_ = memory.data(1024);

export class Status {
  device: u64 = 0;
  inode: u64 = 0;
  mode: u32 = 0;
  links: u32 = 0;
  uid: u32 = 0;
  gid: u32 = 0;
  rdev: u64 = 0;
  size: u64 = 0;
  /** Seconds since 1970, each with nanoseconds beside it. */
  accessed: u64 = 0;
  accessedPart: u32 = 0;
  modified: u64 = 0;
  modifiedPart: u32 = 0;
  changed: u64 = 0;
  changedPart: u32 = 0;
  /** Best size of reads. */
  blockSize: u32 = 0;
  /** Units of 512 bytes. */
  blocks: u64 = 0;
  /** Type of the file system. */
  fileSystem: string = '';

  get type(): u32 {
    return this.mode & S_IFMT;
  }
  get isDirectory(): bool {
    return this.type == S_IFDIR;
  }
  get isRegular(): bool {
    return this.type == S_IFREG;
  }
  get isLink(): bool {
    return this.type == S_IFLNK;
  }
  isSameFile(other: Status): bool {
    return this.inode == other.inode && this.device == other.device;
  }
  /** Permissions. */
  get permissions(): u32 {
    return this.mode & 0o7777;
  }
}

/** Errno, positive, of the last call here that gave null. */
export let failure: i64 = 0;
export function setFailure(errno: i64): void {
  failure = errno;
}

function take(result: i64): Status | null {
  if (result < 0) {
    failure = -result;
    return null;
  }
  const status = new Status();
  status.device = load<u64>(buffer);
  status.inode = load<u64>(buffer, 8);
  status.mode = load<u32>(buffer, 16);
  status.links = load<u32>(buffer, 20);
  status.uid = load<u32>(buffer, 24);
  status.gid = load<u32>(buffer, 28);
  status.rdev = load<u64>(buffer, 32);
  status.size = load<u64>(buffer, 40);
  status.accessed = load<u64>(buffer, 48);
  status.accessedPart = load<u32>(buffer, 56);
  status.modified = load<u64>(buffer, 64);
  status.modifiedPart = load<u32>(buffer, 72);
  status.changed = load<u64>(buffer, 80);
  status.changedPart = load<u32>(buffer, 88);
  status.blockSize = load<u32>(buffer, 96);
  status.fileSystem = zeroTerminated(buffer + 112);
  status.blocks = load<u64>(buffer, 104);
  return status;
}

export function status(path: string, follow: bool): Status | null {
  return take(follow ? calls.stat(pathOf(path), buffer) : calls.lstat(pathOf(path), buffer));
}
export function statusOf(descriptor: i32): Status | null {
  return take(calls.fstat(descriptor, buffer));
}

/** Names in a directory, `.` and `..` among them, as they come. */
export function namesIn(path: string): string[] | null {
  const descriptor = <i32>calls.open(pathOf(path), 0, 0);
  if (descriptor < 0) {
    failure = -descriptor;
    return null;
  }
  return namesOf(descriptor);
}
/** The same of an open directory, which is closed. */
export function namesOf(descriptor: i32): string[] | null {
  const names: string[] = [];
  while (true) {
    const count = calls.getdents(descriptor, entries, 4096);
    if (count <= 0) {
      calls.close(descriptor);
      if (!count) return names;
      failure = -count;
      return null;
    }
    for (let at: usize = 0; at < <usize>count; at += load<u16>(entries + at, 16)) names.push(zeroTerminated(entries + at + 18));
  }
}

/** Names in a directory without `.` and `..`, sorted by bytes. */
export function entriesOf(path: string): string[] | null {
  const all = namesIn(path);
  if (!all) return null;
  const names: string[] = [];
  for (let i = 0; i < all.length; i++) if (all[i] != '.' && all[i] != '..') names.push(all[i]);
  sortNames(names);
  return names;
}

/** Path of a name in a directory. */
export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : directory + '/' + name;
}

/** The last part of a path, as basename(1) has it. */
export function lastPart(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 0x2f) end--;
  return end == 1 ? path.substring(0, 1) : path.substring(path.lastIndexOf('/', end - 1) + 1, end);
}

export function currentDirectory(): string {
  return calls.getcwd(path_, 1024) < 0 ? '' : zeroTerminated(path_);
}

export function linkTarget(path: string): string {
  const count = calls.readlink(pathOf(path), path_, 1024);
  return count < 0 ? '' : textOf(path_, <i32>count);
}

/** Byte order, as the C locale sorts. */
export function sortNames(names: string[]): void {
  names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
