// SPDX-License-Identifier: MIT
/**
 * @fileoverview The vnode layer: what the kernel asks of a file, whichever file system it lies in.
 *
 * A vnode is a managed object with virtual operations. Each has a default answer (mostly an errno), so a file system implements what it
 * has, and a new operation is one method here. Buffers are u64 addresses, a user's or the kernel's (kernel/memory/user.ts); operations may sleep.
 *
 * Who checks what: callers (lookup.ts, policy.ts, system calls) see to permissions, `.` and `..`, free names, mount points and read-only file
 * systems, so that every file system refuses alike. A file system sees to what only it knows: space, links across devices, kinds of files.
 *
 * Holds: whoever keeps a vnode beyond a call holds it (a descriptor, a current directory, a segment); lookup gives a held one.
 * With the last release {@link Vnode.inactive} is called, which gives back what a file without names occupies. Memory of the object
 * itself is the collector's. A file system that has vnodes in use besides its root cannot be unmounted.
 *
 * Mounts: `mounted` of a directory is the root of what is mounted on it, `covered` of that root is the directory (mount.ts).
 *
 * Pages: {@link Vnode.page} gives the frame that holds a page of the file. tmpfs files live in such frames; ZFS, which has buffers of its own, keeps
 * them beside (zfs/zpl/pages.ts). A frame stays the file's: mappings are further owners of it, private ones copy before they write, and
 * write(2) changes it in place, so shared mappings and descriptors see the same bytes.
 */
import { EINVAL, ENOENT, ENOSYS, ENOTDIR, ENOTTY, EROFS, setError, setFailure } from '../kernel/errno';
import { Ace, trivialAces } from './acl';
import { Poller, POLL_ALWAYS } from './poll';
import { RecordLock } from './recordLock';

/** File types, as the upper bits of a mode (<sys/stat.h>). */
export const S_IFMT: i32 = 0xf000;
export const S_IFIFO: i32 = 0x1000;
export const S_IFCHR: i32 = 0x2000;
export const S_IFDIR: i32 = 0x4000;
export const S_IFBLK: i32 = 0x6000;
export const S_IFREG: i32 = 0x8000;
export const S_IFLNK: i32 = 0xa000;
export const S_IFSOCK: i32 = 0xc000;
/** Not a type that mknod makes: an event port. */
export const S_IFPORT: i32 = 0xe000;
export const S_ISUID: i32 = 0o4000;
export const S_ISGID: i32 = 0o2000;
export const S_ISVTX: i32 = 0o1000;

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
  /** What reads and writes are best made of. */
  blockSize: u32 = 4096;
}

/** What statvfs(2) tells of a file system; counts of blocks are in units of `fragment` bytes. */
export class Statistics {
  blockSize: u64 = 4096;
  fragment: u64 = 4096;
  blocks: u64 = 0;
  free: u64 = 0;
  available: u64 = 0;
  files: u64 = 0;
  freeFiles: u64 = 0;
}

/** One mounted file system (what illumos calls a vfs). */
export class FileSystem {
  /** What is mounted, where, and how, as /etc/mnttab shows it; and when, in seconds. */
  special: string = '';
  mountPoint: string = '';
  options: string = '';
  mountedAt: u64 = 0;
  /** Set-user-id programs, device files and programs mean nothing here. */
  noSetuid: bool = false;
  noDevices: bool = false;
  noExecute: bool = false;
  /** Reads leave a file's access time as it is. */
  noAccessTime: bool = false;
  /** Do its directories take part in the name cache (nameCache.ts)? */
  cachesNames: bool = false;
  /** Vnodes that somebody holds. */
  active: i32 = 0;
  /** The root directory: set by whoever makes the file system. */
  root: Vnode | null = null;
  zoneid: i32 = 0;

  constructor(
    public readonly type: string,
    /** Its number, st_dev: unique among those mounted. */
    public readonly device: u64,
    public readOnly: bool,
  ) {}

