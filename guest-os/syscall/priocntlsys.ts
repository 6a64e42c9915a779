// SPDX-License-Identifier: MIT
/** @fileoverview System call 112, priocntlsys: the nice value of a set of processes (PC_DONICE), which getpriority and setpriority are made of. */
import { EACCES, EINVAL, EPERM, ESRCH, setError } from '../kernel/errno';
import { PRIV_PROC_PRIOUP } from '../kernel/privilege';
import { currentProcess, Process, processList, ZOMBIE } from '../kernel/process';
import { NZERO, resetPriority } from '../kernel/thread';
import { copyIn, put32 } from '../kernel/user';

const PC_VERSION: i32 = 1;
const PC_DONICE: i32 = 13;
const PC_GETNICE: i32 = 0;
const PC_SETNICE: i32 = 1;
const P_PID: i32 = 0;
const P_PGID: i32 = 2;
const P_UID: i32 = 5;
const P_ALL: i32 = 7;
const P_MYID: i32 = -1;
/** procset_t: an operation, then kind and id of two sets, of which the first counts. */
const set = memory.data(20, 8);
/** pcnice_t: a value and what to do with it. */
const request = memory.data(8, 8);

export function priocntlsys(version: i32, procset: u64, command: i32, argument: u64): i64 {
  if (version != PC_VERSION || command != PC_DONICE) return setError(EINVAL);
  let error = copyIn(set, procset, 20);
  if (error) return error;
  const kind = load<i32>(set, 4);
  const id = load<i32>(set, 8);
  error = copyIn(request, argument, 8);
  if (error) return error;
  const operation = load<i32>(request, 4);
  if (operation != PC_GETNICE && operation != PC_SETNICE) return setError(EINVAL);
  const caller = currentProcess();
  const list = processList();
  let found = false;
  let lowest = NZERO;
  let result = 0;
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    const thread = process.thread;
    if (!thread || process.state == ZOMBIE || !caller.credentials.sees(process.credentials.zoneid)) continue;
    if (!isIn(caller, process, kind, id)) continue;
    found = true;
    lowest = min(lowest, thread.nice - NZERO);
    if (operation == PC_SETNICE && !result) result = change(caller, process, load<i32>(request));
  }
  if (!found) return setError(ESRCH);
  return operation == PC_GETNICE ? put32(argument, lowest) : result;
}

function isIn(caller: Process, process: Process, kind: i32, id: i32): bool {
  if (kind == P_PID) return process.pid == (id == P_MYID ? caller.pid : id);
  if (kind == P_PGID) return process.group == (id == P_MYID ? caller.group : id);
  if (kind == P_UID) return process.credentials.euid == (id == P_MYID ? caller.credentials.euid : id);
  return kind == P_ALL;
}

function change(caller: Process, process: Process, value: i32): i32 {
  if (!caller.credentials.mayControl(process.credentials)) return setError(EPERM);
  const nice = max(min(value + NZERO, 2 * NZERO - 1), 0);
  if (nice < process.thread!.nice && !caller.credentials.has(PRIV_PROC_PRIOUP)) return setError(EACCES);
  for (let i = 0; i < process.threads.length; i++) {
    process.threads[i].nice = nice;
    resetPriority(process.threads[i]);
  }
  return 0;
}
