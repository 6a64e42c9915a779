// SPDX-License-Identifier: MIT
/** @fileoverview System call 198, timer_getoverrun: expirations that the last signal of a timer stood for, besides its own. */
import { EINVAL, setError } from '../kernel/errno';
import { findTimer } from './timer_create';

export function timer_getoverrun(id: i32): i64 {
  const timer = findTimer(id);
  return timer ? timer.overrun : setError(EINVAL);
}
