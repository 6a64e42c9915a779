// SPDX-License-Identifier: MIT
/**
 * @fileoverview Open files: a vnode, a position, how it was opened. Descriptors of several processes may share one (fork, dup).
 *
 * The vnode is told when the first and the last holder come and go, which is what pipes live by.
 */
import { EINVAL, EBADF, ESPIPE, setError } from '../kernel/errno';
import { Vnode } from './vnode';

/** open's flags (<sys/fcntl.h>). */
export const O_ACCMODE: i32 = 3;
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_NDELAY: i32 = 0x04;
export const O_APPEND: i32 = 0x08;
export const O_NONBLOCK: i32 = 0x80;
export const O_CREAT: i32 = 0x100;
export const O_TRUNC: i32 = 0x200;
export const O_EXCL: i32 = 0x400;
export const O_NOCTTY: i32 = 0x800;
export const O_NOFOLLOW: i32 = 0x20000;
export const O_CLOEXEC: i32 = 0x800000;
export const O_DIRECTORY: i32 = 0x1000000;
/** Those that fcntl may change. */
export const CHANGEABLE: i32 = O_APPEND | O_NONBLOCK | O_NDELAY;

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
    this.vnode.opened(-this.readers, -this.writers);
    this.vnode.release();
  }

  get readers(): i32 {
    return (this.flags & O_ACCMODE) != O_WRONLY ? 1 : 0;
  }
  get writers(): i32 {
    return (this.flags & O_ACCMODE) != O_RDONLY ? 1 : 0;
  }
  private get nonblocking(): bool {
    return (this.flags & (O_NONBLOCK | O_NDELAY)) != 0;
  }

  read(to: u64, count: u64): i64 {
    if (!this.readers) return setError(EBADF);
    const done = this.vnode.read(this.offset, to, count, this.nonblocking);
    if (done > 0) this.offset += done;
    return done;
  }
  write(from: u64, count: u64): i64 {
    if (!this.writers) return setError(EBADF);
    if (this.flags & O_APPEND && this.vnode.seekable) this.offset = this.vnode.attributes().size;
    const done = this.vnode.write(this.offset, from, count, this.nonblocking);
    if (done > 0) this.offset += done;
    return done;
  }

  /** `whence`: 0 from the start, 1 from here, 2 from the end. */
  seek(offset: i64, whence: i32): i64 {
    if (!this.vnode.seekable) return setError(ESPIPE);
    let base: i64 = 0;
    if (whence == 1) base = this.offset;
    else if (whence == 2) base = this.vnode.attributes().size;
    else if (whence) return setError(EINVAL);
    const place = base + offset;
    if (place < 0) return setError(EINVAL);
    this.offset = place;
    return place;
  }
}
