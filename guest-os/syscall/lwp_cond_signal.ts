// SPDX-License-Identifier: MIT
/** @fileoverview System call 171, lwp_cond_signal: one thread that waits at a condition variable goes on. */
import { EFAULT, setError } from '../kernel/errno';
import { placeOf, wakeAt } from '../kernel/process/lwp';

export function lwp_cond_signal(condition: u64): i64 {
  const place = placeOf(condition);
  if (!place) return setError(EFAULT);
  wakeAt(place, false);
  return 0;
}
