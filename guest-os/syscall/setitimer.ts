// SPDX-License-Identifier: MIT
/** @fileoverview System call 158, setitimer: a timer of real time, of user time, or of all processor time, and what it had left. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { ITIMER_PROF, timersOf } from '../kernel/time/timers';
import { copyIn } from '../kernel/memory/user';
import { putTimer } from './getitimer';

const buffer = memory.data(32, 8);

export function setitimer(which: i32, value: u64, old: u64): i64 {
  if (<u32>which > <u32>ITIMER_PROF) return setError(EINVAL);
  let first: u64 = 0;
  let every: u64 = 0;
  if (value) {
    const error = copyIn(buffer, value, 32);
    if (error) return error;
    if (!isSpan(0) || !isSpan(16)) return setError(EINVAL);
    first = span(16);
    every = span(0);
  }
  if (old) {
    const error = putTimer(which, old);
    if (error) return error;
  }
  if (value) timersOf(currentProcess()).interval(which).set(first, every);
  return 0;
}

function isSpan(at: usize): bool {
  return load<i64>(buffer + at) >= 0 && load<u64>(buffer + at, 8) < 1000000;
}
function span(at: usize): u64 {
  return min<u64>(load<u64>(buffer + at), 1000000000) * 1000000000 + load<u64>(buffer + at, 8) * 1000;
}
