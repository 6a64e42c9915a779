// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sets of processes (<sys/procset.h>): all that have one id of a kind. What system calls that act on many are given, signals and priorities.
 *
 * An id of {@link P_MYID} is the caller's own of that kind. Left out: P_LWPID and P_POOLID, the operations on two sets but the one that is both.
 */
import { Process } from './process';
import { CLASS_FSS, CLASS_SYS } from '../thread/userPriority';

export const P_PID: i32 = 0;
const P_PPID: i32 = 1;
const P_PGID: i32 = 2;
const P_SID: i32 = 3;
const P_CID: i32 = 4;
const P_UID: i32 = 5;
const P_GID: i32 = 6;
const P_ALL: i32 = 7;
const P_TASKID: i32 = 9;
const P_PROJID: i32 = 10;
const P_ZONEID: i32 = 12;
const P_CTID: i32 = 13;
const P_MYID: i32 = -1;

export function isKindOfSet(kind: i32): bool {
  return (kind >= P_PID && kind <= P_ALL) || kind == P_TASKID || kind == P_PROJID || kind == P_ZONEID || kind == P_CTID;
}

/** Is a process in the set of an id? `caller`: whose P_MYID is. */
export function isInSet(process: Process, kind: i32, id: i32, caller: Process): bool {
  return kind == P_ALL || idOf(process, kind) == (id == P_MYID ? idOf(caller, kind) : id);
}

/** -2: it has none. */
function idOf(process: Process, kind: i32): i32 {
  const parent = process.parent;
  const contract = process.contract;
  switch (kind) {
    case P_PID:
      return process.pid;
    case P_PPID:
      return parent ? parent.pid : 0;
    case P_PGID:
      return process.group;
    case P_SID:
      return process.session;
    case P_CID:
      return process.space ? CLASS_FSS : CLASS_SYS;
    case P_UID:
      return process.credentials.euid;
    case P_GID:
      return process.credentials.egid;
    case P_TASKID:
      return process.task;
    case P_PROJID:
      return process.project.id;
    case P_ZONEID:
      return process.credentials.zoneid;
    case P_CTID:
      return contract ? contract.id : -2;
  }
  return -2;
}
