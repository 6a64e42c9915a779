// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../limits.ts. */
import { u } from '../argument';
import { EPERM } from '../errno';
import { call } from './call';

export const SYS_getrlimit: u64 = 129;
export const SYS_setrlimit: u64 = 128;
export const SYS_times: u64 = 43;

export const RLIMIT_NOFILE: i32 = 5;
export const RLIMIT_AS: i32 = 6;
export const RLIM_INFINITY: u64 = 0xfffffffffffffffd;

/** The nice value, 0 at first; 1000 is added to the result, so that it is never negative. */
export function nice(more: i32): i64 {
  const before = call(34, 0, 0, 0);
  const result = call(34, u(more), 0, 0);
  // -1 is a nice value and EPERM.
  return result == -EPERM && call(34, 0, 0, 0) == before ? result : result + 1000;
}
