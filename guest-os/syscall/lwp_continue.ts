// SPDX-License-Identifier: MIT
/** @fileoverview System call 162, lwp_continue: a suspended thread goes on. */
import { ESRCH, setError } from '../kernel/errno';
import { findLwp } from '../kernel/process/lwp';
import { currentProcess } from '../kernel/process/processes';

export function lwp_continue(id: i32): i64 {
  const process = currentProcess();
  const thread = findLwp(process, id);
  if (!thread) return setError(ESRCH);
  thread.suspended = false;
  process.resumed.wakeAll();
  return 0;
}
