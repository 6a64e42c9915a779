// SPDX-License-Identifier: MIT
/** @fileoverview System call 95, sigprocmask: which signals wait. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { UNSTOPPABLE } from '../kernel/signal';
import { fetch64, fetched, put64 } from '../kernel/user';

const SIG_BLOCK: i32 = 1;
const SIG_UNBLOCK: i32 = 2;
const SIG_SETMASK: i32 = 3;

/** Sets are the first 64 bits of a sigset_t; bit n - 1 is signal n. */
export function sigprocmask(how: i32, set: u64, old: u64): i64 {
  const process = currentProcess();
  const before = process.blocked;
  if (set) {
    const error = fetch64(set);
    if (error) return error;
    const mask = fetched();
    if (how == SIG_BLOCK) process.blocked |= mask;
    else if (how == SIG_UNBLOCK) process.blocked &= ~mask;
    else if (how == SIG_SETMASK) process.blocked = mask;
    else return setError(EINVAL);
    process.blocked &= ~UNSTOPPABLE;
  }
  return old ? put64(old, before) : 0;
}
