// SPDX-License-Identifier: MIT
/** @fileoverview Mappings of memory. */
import { u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/memory';

export * from './illumos/memory';

export const MAP_SHARED: i32 = 1;
export const MAP_PRIVATE: i32 = 2;
export const MAP_FIXED: i32 = 0x10;
export const MS_ASYNC: i32 = 1;
export const MS_INVALIDATE: i32 = 2;
export const MS_SYNC: i32 = 4;

export function mmap(at: u64, length: u64, prot: i32, flags: i32, descriptor: i32, offset: i64): i64 {
  return call6(abi.SYS_mmap, at, length, u(prot), u(flags), u(descriptor), offset);
}
export function munmap(at: u64, length: u64): i64 {
  return call(abi.SYS_munmap, at, length, 0);
}
export function mprotect(at: u64, length: u64, prot: i32): i64 {
  return call(abi.SYS_mprotect, at, length, u(prot));
}
