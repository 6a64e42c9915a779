// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../descriptors.ts. */
import { page, u } from '../argument';
import { F_DUPFD } from '../descriptors';
import { EINVAL } from '../errno';
import { call, call6 } from './call';

export const SYS_open: u64 = 5;
export const SYS_openat: u64 = 68;
export const SYS_close: u64 = 6;
export const SYS_read: u64 = 3;
export const SYS_write: u64 = 4;
export const SYS_pread: u64 = 173;
export const SYS_pwrite: u64 = 174;
export const SYS_readv: u64 = 121;
export const SYS_writev: u64 = 122;
export const SYS_lseek: u64 = 19;
export const SYS_fsync: u64 = 58;
export const SYS_fcntl: u64 = 62;
export const SYS_pipe: u64 = 42;

export const O_APPEND: i32 = 8;
export const O_NONBLOCK: i32 = 0x80;
export const O_CREAT: i32 = 0x100;
export const O_EXCL: i32 = 0x400;
export const O_NOCTTY: i32 = 0x800;
export const O_CLOEXEC: i32 = 0x800000;
export const O_DIRECTORY: i32 = 0x1000000;
export const F_DUPFD_CLOEXEC: i32 = 37;
const F_DUP2FD: i32 = 9;
export const F_GETLK: i32 = 14;
export const F_RDLCK: i32 = 1;
export const F_WRLCK: i32 = 2;
export const F_UNLCK: i32 = 3;
const F_FREESP: i32 = 11;

/** libc's ftruncate is fcntl(F_FREESP) on a struct flock. */
export function ftruncate(descriptor: i32, size: i64): i64 {
  memory.fill(page, 0, 64);
  store<i16>(page, <i16>F_WRLCK);
  store<i64>(page, size, 8);
  return size < 0 ? -EINVAL : call(SYS_fcntl, u(descriptor), u(F_FREESP), page);
}
export function dup(descriptor: i32): i64 {
  return call(SYS_fcntl, u(descriptor), u(F_DUPFD), 0);
}
export function dup2(descriptor: i32, to: i32): i64 {
  return call(SYS_fcntl, u(descriptor), u(F_DUP2FD), u(to));
}
/** One descriptor's events, or an errno; milliseconds, -1: for ever. */
export function poll(descriptor: i32, events: i32, milliseconds: i32): i64 {
  store<i32>(page, descriptor);
  store<i16>(page, <i16>events, 4);
  store<i16>(page, 0, 6);
  store<i64>(page, milliseconds / 1000, 16);
  store<i64>(page, (milliseconds % 1000) * 1000000, 24);
  const result = call6(183, page, 1, milliseconds < 0 ? 0 : page + 16, 0, 0, 0);
  return result < 0 ? result : load<i16>(page, 6);
}

/** <sys/file.h>: what fdsync(2) is to do for fsync. */
export const FSYNC: u64 = 0x10;
/** struct flock */
export const FLOCK_pid: usize = 28;
