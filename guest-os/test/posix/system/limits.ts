// SPDX-License-Identifier: MIT
/** @fileoverview Limits of a process, its nice value and its times. */
import { u } from './argument';
import { call } from './illumos/call';
import * as abi from './illumos/limits';

export * from './illumos/limits';

export const RLIMIT_CPU: i32 = 0;
export const RLIMIT_FSIZE: i32 = 1;
export const RLIMIT_DATA: i32 = 2;
export const RLIMIT_STACK: i32 = 3;

/** Soft and hard limit at a pair of words. */
export function getrlimit(resource: i32, to: usize): i64 {
  return call(abi.SYS_getrlimit, u(resource), to, 0);
}
export function setrlimit(resource: i32, from: usize): i64 {
  return call(abi.SYS_setrlimit, u(resource), from, 0);
}
/** Four words, in clock ticks; the result is ticks of real time. */
export function times(to: usize): i64 {
  return call(abi.SYS_times, to, 0, 0);
}
