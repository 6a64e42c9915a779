// SPDX-License-Identifier: MIT
/** @fileoverview System call 25, stime: another date, in seconds since 1970; with PRIV_SYS_TIME. */
import { setWallTime } from '../kernel/time/clock';
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_SYS_TIME } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function stime(seconds: i64): i64 {
  if (!currentProcess().credentials.has(PRIV_SYS_TIME)) return setError(EPERM);
  if (seconds < 0 || seconds > 0x1ffffffff) return setError(EINVAL);
  setWallTime(<u64>seconds * 1000000000);
  return 0;
}
