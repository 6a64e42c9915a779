// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../limits.ts. */
import { EACCES, EPERM } from '../errno';
import { call } from './call';

export const SYS_getrlimit: u64 = 97;
export const SYS_setrlimit: u64 = 160;
export const SYS_times: u64 = 100;

export const RLIMIT_NOFILE: i32 = 7;
export const RLIMIT_AS: i32 = 9;
export const RLIM_INFINITY: u64 = 0xffffffffffffffff;

/** The nice value, 0 at first; 1000 is added to the result, so that it is never negative. */
export function nice(more: i32): i64 {
  // getpriority gives 20 less the nice value.
  const now = 20 - call(140, 0, 0, 0);
  const wanted = max<i64>(min<i64>(now + more, 19), -20);
  const result = call(141, 0, 0, wanted);
  if (result < 0) return result == -EACCES ? -EPERM : result;
  return 20 - call(140, 0, 0, 0) + 1000;
}
