// SPDX-License-Identifier: MIT
/** @fileoverview System call 39, pgrpsys: process groups and sessions, by subcode. */
import { EINVAL, ESRCH, failure, setError } from '../kernel/errno';
import { currentProcess, findProcess } from '../kernel/process/processes';
import { newSession, setGroup } from '../kernel/process/groups';

export function pgrpsys(subcode: i32, pid: i32, group: i32): i64 {
  const caller = currentProcess();
  const process = pid && (subcode == 2 || subcode == 4) ? findProcess(pid) : caller;
  if (!process) return setError(failure);
  if (!caller.credentials.sees(process.credentials.zoneid)) return setError(ESRCH);
  switch (subcode) {
    case 0:
      return caller.group;
    case 1:
      // System V's setpgrp: a new session, for who does not lead a group.
      if (caller.session != caller.pid) newSession();
      return caller.group;
    case 2:
      return process.session;
    case 3:
      return newSession();
    case 4:
      return process.group;
    case 5:
      return setGroup(pid, group);
  }
  return setError(EINVAL);
}
