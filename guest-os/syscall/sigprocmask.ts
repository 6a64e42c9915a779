// SPDX-License-Identifier: MIT
/** @fileoverview System call 95, sigprocmask: which signals wait, for the calling thread. */
import { EINVAL, setError } from '../kernel/errno';
import { UNSTOPPABLE } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { fetch64, fetched, put64 } from '../kernel/memory/user';

const SIG_BLOCK: i32 = 1;
const SIG_UNBLOCK: i32 = 2;
const SIG_SETMASK: i32 = 3;

/** Sets are the first 64 bits of a sigset_t; bit n - 1 is signal n. */
export function sigprocmask(how: i32, set: u64, old: u64): i64 {
  const thread = current();
  const before = thread.blocked;
  if (set) {
    const error = fetch64(set);
    if (error) return error;
    const mask = fetched();
    if (how == SIG_BLOCK) thread.blocked |= mask;
    else if (how == SIG_UNBLOCK) thread.blocked &= ~mask;
    else if (how == SIG_SETMASK) thread.blocked = mask;
    else return setError(EINVAL);
    thread.blocked &= ~UNSTOPPABLE;
  }
  if (!old) return 0;
  const error = put64(old, before);
  return error ? error : put64(old + 8, 0);
}
