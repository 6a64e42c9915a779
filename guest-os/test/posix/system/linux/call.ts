// SPDX-License-Identifier: MIT
/** @fileoverview How Linux is called. Numbers here: arch/x86/entry/syscalls/syscall_64.tbl; structures: include/uapi. */
import { linux } from 'machine/sys';

export function call6(number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  return linux(number, a, b, c, d, e, f);
}
export function call(number: u64, a: u64, b: u64, c: u64): i64 {
  return linux(number, a, b, c, 0, 0, 0);
}
