// SPDX-License-Identifier: MIT
/** @fileoverview Times that programs hand over, and take, as a struct timespec: seconds, and nanoseconds beyond them. */
import { EINVAL, setError } from '../errno';
import { fetch64, fetched, put64 } from '../memory/user';
import { uptime } from './clock';

const NANOSECONDS: u64 = 1000000000;
/** No wait is longer, in seconds. */
const LONGEST: u64 = 1000000000;

let seconds: u64 = 0;
let nanoseconds: u64 = 0;
let end: u64 = 0;

/** Reads one: 0, -EFAULT, or -EINVAL where it is negative or has a billion nanoseconds. */
export function fetchTimespec(from: u64): i32 {
  let error = fetch64(from);
  if (error) return error;
  seconds = fetched();
  error = fetch64(from + 8);
  if (error) return error;
  nanoseconds = fetched();
  return <i64>seconds < 0 || nanoseconds >= NANOSECONDS ? setError(EINVAL) : 0;
}
/** What was read last: its seconds; all of it in nanoseconds; and as a time to wait, which has an end. */
export function fetchedSeconds(): u64 {
  return seconds;
}
export function fetchedTime(): u64 {
  return seconds * NANOSECONDS + nanoseconds;
}
export function fetchedSpan(): u64 {
  return min<u64>(seconds, LONGEST) * NANOSECONDS + nanoseconds;
}

/** When a wait ends that may take as long as one says: at {@link fetchedEnd}, 0 without one: never. Errors as {@link fetchTimespec}. */
export function fetchEnd(span: u64): i32 {
  end = 0;
  if (!span) return 0;
  const error = fetchTimespec(span);
  if (!error) end = uptime() + fetchedSpan();
  return error;
}
/** As a time since boot (WaitQueue.waitUntil). */
export function fetchedEnd(): u64 {
  return end;
}

/** 0, or -EFAULT. */
export function putTimespec(to: u64, time: u64): i32 {
  return put64(to, time / NANOSECONDS) | put64(to + 8, time % NANOSECONDS);
}
