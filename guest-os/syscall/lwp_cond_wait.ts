// SPDX-License-Identifier: MIT
/** @fileoverview System call 170, lwp_cond_wait (not restarted): releases a mutex and waits at a condition variable; the caller takes the mutex again. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { EFAULT, EINVAL, setError } from '../kernel/errno';
import { placeOf, waitAt, wakeAt } from '../kernel/process/lwp';
import { fetch32, fetch64, fetched, put32 } from '../kernel/memory/user';
import { HELD, LOCK_WORD, WAITERS } from './lwp_mutex_timedlock';

export function lwp_cond_wait(condition: u64, mutex: u64, span: u64): i64 {
  let deadline: u64 = 0;
  if (span) {
    let error = fetch64(span);
    if (error) return error;
    const seconds = fetched();
    error = fetch64(span + 8);
    if (error) return error;
    if (<i64>seconds < 0 || fetched() >= 1000000000) return setError(EINVAL);
    deadline = uptime() + min<u64>(seconds, 1000000000) * 1000000000 + fetched();
  }
  const place = placeOf(condition);
  // The second is there until this thread waits.
  const lock = placeOf(mutex + LOCK_WORD);
  if (!place || !lock) return setError(EFAULT);
  const flags = saveInterrupts();
  let result = fetch32(mutex + LOCK_WORD);
  if (!result) result = put32(mutex + LOCK_WORD, <u32>fetched() & ~(HELD | WAITERS));
  if (!result) {
    wakeAt(lock, true);
    result = waitAt(place, deadline);
  }
  restoreInterrupts(flags);
  return result;
}
