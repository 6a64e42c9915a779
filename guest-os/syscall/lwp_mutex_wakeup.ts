// SPDX-License-Identifier: MIT
/** @fileoverview System call 168, lwp_mutex_wakeup: a lock has been released: one that waits for it, or all, may try. */
import { EFAULT, setError } from '../kernel/errno';
import { placeOf, wakeAt } from '../kernel/process/lwp';
import { fetch32, fetched, put32 } from '../kernel/memory/user';
import { LOCK_WORD, WAITERS } from './lwp_mutex_timedlock';

export function lwp_mutex_wakeup(mutex: u64, all: i32): i64 {
  const place = placeOf(mutex + LOCK_WORD);
  if (!place) return setError(EFAULT);
  const error = fetch32(mutex + LOCK_WORD);
  if (error) return error;
  // Who wakes and finds it taken says so again.
  const failed = put32(mutex + LOCK_WORD, <u32>fetched() & ~WAITERS);
  if (failed) return failed;
  wakeAt(place, true);
  return 0;
}
