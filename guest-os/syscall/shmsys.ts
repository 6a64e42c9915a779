// SPDX-License-Identifier: MIT
/** @fileoverview System call 52, shmsys: shared memory of System V: attached (0), controlled (1), detached (2), found or made (3), listed (4). */
import { USER_END } from 'machine/addresses';
import { BREAK_LIMIT } from '../kernel/memory/addressSpace';
import { EFAULT, EINVAL, failure, setError } from '../kernel/errno';
import { IPC_R, IPC_RMID, IPC_SET, IPC_STAT, IPC_W } from '../kernel/ipc/objects';
import { createSharedMemory, detach, SharedMemory, sharedMemory } from '../kernel/ipc/sharedMemory';
import { PAGE } from '../kernel/memory/frames';
import { currentProcess } from '../kernel/process/processes';
import { copyOut } from '../kernel/memory/user';
import { listIds } from './msgsys';

const SHMAT: i32 = 0;
const SHMCTL: i32 = 1;
const SHMDT: i32 = 2;
const SHMGET: i32 = 3;
const SHMIDS: i32 = 4;

const SHM_LOCK: i32 = 3;
const SHM_UNLOCK: i32 = 4;
const SHM_RDONLY: u64 = 0o10000;
const SHM_RND: u64 = 0o20000;

/** struct shmid_ds, up to its last time. */
const SIZE: usize = 104;
const block = memory.data(104, 8);

export function shmsys(code: i32, a: u64, b: u64, c: u64): i64 {
  switch (code) {
    case SHMGET:
      return get(<i32>a, b, <i32>c);
    case SHMAT:
      return attach(<i32>a, b, c);
    case SHMDT:
      return detach(currentProcess(), a);
    case SHMCTL:
      return control(<i32>a, <i32>b, c);
    case SHMIDS:
      return listIds(sharedMemory, a, <u32>b, c);
  }
  return setError(EINVAL);
}

function get(key: i32, size: u64, flags: i32): i64 {
  const found = sharedMemory.get(key, flags);
  if (found) return size > (found as SharedMemory).size ? setError(EINVAL) : found.id;
  if (failure) return setError(failure);
  const made = createSharedMemory(size);
  return made ? sharedMemory.add(made, key, flags) : setError(failure);
}

function attach(id: i32, address: u64, flags: u64): i64 {
  const found = sharedMemory.find(id);
  if (!found) return setError(EINVAL);
  const readOnly = (flags & SHM_RDONLY) != 0;
  const refused = found.access(readOnly ? IPC_R : IPC_R | IPC_W);
  if (refused) return refused;
  const one = found as SharedMemory;
  const process = currentProcess();
  let at = address;
  if (at) {
    if (flags & SHM_RND) at &= ~(<u64>PAGE - 1);
    const bytes = one.pages * PAGE;
    if (at & (<u64>PAGE - 1) || at < PAGE || at >= USER_END || bytes > USER_END - at) return setError(EINVAL);
    // As for mmap: linear memory must be followed by nothing.
    if (at < BREAK_LIMIT * 2 && at + bytes > BREAK_LIMIT) return setError(EINVAL);
    if (process.space!.lastOverlap(at, at + bytes)) return setError(EINVAL);
  }
  return one.attach(process, at, readOnly);
}

function control(id: i32, command: i32, at: u64): i64 {
  const found = sharedMemory.find(id);
  if (!found) return setError(EINVAL);
  const one = found as SharedMemory;
  switch (command) {
    case IPC_STAT: {
      const refused = one.access(IPC_R);
      return refused ? refused : stat(one, at);
    }
    case IPC_SET:
      return one.set(at);
    case IPC_RMID: {
      const refused = one.mayOwn();
      if (!refused) sharedMemory.remove(one);
      return refused;
    }
    case SHM_LOCK:
      return one.lock();
    case SHM_UNLOCK:
      one.unlock();
      return 0;
  }
  return setError(EINVAL);
}

function stat(one: SharedMemory, to: u64): i64 {
  memory.fill(block, 0, SIZE);
  one.storePerm(block);
  store<u64>(block, one.size, 32);
  store<u16>(block, one.isLocked ? 1 : 0, 48);
  store<i32>(block, one.lastPid, 52);
  store<i32>(block, one.creatorPid, 56);
  const count = one.attachments;
  store<u64>(block, count, 64);
  store<u64>(block, count, 72);
  store<i64>(block, one.attachedAt, 80);
  store<i64>(block, one.detachedAt, 88);
  store<i64>(block, one.changed, 96);
  return copyOut(to, block, SIZE) ? setError(EFAULT) : 0;
}
