// SPDX-License-Identifier: MIT
/** @fileoverview System call 108, sigsendsys: a signal for a set of processes: of a group, session, contract, user, or all. */
import { EINVAL, EPERM, ESRCH, setError } from '../kernel/errno';
import { currentProcess, Process, processList, senderInfo, ZOMBIE } from '../kernel/process';
import { NSIG } from '../kernel/signal';
import { SI_USER } from '../kernel/signalInfo';
import { copyIn } from '../kernel/user';

/** procset_t: an operation on two sets, each a kind and an id (<sys/procset.h>). Of the operations there is POP_AND. */
const POP_AND: i32 = 1;
const P_PID: i32 = 0;
const P_PPID: i32 = 1;
const P_PGID: i32 = 2;
const P_SID: i32 = 3;
const P_UID: i32 = 5;
const P_GID: i32 = 6;
const P_ALL: i32 = 7;
const P_ZONEID: i32 = 12;
const P_CTID: i32 = 13;
const SIZE: usize = 20;
const set = memory.data(20, 8);

export function sigsendsys(from: u64, signal: i32): i64 {
  if (<u32>signal >= <u32>NSIG) return setError(EINVAL);
  const error = copyIn(set, from, SIZE);
  if (error) return error;
  if (load<i32>(set) != POP_AND || !known(load<i32>(set, 4)) || !known(load<i32>(set, 12))) return setError(EINVAL);
  const caller = currentProcess();
  const list = processList();
  let found = false;
  let reached = false;
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (process.state == ZOMBIE || !caller.credentials.sees(process.credentials.zoneid)) continue;
    if (!isIn(process, load<i32>(set, 4), load<i32>(set, 8)) || !isIn(process, load<i32>(set, 12), load<i32>(set, 16))) continue;
    // A set that is not one process never means init.
    if (process.pid == 1 && load<i32>(set, 4) != P_PID) continue;
    found = true;
    if (!caller.credentials.mayControl(process.credentials)) continue;
    reached = true;
    if (signal) process.post(signal, senderInfo(signal, SI_USER));
  }
  if (reached) return 0;
  return setError(found ? EPERM : ESRCH);
}

function known(kind: i32): bool {
  return (kind >= P_PID && kind <= P_SID) || (kind >= P_UID && kind <= P_ALL) || kind == P_ZONEID || kind == P_CTID;
}

function isIn(process: Process, kind: i32, id: i32): bool {
  const parent = process.parent;
  const contract = process.contract;
  switch (kind) {
    case P_PID:
      return process.pid == id;
    case P_PPID:
      return parent != null && parent.pid == id;
    case P_PGID:
      return process.group == id;
    case P_SID:
      return process.session == id;
    case P_UID:
      return process.credentials.euid == id;
    case P_GID:
      return process.credentials.egid == id;
    case P_ZONEID:
      return process.credentials.zoneid == id;
    case P_CTID:
      return contract != null && contract.id == id;
  }
  return true;
}
