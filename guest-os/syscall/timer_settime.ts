// SPDX-License-Identifier: MIT
/** @fileoverview System call 196, timer_settime: when a timer goes off, and how often; what it had left. */
import { EINVAL, setError } from '../kernel/errno';
import { copyIn } from '../kernel/memory/user';
import { findTimer } from './timer_create';
import { putTimerSpec } from './timer_gettime';

const TIMER_ABSTIME: i32 = 1;
const buffer = memory.data(32, 8);

export function timer_settime(id: i32, flags: i32, value: u64, old: u64): i64 {
  const timer = findTimer(id);
  if (!timer) return setError(EINVAL);
  const error = copyIn(buffer, value, 32);
  if (error) return error;
  if (!isSpan(0) || !isSpan(16)) return setError(EINVAL);
  const first = span(16);
  const every = span(0);
  if (old) {
    const failed = putTimerSpec(timer, old);
    if (failed) return failed;
  }
  timer.set(first, every, (flags & TIMER_ABSTIME) != 0);
  return 0;
}

function isSpan(at: usize): bool {
  return load<i64>(buffer + at) >= 0 && load<u64>(buffer + at, 8) < 1000000000;
}
function span(at: usize): u64 {
  return min<u64>(load<u64>(buffer + at), 4000000000) * 1000000000 + load<u64>(buffer + at, 8);
}
