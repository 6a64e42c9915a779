// SPDX-License-Identifier: MIT
/**
 * @fileoverview The vnode layer: what the kernel asks of a file, whichever file system it lies in.
 *
 * A vnode is a managed object with virtual operations. Each has a default answer (mostly an errno), so a file system implements what it
 * has, and a new operation is one method here. Buffers are u64 addresses, a user's or the kernel's (kernel/user.ts).
 *
 * Holds: whoever keeps a vnode beyond a call holds it (a descriptor, a current directory, a segment); lookup gives a held one.
 * With the last release {@link inactive} is called, which gives back what a file without names occupies. Memory of the object
 * itself is the collector's.
 *
 * Mounts: `mounted` of a directory is the root of what is mounted on it, `covered` of that root is the directory.
 */
import { EINVAL, ENOENT, ENOSYS, ENOTDIR, ENOTTY, EROFS, setError, setFailure } from '../kernel/errno';

/** File types, as the upper bits of a mode (<sys/stat.h>). */
export const S_IFMT: i32 = 0xf000;
export const S_IFIFO: i32 = 0x1000;
export const S_IFCHR: i32 = 0x2000;
export const S_IFDIR: i32 = 0x4000;
export const S_IFREG: i32 = 0x8000;
export const S_IFLNK: i32 = 0xa000;

/** Longest name of a directory entry (<limits.h>, NAME_MAX). */
export const NAME_MAX: i32 = 255;

export class Attributes {
  /** Type and permissions. */
  mode: i32 = 0;
  uid: i32 = 0;
  gid: i32 = 0;
  nlink: u32 = 1;
  inode: u64 = 0;
  size: u64 = 0;
  /** What a device file stands for: major << 32 | minor. */
  rdev: u64 = 0;
  /** Nanoseconds since 1970. */
  accessed: u64 = 0;
  modified: u64 = 0;
  changed: u64 = 0;
  /** Units of 512 bytes. */
  blocks: u64 = 0;
}

/** One mounted file system. */
export class FileSystem {
  constructor(
    public readonly type: string,
    public readonly device: u64,
    public readonly readOnly: bool,
  ) {}
}

/** Receives directory entries, one by one; false: no more room. `next` is the offset to go on from after this one. */
export abstract class DirectoryReader {
  abstract entry(name: string, inode: u64, next: u64): bool;
}

export abstract class Vnode {
  /** Where a file system is mounted on this directory: its root. */
  mounted: Vnode | null = null;
  /** For the root of a mounted file system: the directory below. */
  covered: Vnode | null = null;
  /** The pipe of a FIFO that somebody has open. */
  pipe: Vnode | null = null;
  private holds: i32 = 0;

  constructor(
    public readonly fileSystem: FileSystem,
    /** S_IFREG, S_IFDIR, … */
    public readonly type: i32,
  ) {}

  hold(): void {
    this.holds++;
  }
  release(): void {
    assert(this.holds > 0, 'vnode released too often');
    if (!--this.holds) this.inactive();
  }

  get isDirectory(): bool {
    return this.type == S_IFDIR;
  }

  /** No one holds it any more. */
  inactive(): void {}

  abstract attributes(): Attributes;

  /** A descriptor is made, or goes: `readers` and `writers` are what it counts for, 0 or 1, negative when it goes. */
  opened(readers: i32, writers: i32): i32 {
    return 0;
  }
  /** Bytes read, 0 at the end. */
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return setError(EINVAL);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return setError(EINVAL);
  }
  ioctl(request: i32, argument: u64): i64 {
    return setError(ENOTTY);
  }
  /** Has it a position? Pipes and terminals have none. */
  get seekable(): bool {
    return true;
  }
  truncate(size: u64): i32 {
    return setError(EINVAL);
  }
  /** The frame that holds the page at an offset, which stays the file's; 0: none, it reads as zeros. */
  page(offset: u64): usize {
    return 0;
  }

  // ---- directories

  /** A held vnode, or null with ENOENT. `.` and `..` are the caller's business. */
  lookup(name: string): Vnode | null {
    setFailure(this.isDirectory ? ENOENT : ENOTDIR);
    return null;
  }
  parent(): Vnode | null {
    return null;
  }
  /** A new file in this directory, held; the caller has checked that the name is free. */
  create(name: string, mode: i32, uid: i32, gid: i32): Vnode | null {
    setFailure(EROFS);
    return null;
  }
  symlink(name: string, target: string, uid: i32, gid: i32): i32 {
    return setError(EROFS);
  }
  link(name: string, target: Vnode): i32 {
    return setError(EROFS);
  }
  remove(name: string): i32 {
    return setError(EROFS);
  }
  removeDirectory(name: string): i32 {
    return setError(EROFS);
  }
  rename(from: string, to: Vnode, name: string): i32 {
    return setError(EROFS);
  }
  /** Entries from an offset on, `.` and `..` included. */
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    return setError(ENOTDIR);
  }
  /** Target of a symbolic link. */
  readLink(): string | null {
    setFailure(EINVAL);
    return null;
  }
  setMode(mode: i32): i32 {
    return setError(ENOSYS);
  }
  setOwner(uid: i32, gid: i32): i32 {
    return setError(ENOSYS);
  }
  setTimes(accessed: u64, modified: u64): i32 {
    return setError(ENOSYS);
  }
}
