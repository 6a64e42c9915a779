// SPDX-License-Identifier: MIT
/** @fileoverview System call 159, lwp_create: a new thread that begins as a ucontext says; its id at an int. */
import { EINVAL, setError } from '../kernel/errno';
import { createLwp, LWP_DAEMON, LWP_DETACHED, LWP_SUSPENDED } from '../kernel/process/lwp';
import { put32 } from '../kernel/memory/user';

export function lwp_create(context: u64, flags: i32, to: u64): i64 {
  if (flags & ~(LWP_DAEMON | LWP_DETACHED | LWP_SUSPENDED)) return setError(EINVAL);
  const id = createLwp(context, flags);
  if (id < 0) return id;
  return to ? put32(to, id) : 0;
}
