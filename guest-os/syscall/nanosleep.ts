// SPDX-License-Identifier: MIT
/** @fileoverview System call 199, nanosleep (not restarted): waits for a time, or until a signal comes; then what is left is told. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { EINVAL, setError } from '../kernel/errno';
import { WaitQueue } from '../kernel/thread/waitQueue';
import { fetch64, fetched, put64 } from '../kernel/memory/user';

const NANOSECONDS: u64 = 1000000000;
/** Nobody wakes it: only time passes. */
const sleepers = new WaitQueue();

export function nanosleep(wanted: u64, left: u64): i64 {
  let error = fetch64(wanted);
  if (error) return error;
  const seconds = fetched();
  error = fetch64(wanted + 8);
  if (error) return error;
  if (<i64>seconds < 0 || fetched() >= NANOSECONDS) return setError(EINVAL);
  const duration = min<u64>(seconds, 1000000000) * NANOSECONDS + fetched();
  const end = uptime() + duration;
  const flags = saveInterrupts();
  let result = 0;
  // A stop and its end do not end the sleep.
  while (!result && uptime() < end) result = sleepers.waitUntil(true, end);
  restoreInterrupts(flags);
  if (!result || !left) return result;
  const now = uptime();
  const rest = end > now ? end - now : 0;
  error = put64(left, rest / NANOSECONDS) | put64(left + 8, rest % NANOSECONDS);
  return error ? error : result;
}
