// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../descriptors.ts. */
import { page, u } from '../argument';
import { call } from './call';

export const SYS_open: u64 = 2;
export const SYS_openat: u64 = 257;
export const SYS_close: u64 = 3;
export const SYS_read: u64 = 0;
export const SYS_write: u64 = 1;
export const SYS_pread: u64 = 17;
export const SYS_pwrite: u64 = 18;
export const SYS_readv: u64 = 19;
export const SYS_writev: u64 = 20;
export const SYS_lseek: u64 = 8;
export const SYS_fsync: u64 = 74;
export const SYS_fcntl: u64 = 72;
export const SYS_pipe: u64 = 22;

export const O_APPEND: i32 = 0x400;
export const O_NONBLOCK: i32 = 0x800;
export const O_CREAT: i32 = 0x40;
export const O_EXCL: i32 = 0x80;
export const O_NOCTTY: i32 = 0x100;
export const O_CLOEXEC: i32 = 0x80000;
export const O_DIRECTORY: i32 = 0x10000;
export const F_DUPFD_CLOEXEC: i32 = 1030;
export const F_GETLK: i32 = 5;
export const F_RDLCK: i32 = 0;
export const F_WRLCK: i32 = 1;
export const F_UNLCK: i32 = 2;

export function ftruncate(descriptor: i32, size: i64): i64 {
  return call(77, u(descriptor), size, 0);
}
export function dup(descriptor: i32): i64 {
  return call(32, u(descriptor), 0, 0);
}
export function dup2(descriptor: i32, to: i32): i64 {
  return call(33, u(descriptor), u(to), 0);
}
/** One descriptor's events, or an errno; milliseconds, -1: for ever. */
export function poll(descriptor: i32, events: i32, milliseconds: i32): i64 {
  store<i32>(page, descriptor);
  store<i16>(page, <i16>events, 4);
  store<i16>(page, 0, 6);
  const result = call(7, page, 1, u(milliseconds));
  return result < 0 ? result : load<i16>(page, 6);
}

/** fsync takes nothing besides. */
export const FSYNC: u64 = 0;
/** struct flock */
export const FLOCK_pid: usize = 24;
