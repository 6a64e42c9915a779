// SPDX-License-Identifier: MIT
/** @fileoverview System call 27, alarm: SIGALRM in so many seconds; 0: none. Seconds that an earlier one had left. */
import { currentProcess } from '../kernel/process/processes';
import { ITIMER_REAL, timersOf } from '../kernel/time/timers';

const NANOSECONDS: u64 = 1000000000;

export function alarm(seconds: u32): i64 {
  const timer = timersOf(currentProcess()).interval(ITIMER_REAL);
  const left = timer.left;
  timer.set(<u64>seconds * NANOSECONDS, 0);
  return <i64>((left + NANOSECONDS - 1) / NANOSECONDS);
}
