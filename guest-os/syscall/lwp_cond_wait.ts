// SPDX-License-Identifier: MIT
/** @fileoverview System call 170, lwp_cond_wait (not restarted): releases a mutex and waits at a condition variable; the caller takes the mutex again. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { fetchEnd, fetchedEnd } from '../kernel/time/timespec';
import { EFAULT, setError } from '../kernel/errno';
import { placeOf, waitAt, wakeAt } from '../kernel/process/lwp';
import { fetch32, fetched, put32 } from '../kernel/memory/user';
import { HELD, LOCK_WORD, WAITERS } from './lwp_mutex_timedlock';

export function lwp_cond_wait(condition: u64, mutex: u64, span: u64): i64 {
  const error = fetchEnd(span);
  if (error) return error;
  const deadline = fetchedEnd();
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
