// SPDX-License-Identifier: MIT
/** @fileoverview System call 197, timer_gettime: what a timer has left, at a struct itimerspec. */
import { EINVAL, setError } from '../kernel/errno';
import { PosixTimer } from '../kernel/time/timers';
import { putTimespec } from '../kernel/time/timespec';
import { findTimer } from './timer_create';

export function timer_gettime(id: i32, to: u64): i64 {
  const timer = findTimer(id);
  return timer ? putTimerSpec(timer, to) : setError(EINVAL);
}

export function putTimerSpec(timer: PosixTimer, to: u64): i32 {
  return putTimespec(to, timer.interval) | putTimespec(to + 16, timer.left);
}
