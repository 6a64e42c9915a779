// SPDX-License-Identifier: MIT
/** @fileoverview System call 172, lwp_cond_broadcast: all threads that wait at a condition variable go on. */
import { EFAULT, setError } from '../kernel/errno';
import { placeOf, wakeAt } from '../kernel/process/lwp';

export function lwp_cond_broadcast(condition: u64): i64 {
  const place = placeOf(condition);
  if (!place) return setError(EFAULT);
  wakeAt(place, true);
  return 0;
}
