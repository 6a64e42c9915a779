// SPDX-License-Identifier: MIT
/** @fileoverview System call 161, lwp_suspend: a thread of the process does not run until lwp_continue. */
import { EDEADLK, ESRCH, setError } from '../kernel/errno';
import { findLwp } from '../kernel/process/lwp';
import { currentProcess } from '../kernel/process/processes';
import { interrupt } from '../kernel/thread/waitQueue';

export function lwp_suspend(id: i32): i64 {
  const process = currentProcess();
  const thread = findLwp(process, id);
  if (!thread) return setError(ESRCH);
  let others = 0;
  for (let i = 0; i < process.threads.length; i++) {
    if (process.threads[i] != thread && !process.threads[i].suspended) others++;
  }
  if (!others) return setError(EDEADLK);
  thread.suspended = true;
  interrupt(thread);
  return 0;
}
