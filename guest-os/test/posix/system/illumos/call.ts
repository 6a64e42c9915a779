// SPDX-License-Identifier: MIT
/**
 * @fileoverview How our system, and illumos, is called. Some calls share a number and say by their first argument which of them is meant; here
 * they have numbers of their own ({@link family}), so that the arguments are those that Linux takes.
 */
import { call6 as machineCall } from 'machine/sys';

const NUMBER_BITS: u64 = 16;

/** Number of a call that shares it with others. */
export function family(number: u64, which: u64): u64 {
  return number | ((which + 1) << NUMBER_BITS);
}

export function call6(number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const which = number >> NUMBER_BITS;
  return which ? machineCall(number & 0xffff, which - 1, a, b, c, d, e) : machineCall(number, a, b, c, d, e, f);
}
export function call(number: u64, a: u64, b: u64, c: u64): i64 {
  return call6(number, a, b, c, 0, 0, 0);
}
