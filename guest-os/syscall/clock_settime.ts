// SPDX-License-Identifier: MIT
/** @fileoverview System call 192, clock_settime: another date; with PRIV_SYS_TIME. */
import { setWallTime } from '../kernel/time/clock';
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_SYS_TIME } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { fetchedSeconds, fetchedTime, fetchTimespec } from '../kernel/time/timespec';
import { CLOCK_REALTIME } from './clock_gettime';

export function clock_settime(clock: i32, from: u64): i64 {
  if (clock != CLOCK_REALTIME) return setError(EINVAL);
  const error = fetchTimespec(from);
  if (error) return error;
  if (fetchedSeconds() > 0x1ffffffff) return setError(EINVAL);
  if (!currentProcess().credentials.has(PRIV_SYS_TIME)) return setError(EPERM);
  setWallTime(fetchedTime());
  return 0;
}
