// SPDX-License-Identifier: MIT
/** @fileoverview System call 73, getpagesizes: sizes of pages that there are, at an array of words; how many. There is one. */
import { EINVAL, setError } from '../kernel/errno';
import { PAGE } from '../kernel/memory/frames';
import { put64 } from '../kernel/memory/user';

export function getpagesizes(legacy: i32, to: u64, count: i32): i64 {
  if ((to == 0) != (count == 0) || count < 0) return setError(EINVAL);
  if (!to) return 1;
  const error = put64(to, PAGE);
  return error ? error : 1;
}
