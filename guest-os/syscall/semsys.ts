// SPDX-License-Identifier: MIT
/** @fileoverview System call 53, semsys (not restarted): semaphores of System V: controlled (0), found or made (1), operated on (2, and 4 with a time), listed (3). */
import { fetchEnd, fetchedEnd } from '../kernel/time/timespec';
import { EACCES, EFAULT, EINVAL, ENOMEM, ERANGE, failure, setError } from '../kernel/errno';
import { heapHasPieceOf } from '../kernel/memory/heapRoom';
import { IPC_R, IPC_RMID, IPC_SET, IPC_STAT, IPC_W, IpcObject, now } from '../kernel/ipc/objects';
import { SemaphoreSet, semaphores, VALUE_MAX } from '../kernel/ipc/semaphores';
import { LIMIT_SEM_NSEMS } from '../kernel/limits/limits';
import { currentProcess } from '../kernel/process/processes';
import { copyIn, copyOut } from '../kernel/memory/user';
import { zoneOf } from '../kernel/zone/zone';
import { listIds } from './msgsys';

const SEMCTL: i32 = 0;
const SEMGET: i32 = 1;
const SEMOP: i32 = 2;
const SEMIDS: i32 = 3;
const SEMTIMEDOP: i32 = 4;

const GETNCNT: i32 = 3;
const GETPID: i32 = 4;
const GETVAL: i32 = 5;
const GETALL: i32 = 6;
const GETZCNT: i32 = 7;
const SETVAL: i32 = 8;
const SETALL: i32 = 9;

/** struct sembuf. */
const OPERATION: usize = 6;
/** struct semid_ds, up to its last time. */
const SIZE: usize = 64;
const block = memory.data(64, 8);

export function semsys(code: i32, a: u64, b: u64, c: u64, d: u64): i64 {
  switch (code) {
    case SEMGET:
      return get(<i32>a, <i32>b, <i32>c);
    case SEMCTL:
      return control(<i32>a, <i32>b, <i32>c, d);
    case SEMOP:
      return operate(<i32>a, b, c, 0);
    case SEMTIMEDOP:
      return operate(<i32>a, b, c, d);
    case SEMIDS:
      return listIds(semaphores, a, <u32>b, c);
  }
  return setError(EINVAL);
}

function get(key: i32, count: i32, flags: i32): i64 {
  const found = semaphores.get(key, flags);
  if (found) return count > (found as SemaphoreSet).count ? setError(EINVAL) : found.id;
  if (failure) return setError(failure);
  if (count < 1 || <u64>count > currentProcess().limits.lower(LIMIT_SEM_NSEMS)) return setError(EINVAL);
  const made = new SemaphoreSet(count, zoneOf(currentProcess().credentials.zoneid).memory);
  return made.begin() ? semaphores.add(made, key, flags) : setError(ENOMEM);
}

function operate(id: i32, list: u64, count: u64, timeout: u64): i64 {
  const found = semaphores.find(id);
  if (!found) return setError(EINVAL);
  const long = (found as SemaphoreSet).tooMany(count);
  if (long) return long;
  if (!count) return setError(EINVAL);
  const error = fetchEnd(timeout);
  if (error) return error;
  const deadline = fetchedEnd();
  // Of the caller's own: it may wait, and others operate meanwhile.
  if (!heapHasPieceOf(<usize>count * OPERATION)) return setError(ENOMEM);
  const own = new StaticArray<u8>(<i32>count * <i32>OPERATION);
  const at = changetype<usize>(own);
  if (copyIn(at, list, <usize>count * OPERATION)) return setError(EFAULT);
  if (found.isRemoved) return setError(EINVAL);
  return (found as SemaphoreSet).operate(at, <i32>count, deadline);
}

function control(id: i32, number: i32, command: i32, argument: u64): i64 {
  const found = semaphores.find(id);
  if (!found) return setError(EINVAL);
  const set = found as SemaphoreSet;
  if (command == IPC_SET) return set.set(argument);
  if (command == IPC_RMID) {
    const refused = set.mayOwn();
    if (!refused) semaphores.remove(set);
    return refused;
  }
  const refused = set.access(command == SETVAL || command == SETALL ? IPC_W : IPC_R);
  if (refused) return setError(EACCES);
  if (command == IPC_STAT) return stat(set, argument);
  if (command == GETALL) return getAll(set, argument);
  if (command == SETALL) return setAll(set, argument);
  if (number < 0 || number >= set.count) return setError(EINVAL);
  switch (command) {
    case GETVAL:
      return set.value(number);
    case GETPID:
      return set.lastPid(number);
    case GETNCNT:
      return set.waiting(number, false);
    case GETZCNT:
      return set.waiting(number, true);
    case SETVAL:
      if (<i32>argument < 0 || <i32>argument > VALUE_MAX) return setError(ERANGE);
      set.setValue(number, <i32>argument);
      set.changed = now();
      return 0;
  }
  return setError(EINVAL);
}

/** Room for the values of a set, 16 bits each: the caller's own, since it may wait for its pages. Null: no memory. */
function valuesOf(set: SemaphoreSet): StaticArray<u16> | null {
  return heapHasPieceOf(<usize>set.count * 2) ? new StaticArray<u16>(set.count) : null;
}
function getAll(set: SemaphoreSet, to: u64): i64 {
  const values = valuesOf(set);
  if (!values) return setError(ENOMEM);
  for (let i = 0; i < set.count; i++) values[i] = <u16>set.value(i);
  return copyOut(to, changetype<usize>(values), <usize>set.count * 2);
}
function setAll(set: SemaphoreSet, from: u64): i64 {
  const values = valuesOf(set);
  if (!values) return setError(ENOMEM);
  if (copyIn(changetype<usize>(values), from, <usize>set.count * 2)) return setError(EFAULT);
  if (set.isRemoved) return setError(EINVAL);
  for (let i = 0; i < set.count; i++) if (<i32>values[i] > VALUE_MAX) return setError(ERANGE);
  for (let i = 0; i < set.count; i++) set.setValue(i, <i32>values[i]);
  set.changed = now();
  return 0;
}

function stat(set: SemaphoreSet, to: u64): i64 {
  memory.fill(block, 0, SIZE);
  (set as IpcObject).storePerm(block);
  store<u16>(block, <u16>set.count, 40);
  store<i64>(block, set.lastOperation, 48);
  store<i64>(block, set.changed, 56);
  return copyOut(to, block, SIZE);
}
