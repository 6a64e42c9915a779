// SPDX-License-Identifier: MIT
/**
 * @fileoverview Open files: a vnode, a position, how it was opened. Descriptors of several processes may share one (fork, dup, SCM_RIGHTS).
 *
 * The vnode is told when the first and the last holder come and go, which is what pipes live by.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { heapMayHaveRoom } from '../kernel/memory/heapRoom';
import { PRIV_FILE_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { EINVAL, EBADF, EFBIG, EOVERFLOW, ESPIPE, setError } from '../kernel/errno';
import { RLIM_INFINITY, RLIMIT_FSIZE } from '../kernel/limits/limits';
import { SIGXFSZ } from '../kernel/signal/signal';
import { WaitQueue } from '../kernel/thread/waitQueue';
import { dropSetIds } from './policy';
import { S_IFREG, S_ISGID, S_ISUID, Vnode } from './vnode';

/** open's flags (<sys/fcntl.h>). */
export const O_ACCMODE: i32 = 3;
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_NDELAY: i32 = 0x04;
export const O_APPEND: i32 = 0x08;
export const O_SYNC: i32 = 0x10;
export const O_DSYNC: i32 = 0x40;
export const O_NONBLOCK: i32 = 0x80;
export const O_CREAT: i32 = 0x100;
export const O_TRUNC: i32 = 0x200;
export const O_EXCL: i32 = 0x400;
export const O_NOCTTY: i32 = 0x800;
/** The name is that of an extended attribute. */
export const O_XATTR: i32 = 0x4000;
export const O_RSYNC: i32 = 0x8000;
export const O_NOFOLLOW: i32 = 0x20000;
export const O_CLOEXEC: i32 = 0x800000;
export const O_DIRECTORY: i32 = 0x1000000;
/** Those that fcntl may change. */
export const CHANGEABLE: i32 = O_APPEND | O_NONBLOCK | O_NDELAY | O_SYNC | O_DSYNC | O_RSYNC;

const SEEK_SET: i32 = 0;
const SEEK_CUR: i32 = 1;
const SEEK_END: i32 = 2;
/** Largest off_t. */
const LARGEST: u64 = 0x7fffffffffffffff;

/** Those who wait until another one has appended to their file. */
const appenders: WaitQueue = new WaitQueue();

export class OpenFile {
  offset: u64 = 0;
  private holders: i32 = 1;

  /** Takes over the caller's hold of the vnode, which it has told of the opening. */
  constructor(
    public readonly vnode: Vnode,
    public flags: i32,
  ) {}

  hold(): void {
    this.holders++;
  }
  release(): void {
    if (--this.holders) return;
    heapMayHaveRoom();
    this.vnode.opened(-this.readers, -this.writers);
    this.vnode.release();
  }

  get readers(): i32 {
    return (this.flags & O_ACCMODE) != O_WRONLY ? 1 : 0;
  }
  get writers(): i32 {
    return (this.flags & O_ACCMODE) != O_RDONLY ? 1 : 0;
  }
  get nonblocking(): bool {
    return (this.flags & (O_NONBLOCK | O_NDELAY)) != 0;
  }

  read(to: u64, count: u64): i64 {
    const done = this.readAt(this.offset, to, count);
    if (done > 0) this.offset += done;
    return done;
  }
  write(from: u64, count: u64): i64 {
    const appends = (this.flags & O_APPEND) != 0 && this.vnode.seekable;
    if (appends) this.beginAppend();
    const done = this.writeAt(this.offset, from, count);
    if (done > 0) this.offset += done;
    if (appends) this.endAppend();
    return done;
  }
  /** Nobody else appends between the look for the end and the writing there (POSIX.1-2017, write). */
  private beginAppend(): void {
    const file = this.vnode.real;
    const flags = saveInterrupts();
    while (file.isAppendedTo) appenders.wait(false);
    file.isAppendedTo = true;
    restoreInterrupts(flags);
    this.offset = this.vnode.attributes().size;
  }
  private endAppend(): void {
    this.vnode.real.isAppendedTo = false;
    appenders.wakeAll();
  }

  readAt(offset: u64, to: u64, count: u64): i64 {
    if (!this.readers) return setError(EBADF);
    return this.vnode.read(offset, to, count, this.nonblocking);
  }
  writeAt(offset: u64, from: u64, count: u64): i64 {
    if (!this.writers) return setError(EBADF);
    const vnode = this.vnode;
    const room = vnode.type == S_IFREG ? fileRoom(offset, count) : count;
    if (!room && count) return setError(EFBIG);
    const done = vnode.write(offset, from, room, this.nonblocking);
    if (done <= 0 || vnode.type != S_IFREG) return done;
    if (!currentProcess().credentials.has(PRIV_FILE_SETID)) {
      const mode = vnode.attributes().mode;
      if (mode & (S_ISUID | S_ISGID)) dropSetIds(vnode, mode);
    }
    if (this.flags & (O_SYNC | O_DSYNC)) {
      const error = vnode.sync(!(this.flags & O_SYNC));
      if (error) return error;
    }
    return done;
  }

  seek(offset: i64, whence: i32): i64 {
    if (!this.vnode.seekable) return setError(ESPIPE);
    let base: i64 = 0;
    if (whence == SEEK_CUR) base = this.offset;
    else if (whence == SEEK_END) base = this.vnode.attributes().size;
    else if (whence != SEEK_SET) return setError(EINVAL);
    const place = base + offset;
    if (offset > 0 && place < base) return setError(EOVERFLOW);
    if (place < 0) return setError(EINVAL);
    this.offset = place;
    return place;
  }
}

/** Is [offset, offset + count) a range that a file could have? */
export function isFileRange(offset: u64, count: u64): bool {
  return offset <= LARGEST && count <= LARGEST - offset;
}

/** How much of a write the process's limit of file sizes lets through. Nothing: SIGXFSZ. */
export function fileRoom(offset: u64, count: u64): u64 {
  const process = currentProcess();
  const limit = process.limits.soft(RLIMIT_FSIZE);
  if (limit >= RLIM_INFINITY) return count;
  if (offset >= limit) {
    if (count) process.post(SIGXFSZ);
    return 0;
  }
  return min(count, limit - offset);
}
