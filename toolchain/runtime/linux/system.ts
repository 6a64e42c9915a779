// SPDX-License-Identifier: MIT
/** @fileoverview The system calls that the runtime itself needs, where a program is linked for Linux (arch/x86/entry/syscalls/syscall_64.tbl). */
import { linux } from 'machine/sys';

const SYS_write: u64 = 1;
const SYS_madvise: u64 = 28;
const SYS_getpid: u64 = 39;
/** <asm-generic/mman-common.h> */
const MADV_DONTNEED: u64 = 4;
const SYS_exit_group: u64 = 231;

export function exit(status: i32): void {
  linux(SYS_exit_group, status, 0, 0, 0, 0, 0);
  unreachable();
}

export function write(fd: i32, from: usize, count: usize): i32 {
  return <i32>linux(SYS_write, fd, from, count, 0, 0, 0);
}

export function getpid(): i32 {
  return <i32>linux(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/** What pages hold is not needed any more: they read as zeros, and take no memory until they are written to. */
export function discard(at: usize, bytes: usize): void {
  linux(SYS_madvise, at, bytes, MADV_DONTNEED, 0, 0, 0);
}
