// SPDX-License-Identifier: MIT
/** @fileoverview System call 37, kill: a signal for a process, a group, or all. */
import { EINVAL, EPERM, ESRCH, failure, setError } from '../kernel/errno';
import { currentProcess, findProcess, processList, ZOMBIE } from '../kernel/process';
import { NSIG } from '../kernel/signal';

export function kill(pid: i32, signal: i32): i64 {
  if (<u32>signal >= <u32>NSIG) return setError(EINVAL);
  const caller = currentProcess();
  if (pid > 0) {
    const process = findProcess(pid);
    if (!process) return setError(failure);
    if (!caller.credentials.sees(process.credentials.zoneid)) return setError(ESRCH);
    if (!caller.credentials.mayControl(process.credentials)) return setError(EPERM);
    if (signal) process.post(signal);
    return 0;
  }
  // 0: the caller's group; -1: all but init and the caller; less: a group.
  const group = pid == 0 ? caller.group : -pid;
  let found = false;
  let reached = false;
  const list = processList();
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (pid == -1 ? process.pid == 1 || process == caller : process.group != group) continue;
    if (process.state == ZOMBIE || !caller.credentials.sees(process.credentials.zoneid)) continue;
    found = true;
    if (!caller.credentials.mayControl(process.credentials)) continue;
    reached = true;
    if (signal) process.post(signal);
  }
  if (reached) return 0;
  return setError(found ? EPERM : ESRCH);
}
