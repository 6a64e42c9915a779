// SPDX-License-Identifier: MIT
/** @fileoverview System call 199, nanosleep (not restarted): waits for a time, or until a signal comes; then what is left is told. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { WaitQueue } from '../kernel/thread/waitQueue';
import { fetchedSpan, fetchTimespec, putTimespec } from '../kernel/time/timespec';

/** Nobody wakes it: only time passes. */
const sleepers = new WaitQueue();

export function nanosleep(wanted: u64, left: u64): i64 {
  let error = fetchTimespec(wanted);
  if (error) return error;
  const end = uptime() + fetchedSpan();
  const flags = saveInterrupts();
  let result = 0;
  // A stop and its end do not end the sleep.
  while (!result && uptime() < end) result = sleepers.waitUntil(true, end);
  restoreInterrupts(flags);
  if (!result || !left) return result;
  const now = uptime();
  error = putTimespec(left, end > now ? end - now : 0);
  return error ? error : result;
}
