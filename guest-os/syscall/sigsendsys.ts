// SPDX-License-Identifier: MIT
/** @fileoverview System call 108, sigsendsys: a signal for a set of processes: of a group, session, contract, user, or all. */
import { EINVAL, EPERM, ESRCH, setError } from '../kernel/errno';
import { currentProcess, processList } from '../kernel/process/processes';
import { senderInfo } from '../kernel/process/posting';
import { ZOMBIE } from '../kernel/process/process';
import { isInSet, isKindOfSet, P_PID } from '../kernel/process/processSet';
import { NSIG } from '../kernel/signal/signal';
import { SI_USER } from '../kernel/signal/signalInfo';
import { copyIn } from '../kernel/memory/user';

/** procset_t: an operation on two sets, each a kind and an id (<sys/procset.h>). Of the operations there is POP_AND. */
const POP_AND: i32 = 1;
const SIZE: usize = 20;
const set = memory.data(20, 8);

export function sigsendsys(from: u64, signal: i32): i64 {
  if (<u32>signal >= <u32>NSIG) return setError(EINVAL);
  const error = copyIn(set, from, SIZE);
  if (error) return error;
  if (load<i32>(set) != POP_AND || !isKindOfSet(load<i32>(set, 4)) || !isKindOfSet(load<i32>(set, 12))) return setError(EINVAL);
  const caller = currentProcess();
  const list = processList();
  let found = false;
  let reached = false;
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (process.state == ZOMBIE || !caller.credentials.sees(process.credentials.zoneid)) continue;
    if (!isInSet(process, load<i32>(set, 4), load<i32>(set, 8), caller)) continue;
    if (!isInSet(process, load<i32>(set, 12), load<i32>(set, 16), caller)) continue;
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
