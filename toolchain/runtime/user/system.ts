// SPDX-License-Identifier: MIT
/** @fileoverview The system calls that the runtime itself needs, by illumos's numbers (<sys/syscall.h>). Results below 0 are errnos. */
import { call, call6 } from 'machine/sys';

export const SYS_exit: u64 = 1;
export const SYS_write: u64 = 4;
export const SYS_getpid: u64 = 20;
const SYS_memcntl: u64 = 131;
/** <sys/mman.h> */
const MC_ADVISE: u64 = 4;
const MADV_FREE: u64 = 5;

export function exit(status: i32): void {
  call(SYS_exit, status, 0, 0);
  unreachable();
}

export function write(fd: i32, from: usize, count: usize): i32 {
  return <i32>call(SYS_write, fd, from, count);
}

export function getpid(): i32 {
  return <i32>call(SYS_getpid, 0, 0, 0);
}

/** What pages hold is not needed any more: they read as zeros, and take no memory until they are written to. */
export function discard(at: usize, bytes: usize): void {
  call6(SYS_memcntl, at, bytes, MC_ADVISE, MADV_FREE, 0, 0);
}
