// SPDX-License-Identifier: MIT
/** @fileoverview System call 192, clock_settime: another date; with PRIV_SYS_TIME. */
import { setWallTime } from '../kernel/time/clock';
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_SYS_TIME } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/process';
import { fetch64, fetched } from '../kernel/memory/user';
import { CLOCK_REALTIME } from './clock_gettime';

export function clock_settime(clock: i32, from: u64): i64 {
  if (clock != CLOCK_REALTIME) return setError(EINVAL);
  let error = fetch64(from);
  if (error) return error;
  const seconds = fetched();
  error = fetch64(from + 8);
  if (error) return error;
  if (<i64>seconds < 0 || seconds > 0x1ffffffff || fetched() >= 1000000000) return setError(EINVAL);
  if (!currentProcess().credentials.has(PRIV_SYS_TIME)) return setError(EPERM);
  setWallTime(seconds * 1000000000 + fetched());
  return 0;
}
