// SPDX-License-Identifier: MIT
/** @fileoverview System call 105, getloadavg: threads that ran or wanted to, on average over 1, 5 and 15 minutes, in 256ths, at an array of ints. */
import { loadAverage } from '../kernel/thread/cpu';
import { EINVAL, setError } from '../kernel/errno';
import { put32 } from '../kernel/memory/user';

export function getloadavg(to: u64, count: i32): i64 {
  if (count < 0) return setError(EINVAL);
  const wanted = min(count, 3);
  for (let i = 0; i < wanted; i++) {
    const error = put32(to + ((<u64>i) << 2), loadAverage(i) >> 8);
    if (error) return error;
  }
  return wanted;
}
