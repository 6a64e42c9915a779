// SPDX-License-Identifier: MIT
/** @fileoverview System call 195, timer_delete: a timer goes. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { findTimer } from './timer_create';

export function timer_delete(id: i32): i64 {
  const timer = findTimer(id);
  if (!timer) return setError(EINVAL);
  timer.cancel();
  currentProcess().timers!.posix[id] = null;
  return 0;
}
