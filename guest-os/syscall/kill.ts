// SPDX-License-Identifier: MIT
/** @fileoverview System call 37, kill: a signal for a process, a group, or all. */
import { EINVAL, EPERM, ESRCH, failure, setError } from '../kernel/errno';
import { currentProcess, findProcess, processList } from '../kernel/process/processes';
import { Process, ZOMBIE } from '../kernel/process/process';
import { senderInfo } from '../kernel/process/posting';
import { NSIG, SIGCONT } from '../kernel/signal/signal';
import { SI_USER } from '../kernel/signal/signalInfo';

export function kill(pid: i32, signal: i32): i64 {
  if (<u32>signal >= <u32>NSIG) return setError(EINVAL);
  const caller = currentProcess();
  if (pid > 0) {
    const process = findProcess(pid);
    if (!process) return setError(failure);
    if (!caller.credentials.sees(process.credentials.zoneid)) return setError(ESRCH);
    return post(caller, process, signal) ? 0 : setError(EPERM);
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
    if (post(caller, process, signal)) reached = true;
  }
  if (reached) return 0;
  return setError(found ? EPERM : ESRCH);
}

/** SIGCONT may go to anybody of the sender's session. */
function post(caller: Process, process: Process, signal: i32): bool {
  const related = signal == SIGCONT && process.session == caller.session;
  if (!related && !caller.credentials.mayControl(process.credentials)) return false;
  if (signal) process.post(signal, senderInfo(signal, SI_USER));
  return true;
}
