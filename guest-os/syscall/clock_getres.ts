// SPDX-License-Identifier: MIT
/** @fileoverview System call 193, clock_getres: a clock's resolution, at a struct timespec: one count of the time stamp counter. */
import { processorRate } from '../kernel/time/clock';
import { EINVAL, setError } from '../kernel/errno';
import { putTimespec } from '../kernel/time/timespec';
import { CLOCK_PROCESS_CPUTIME_ID, CLOCK_VIRTUAL } from './clock_gettime';

export function clock_getres(clock: i32, to: u64): i64 {
  if (clock < CLOCK_VIRTUAL || clock > CLOCK_PROCESS_CPUTIME_ID) return setError(EINVAL);
  if (!to) return 0;
  return putTimespec(to, max<u64>(1000000000 / processorRate(), 1));
}
