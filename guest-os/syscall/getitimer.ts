// SPDX-License-Identifier: MIT
/** @fileoverview System call 157, getitimer: what an interval timer has left, at a struct itimerval. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { ITIMER_PROF, timersOf } from '../kernel/time/timers';
import { put64 } from '../kernel/memory/user';

export function getitimer(which: i32, to: u64): i64 {
  if (<u32>which > <u32>ITIMER_PROF) return setError(EINVAL);
  return putTimer(which, to);
}

/** struct itimerval: interval, then value, of seconds and microseconds each. */
export function putTimer(which: i32, to: u64): i32 {
  const timer = timersOf(currentProcess()).interval(which);
  const interval = timer.interval / 1000;
  const left = (timer.left + 999) / 1000;
  return (
    put64(to, interval / 1000000) |
    put64(to + 8, interval % 1000000) |
    put64(to + 16, left / 1000000) |
    put64(to + 24, left % 1000000)
  );
}
