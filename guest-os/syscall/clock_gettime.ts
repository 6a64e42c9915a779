// SPDX-License-Identifier: MIT
/** @fileoverview System call 191, clock_gettime: a clock's time, at a struct timespec. */
import { uptime, wallTime } from '../kernel/clock';
import { EINVAL, setError } from '../kernel/errno';
import { put64 } from '../kernel/user';

const CLOCK_REALTIME: i32 = 3;
const CLOCK_HIGHRES: i32 = 4;

export function clock_gettime(clock: i32, to: u64): i64 {
  if (clock != CLOCK_REALTIME && clock != CLOCK_HIGHRES) return setError(EINVAL);
  const now = clock == CLOCK_REALTIME ? wallTime() : uptime();
  return put64(to, now / 1000000000) | put64(to + 8, now % 1000000000);
}