  statistics(): Statistics {
    return new Statistics();
  }
  /** Everything changed goes to stable storage. */
  sync(): i32 {
    return 0;
  }
  /** Other mount options for a file system that stays mounted. */
  remount(readOnly: bool, options: string): i32 {
    this.readOnly = readOnly;
    return 0;
  }
  /** It is about to be unmounted: what it has mounted of itself goes, or is in use (EBUSY). */
  prepareUnmount(): i32 {
    return 0;
  }
  /** Is anything in use besides the root, or something mounted on that, or is it not mounted itself? */
  get isBusy(): bool {
    const root = this.root!;
    return !root.covered || root.mounted != null || this.active > 1 || !root.isHeldOnce;
  }
  /**
   * Nobody uses it, or that is not to matter: gives back what it occupies. An error leaves it mounted. What has to wait asks again afterwards whether it
   * {@link isBusy}, and does not wait any more.
   */
  unmount(force: bool): i32 {
    return 0;
  }
}

let devices: u64 = 16;
/** A number for a file system that is not on a device. */
export function newDeviceNumber(): u64 {
  return devices++;
}

/** Receives directory entries, one by one; false: no more room. `next` is the offset to go on from after this one. */
export abstract class DirectoryReader {
  abstract entry(name: string, inode: u64, next: u64): bool;
}

/** pathconf's names (<sys/unistd.h>). */
export const PC_LINK_MAX: i32 = 1;
export const PC_MAX_CANON: i32 = 2;
export const PC_MAX_INPUT: i32 = 3;
export const PC_NAME_MAX: i32 = 4;
export const PC_PATH_MAX: i32 = 5;
export const PC_PIPE_BUF: i32 = 6;
export const PC_NO_TRUNC: i32 = 7;
export const PC_VDISABLE: i32 = 8;
export const PC_CHOWN_RESTRICTED: i32 = 9;
/** Which lists of access it can have: {@link ACL_ACE} or none. */
export const PC_ACL_ENABLED: i32 = 20;
export const ACL_ACE: i32 = 2;
export const PC_FILESIZEBITS: i32 = 67;
export const PC_SYMLINK_MAX: i32 = 16;
export const PC_TIMESTAMP_RESOLUTION: i32 = 18;
/** Can it have extended attributes, and has it any? */
export const PC_XATTR_ENABLED: i32 = 100;
export const PC_XATTR_EXISTS: i32 = 101;

export abstract class Vnode {
  /** Where a file system is mounted on this directory: its root. */
  mounted: Vnode | null = null;
  /** For the root of a mounted file system: the directory below. */
  covered: Vnode | null = null;
  /** Record locks of fcntl. */
  locks: RecordLock | null = null;
  /** Somebody appends to it (file.ts). */
  isAppendedTo: bool = false;
  private holds: i32 = 0;

  constructor(
    public readonly fileSystem: FileSystem,
    /** S_IFREG, S_IFDIR, … */
    public readonly type: i32,
  ) {}

  hold(): void {
    if (!this.holds++) this.fileSystem.active++;
  }
  release(): void {
    assert(this.holds > 0, 'vnode released too often');
    if (--this.holds) return;
    this.fileSystem.active--;
    this.inactive();
  }
  get isHeld(): bool {
    return this.holds > 0;
  }
  get isHeldOnce(): bool {
    return this.holds == 1;
  }

  get isDirectory(): bool {
    return this.type == S_IFDIR;
  }
  /** Nothing of it can be changed. */
  get isReadOnly(): bool {
    return this.fileSystem.readOnly;
  }

  /** No one holds it any more. */
  inactive(): void {}

  /** The vnode that is the same file as this one: itself, but for views of other file systems (lofs). */
  get real(): Vnode {
    return this;
  }

  abstract attributes(): Attributes;

