// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../memory.ts. */
import { u } from '../argument';
import { call6 } from './call';

export const SYS_mmap: u64 = 115;
export const SYS_munmap: u64 = 117;
export const SYS_mprotect: u64 = 116;

export const MAP_ANON: i32 = 0x100;
const SYS_memcntl: u64 = 131;
const MC_SYNC: i32 = 1;
const MC_LOCK: i32 = 2;
const MC_UNLOCK: i32 = 3;

export function msync(at: u64, length: u64, flags: i32): i64 {
  return call6(SYS_memcntl, at, length, u(MC_SYNC), u(flags), 0, 0);
}
export function mlock(at: u64, length: u64): i64 {
  return call6(SYS_memcntl, at, length, u(MC_LOCK), 0, 0, 0);
}
export function munlock(at: u64, length: u64): i64 {
  return call6(SYS_memcntl, at, length, u(MC_UNLOCK), 0, 0, 0);
}
