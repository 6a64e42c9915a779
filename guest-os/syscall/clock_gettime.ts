// SPDX-License-Identifier: MIT
/** @fileoverview System call 191, clock_gettime: a clock's time, at a struct timespec. */
import { countsToTime, uptime, wallTime } from '../kernel/time/clock';
import { MODE_SYSTEM, thisCpu } from '../kernel/thread/cpu';
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { current } from '../kernel/thread/thread';
import { putTimespec } from '../kernel/time/timespec';

export const CLOCK_VIRTUAL: i32 = 1;
export const CLOCK_THREAD_CPUTIME_ID: i32 = 2;
export const CLOCK_REALTIME: i32 = 3;
export const CLOCK_HIGHRES: i32 = 4;
export const CLOCK_PROCESS_CPUTIME_ID: i32 = 5;

export function clock_gettime(clock: i32, to: u64): i64 {
  let now: u64 = 0;
  thisCpu().charge(MODE_SYSTEM);
  if (clock == CLOCK_REALTIME) now = wallTime();
  else if (clock == CLOCK_HIGHRES) now = uptime();
  else if (clock == CLOCK_VIRTUAL) now = currentProcess().userTime;
  else if (clock == CLOCK_THREAD_CPUTIME_ID) now = countsToTime(current().userCounts + current().systemCounts);
  else if (clock == CLOCK_PROCESS_CPUTIME_ID) now = currentProcess().userTime + currentProcess().systemTime;
  else return setError(EINVAL);
  return putTimespec(to, now);
}