  /**
   * Gives the vnode that a descriptor is made of: this one, or another instead (a clone of a device, the caller's terminal), held in the
   * place of this one, which is then released. `flags` are open's. Null: see failure; this one stays held.
   */
  open(flags: i32): Vnode | null {
    return this;
  }
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
  /** Which of `events` (and POLLERR, POLLHUP) hold now. With a poller, it is told when that changes. */
  poll(events: i32, poller: Poller | null): i32 {
    return events & POLL_ALWAYS;
  }
  /** Has it a position? Pipes and terminals have none. */
  get seekable(): bool {
    return true;
  }
  /** The end of the file is here now: what is beyond goes, what is missing reads as zeros. */
  truncate(size: u64): i32 {
    return setError(EINVAL);
  }
  /** F_FREESP: gives back the space of a range; length 0: up to the end, which is then here. */
  freeSpace(offset: u64, length: u64): i32 {
    return length ? setError(EINVAL) : this.truncate(offset);
  }
  /**
   * The frame that holds the page at an offset; 0: none, it reads as zeros, or, with `shared`, there is no memory or no space (see failure).
   * `shared`: for a shared mapping, so a hole gets a frame; `write`: and it will be changed through that mapping.
   */
  page(offset: u64, shared: bool = false, write: bool = false): usize {
    return 0;
  }
  /** Pages that were changed through mappings go to the file system. */
  putPages(offset: u64, length: u64): i32 {
    return 0;
  }
  /** fsync: what was written goes to stable storage; `dataOnly`: but for times and the like. */
  sync(dataOnly: bool): i32 {
    return 0;
  }
  /** A limit of this file, -1: none. */
  pathconf(name: i32): i64 {
    switch (name) {
      case PC_LINK_MAX:
        return 32767;
      case PC_MAX_CANON:
      case PC_MAX_INPUT:
        return 256;
      case PC_NAME_MAX:
        return NAME_MAX;
      case PC_PATH_MAX:
      case PC_SYMLINK_MAX:
        return 1024;
      case PC_PIPE_BUF:
        return 5120;
      case PC_NO_TRUNC:
      case PC_CHOWN_RESTRICTED:
      case PC_TIMESTAMP_RESOLUTION:
        return 1;
      case PC_VDISABLE:
      case PC_ACL_ENABLED:
      case PC_XATTR_ENABLED:
      case PC_XATTR_EXISTS:
        return 0;
      case PC_FILESIZEBITS:
        return 64;
    }
    return setError(EINVAL);
  }

  // ---- directories

  /** A held vnode, or null with ENOENT. `.` and `..` are the caller's business. */
  lookup(name: string): Vnode | null {
    setFailure(this.isDirectory ? ENOENT : ENOTDIR);
    return null;
  }
  /** The name that a directory has in the one above, where that does not list it; empty: it does. */
  get hiddenName(): string {
    return '';
  }
  /** May entries go, or be called otherwise, that something is mounted on? Where it mounts them itself. */
  get removesMounted(): bool {
    return false;
  }
  /** The directory above, held; null at the root of a file system. */
  parent(): Vnode | null {
    return null;
  }
  /**
   * A new file in this directory, held; the caller has checked that the name is free. `mode` has the type: regular, directory, fifo,
   * socket, or a device, which stands for `rdev`.
   */
  create(name: string, mode: i32, uid: i32, gid: i32, rdev: u64 = 0): Vnode | null {
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
  /** As rename(2) has it: what `name` was is replaced. EXDEV if `to` lies in another file system. */
  rename(from: string, to: Vnode, name: string): i32 {
    return setError(EROFS);
  }
  /** Entries from an offset on, `.` and `..` included. */
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    return setError(ENOTDIR);
  }
  /** Of a link that leads to a file, whatever its path: that file, held. Null: the link has a path. */
  linked(): Vnode | null {
    return null;
  }
  /** Target of a symbolic link. */
  readLink(): string | null {
    setFailure(EINVAL);
    return null;
  }

  // ---- attributes

  /** The directory of its extended attributes, held; with `make` there is one afterwards. Null: ENOENT, or EINVAL where files have none. */
  extendedDirectory(make: bool): Vnode | null {
    setFailure(EINVAL);
    return null;
  }
  setMode(mode: i32): i32 {
    return setError(ENOSYS);
  }
  /** As {@link setMode}, where only the set-id bits go: a list of access stays. */
  dropSetIds(mode: i32): i32 {
    return this.setMode(mode);
  }
  /** Does its list of access say more than its mode? */
  get hasAcl(): bool {
    return false;
  }
  /** Its list of access; null: it cannot be read, see failure. */
  acl(): Ace[] | null {
    return trivialAces(this.attributes().mode, this.isDirectory);
  }
  /** Sets it, and with it the mode. ENOSYS: there are only modes here. */
  setAcl(aces: Ace[]): i32 {
    return setError(ENOSYS);
  }
  /** -1: stays. */
  setOwner(uid: i32, gid: i32): i32 {
    return setError(ENOSYS);
  }
  setTimes(accessed: u64, modified: u64): i32 {
    return setError(ENOSYS);
  }
}
