// SPDX-License-Identifier: MIT
/** @fileoverview System call 116, mprotect: other rights for a range of memory. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { isUser } from '../kernel/user';

export function mprotect(at: u64, length: u64, prot: i32): i64 {
  if (at & 4095 || !isUser(at, length)) return setError(EINVAL);
  return currentProcess().space!.protect(at, (at + length + 4095) & ~4095, prot & 7);
}
