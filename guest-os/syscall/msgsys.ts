// SPDX-License-Identifier: MIT
/** @fileoverview System call 49, msgsys (not restarted): message queues of System V: found or made (0), controlled (1), received from (2), sent to (3), listed (4). */
import { EACCES, EFAULT, EINVAL, failure, setError } from '../kernel/errno';
import { Facility, IPC_R, IPC_RMID, IPC_SET, IPC_STAT, IPC_W } from '../kernel/ipc/objects';
import { MessageQueue, messageQueues } from '../kernel/ipc/messages';
import { currentProcess } from '../kernel/process/processes';
import { copyOut, fetch64, fetched, put32 } from '../kernel/memory/user';
import { zoneOf } from '../kernel/zone/zone';

const MSGGET: i32 = 0;
const MSGCTL: i32 = 1;
const MSGRCV: i32 = 2;
const MSGSND: i32 = 3;
const MSGIDS: i32 = 4;

/** struct msqid_ds, up to its last time; msg_qbytes in it. */
const SIZE: usize = 104;
const QBYTES: u64 = 64;
const block = memory.data(104, 8);

export function msgsys(code: i32, a: u64, b: u64, c: u64, d: u64, e: u64): i64 {
  switch (code) {
    case MSGGET:
      return get(<i32>a, <i32>b);
    case MSGSND:
      return send(<i32>a, b, c, <i32>d);
    case MSGRCV:
      return receive(<i32>a, b, c, <i64>d, <i32>e);
    case MSGCTL:
      return control(<i32>a, <i32>b, c);
    case MSGIDS:
      return listIds(messageQueues, a, <u32>b, c);
  }
  return setError(EINVAL);
}

function get(key: i32, flags: i32): i64 {
  const found = messageQueues.get(key, flags);
  if (found) return found.id;
  if (failure) return setError(failure);
  return messageQueues.add(new MessageQueue(zoneOf(currentProcess().credentials.zoneid).memory), key, flags);
}

/** `at`: a struct msgbuf: the type, and then the bytes. */
function send(id: i32, at: u64, size: u64, flags: i32): i64 {
  const found = messageQueues.find(id);
  if (!found) return setError(EINVAL);
  if (found.access(IPC_W)) return setError(EACCES);
  if (fetch64(at)) return setError(EFAULT);
  const type = <i64>fetched();
  return found.isRemoved ? setError(EINVAL) : (found as MessageQueue).send(type, at + 8, size, flags);
}

function receive(id: i32, at: u64, room: u64, type: i64, flags: i32): i64 {
  const found = messageQueues.find(id);
  if (!found || <i64>room < 0) return setError(EINVAL);
  if (found.access(IPC_R)) return setError(EACCES);
  return (found as MessageQueue).receive(at, room, type, flags);
}

function control(id: i32, command: i32, at: u64): i64 {
  const found = messageQueues.find(id);
  if (!found) return setError(EINVAL);
  const queue = found as MessageQueue;
  switch (command) {
    case IPC_STAT:
      return queue.access(IPC_R) ? setError(EACCES) : stat(queue, at);
    case IPC_SET: {
      if (fetch64(at + QBYTES)) return setError(EFAULT);
      const most = fetched();
      const refused = queue.mayOwn();
      if (refused) return refused;
      const error = queue.setMost(most);
      return error ? error : queue.set(at);
    }
    case IPC_RMID: {
      const refused = queue.mayOwn();
      if (!refused) messageQueues.remove(queue);
      return refused;
    }
  }
  return setError(EINVAL);
}

function stat(queue: MessageQueue, to: u64): i64 {
  memory.fill(block, 0, SIZE);
  queue.storePerm(block);
  store<u64>(block, queue.bytes, 48);
  store<u64>(block, queue.count, 56);
  store<u64>(block, queue.most, 64);
  store<i32>(block, queue.lastSender, 72);
  store<i32>(block, queue.lastReceiver, 76);
  store<i64>(block, queue.sentAt, 80);
  store<i64>(block, queue.receivedAt, 88);
  store<i64>(block, queue.changed, 96);
  return copyOut(to, block, SIZE);
}

/** shmids, semids, msgids: all ids, as far as there is room for them, and at `count` how many there are. */
export function listIds(facility: Facility, to: u64, room: u32, count: u64): i64 {
  const list = facility.visible();
  for (let i = 0; i < list.length && <u32>i < room; i++) if (put32(to + <u64>i * 4, list[i].id)) return setError(EFAULT);
  return put32(count, list.length);
}
