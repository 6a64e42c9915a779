// SPDX-License-Identifier: MIT
/** @fileoverview Process groups and sessions; a group is orphaned when nobody outside of it, but in its session, is a parent of its members. */
import { EACCES, EINVAL, EPERM, ESRCH, setError } from '../errno';
import { SIGCONT, SIGHUP } from '../signal/signal';
import { postToGroup } from './posting';
import { MAX_PID, STOPPED, ZOMBIE } from './process';
import { currentProcess, findProcess, processes } from './processes';

/** Nobody of the session who is in another group is the parent of one of the group: nobody would continue it. */
export function isOrphaned(group: i32): bool {
  for (let i = 0; i < processes.length; i++) {
    const process = processes[i];
    if (process.group != group || process.state == ZOMBIE) continue;
    const parent = process.parent;
    if (parent && parent.group != group && parent.session == process.session) return false;
  }
  return true;
}

/** A group that has become orphaned and has stopped members: they get SIGHUP and go on. */
export function releaseOrphans(group: i32): void {
  let stopped = false;
  for (let i = 0; i < processes.length; i++) if (processes[i].group == group && processes[i].state == STOPPED) stopped = true;
  if (!stopped || !isOrphaned(group)) return;
  postToGroup(group, SIGHUP);
  postToGroup(group, SIGCONT);
}

export function setGroup(pid: i32, group: i32): i32 {
  const caller = currentProcess();
  const process = pid ? findProcess(pid) : caller;
  if (!process || (process != caller && process.parent != caller)) return setError(ESRCH);
  if (group < 0 || group > MAX_PID) return setError(EINVAL);
  if (process != caller && process.executed) return setError(EACCES);
  const wanted = group ? group : process.pid;
  if (process.session == process.pid || process.session != caller.session) return setError(EPERM);
  if (wanted != process.pid) {
    let found = false;
    for (let i = 0; i < processes.length; i++) {
      if (processes[i].group == wanted && processes[i].session == caller.session) found = true;
    }
    if (!found) return setError(EPERM);
  }
  process.group = wanted;
  return 0;
}

export function newSession(): i32 {
  const process = currentProcess();
  for (let i = 0; i < processes.length; i++) if (processes[i].group == process.pid) return setError(EPERM);
  process.session = process.pid;
  process.group = process.pid;
  process.terminal = null;
  return process.pid;
}
