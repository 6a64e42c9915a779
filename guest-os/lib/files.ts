// SPDX-License-Identifier: MIT
/** @fileoverview What programs ask about files: attributes, names in a directory, the current directory. */
import * as calls from './calls';
import { pathOf, textOf, zeroTerminated } from './text';

export const S_IFMT: u32 = 0xf000;
export const S_IFIFO: u32 = 0x1000;
export const S_IFCHR: u32 = 0x2000;
export const S_IFDIR: u32 = 0x4000;
export const S_IFREG: u32 = 0x8000;
export const S_IFLNK: u32 = 0xa000;

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
  /** Seconds since 1970. */
  modified: u64 = 0;
  blocks: u64 = 0;

  get type(): u32 {
    return this.mode & S_IFMT;
  }
  get isDirectory(): bool {
    return this.type == S_IFDIR;
  }
}

/** Errno, positive, of the last call here that gave null. */
export let failure: i64 = 0;

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
  status.modified = load<u64>(buffer, 64);
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
