// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../memory.ts. */
import { u } from '../argument';
import { call } from './call';

export const SYS_mmap: u64 = 9;
export const SYS_munmap: u64 = 11;
export const SYS_mprotect: u64 = 10;

export const MAP_ANON: i32 = 0x20;

export function msync(at: u64, length: u64, flags: i32): i64 {
  return call(26, at, length, u(flags));
}
export function mlock(at: u64, length: u64): i64 {
  return call(149, at, length, 0);
}
export function munlock(at: u64, length: u64): i64 {
  return call(150, at, length, 0);
}
