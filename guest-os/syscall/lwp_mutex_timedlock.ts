// SPDX-License-Identifier: MIT
/** @fileoverview System call 210, lwp_mutex_timedlock: takes a lock that somebody else holds, when it is free, at most waiting for a time. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { fetchEnd, fetchedEnd } from '../kernel/time/timespec';
import { EFAULT, ETIME, setError } from '../kernel/errno';
import { placeOf, waitAt } from '../kernel/process/lwp';
import { fetch32, fetched, put32 } from '../kernel/memory/user';

/** lwp_mutex_t: the lock word, whose lowest byte is the lock and whose highest says that somebody waits. */
export const LOCK_WORD: u64 = 12;
export const HELD: u32 = 1;
export const WAITERS: u32 = 0x1000000;

export function lwp_mutex_timedlock(mutex: u64, span: u64, owner: u64): i64 {
  const error = fetchEnd(span);
  if (error) return error;
  const deadline = fetchedEnd();
  const flags = saveInterrupts();
  let result = 0;
  while (!result) {
    // The word's page is there and stays, until this thread waits.
    const place = placeOf(mutex + LOCK_WORD);
    if (!place) {
      result = setError(EFAULT);
      break;
    }
    result = fetch32(mutex + LOCK_WORD);
    if (result) break;
    const word = <u32>fetched();
    if (!(word & 0xff)) {
      result = put32(mutex + LOCK_WORD, word | HELD);
      break;
    }
    if (deadline && uptime() >= deadline) result = setError(ETIME);
    else {
      result = put32(mutex + LOCK_WORD, word | WAITERS);
      if (!result) result = waitAt(place, deadline);
    }
  }
  restoreInterrupts(flags);
  return result;
}
