// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about message queues of System V. */
import { load8, store32, store8 } from 'machine/mem';
import { child, exitOf, handle, inChild, pauseFor, requirement } from '../../harness';
import * as sys from '../../system/system';
import { ABOUT, EXCLUSIVE, LIST, NEW, NOBODY, about, key, list } from './objects';

let queue: i32 = -1;
function newQueue(): void {
  queue = <i32>sys.msgget(0, NEW);
}
function put(type: i64, first: i32, size: u64 = 4, flags: i32 = 0): i64 {
  store<i64>(list, type);
  store<i32>(list, first, 8);
  return sys.msgsnd(queue, LIST, size, flags);
}
/** The first word of a message; its length is {@link taken}. */
let taken: i64 = 0;
function take(type: i64 = 0, size: u64 = 512, flags: i32 = 0): i32 {
  taken = sys.msgrcv(queue, LIST, size, type, flags);
  return taken < 0 ? -1 : load<i32>(list, 8);
}
function ended(verdict: bool): bool {
  sys.msgctl(queue, sys.IPC_RMID, 0);
  return verdict;
}

requirement('msgget: a key finds what was made of it', () => {
  queue = <i32>sys.msgget(key(), EXCLUSIVE);
  return ended(queue >= 0 && sys.msgget(key(), 0) == queue && sys.msgget(key(), EXCLUSIVE) == -sys.EEXIST);
});
requirement('msgget: none without IPC_CREAT', () => sys.msgget(key(), 0) == -sys.ENOENT);
requirement('msgrcv: the first comes first', () => {
  newQueue();
  put(3, 1);
  put(2, 2);
  put(1, 3);
  return ended(take() == 1 && load<i64>(list) == 3 && taken == 4 && take() == 2 && take() == 3);
});
requirement('msgrcv: the first of a type', () => {
  newQueue();
  put(3, 1);
  put(2, 2);
  put(2, 3);
  return ended(take(2) == 2 && take(2) == 3 && take(3) == 1);
});
requirement('msgrcv: the lowest type up to one', () => {
  newQueue();
  put(3, 1);
  put(2, 2);
  put(5, 3);
  put(2, 4);
  return ended(take(-4) == 2 && take(-4) == 4 && take(-4) == 1 && take(-4, 512, sys.IPC_NOWAIT) == -1);
});
requirement('msgrcv: IPC_NOWAIT', () => {
  newQueue();
  put(1, 1);
  take(2, 512, sys.IPC_NOWAIT);
  return ended(taken == -sys.ENOMSG);
});
requirement('msgrcv: a longer message stays, or is cut by MSG_NOERROR', () => {
  newQueue();
  put(1, 9, 100);
  take(0, 10);
  const refused = taken;
  take(0, 10, sys.MSG_NOERROR);
  const cut = taken;
  take(0, 100, sys.IPC_NOWAIT);
  return ended(refused == -sys.E2BIG && cut == 10 && taken == -sys.ENOMSG);
});
requirement('msgsnd: a type is above zero', () => {
  newQueue();
  return ended(put(0, 1) == -sys.EINVAL && put(-1, 1) == -sys.EINVAL);
});
requirement('msgsnd: messages without bytes', () => {
  newQueue();
  const sent = put(7, 0, 0);
  take();
  return ended(sent == 0 && taken == 0 && load<i64>(list) == 7);
});
requirement('msgsnd: memory that is not there', () => {
  newQueue();
  return ended(sys.msgsnd(queue, 8, 4, 0) == -sys.EFAULT);
});
requirement('msgsnd: bytes arrive as they were sent', () => {
  newQueue();
  const at = <u64>sys.mmap(0, 8192, 3, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0);
  store32(at, 1);
  for (let i: u64 = 8; i < 5008; i++) store8(at + i, <u8>(i * 7));
  put(4, 1);
  const sent = sys.msgsnd(queue, at, 5000, 0);
  take(4);
  for (let i: u64 = 8; i < 5008; i++) store8(at + i, 0);
  if (sys.msgrcv(queue, at, 5000, 0, 0) != 5000 || sent) return ended(false);
  for (let i: u64 = 8; i < 5008; i++) if (load8(at + i) != <u8>(i * 7)) return ended(false);
  return ended(true);
});
requirement('msgsnd: a full queue waits, or says so', () => {
  newQueue();
  sys.msgctl(queue, sys.IPC_STAT, ABOUT);
  store<u64>(about + sys.MSG_QBYTES, 100);
  const set = sys.msgctl(queue, sys.IPC_SET, ABOUT);
  put(1, 1, 60);
  const full = put(1, 2, 60, sys.IPC_NOWAIT);
  const pid = child(() => (put(1, 3, 60) == 0 ? 0 : 1));
  pauseFor(10);
  const first = take();
  return ended(set == 0 && full == -sys.EAGAIN && first == 1 && take() == 3 && exitOf(pid) == 0);
});
requirement('msgrcv: waits for a message', () => {
  newQueue();
  const pid = child(() => (take(5) == 6 ? 0 : 1));
  pauseFor(5);
  put(4, 1);
  put(5, 6);
  return ended(exitOf(pid) == 0);
});
requirement('msgrcv: who waits learns that the queue has been removed', () => {
  newQueue();
  const pid = child(() => {
    take();
    return taken == -sys.EIDRM || taken == -sys.EINVAL ? 0 : 1;
  });
  pauseFor(10);
  return ended(true) && exitOf(pid) == 0;
});
requirement('msgrcv: a signal interrupts it, and it is not begun again', () => {
  newQueue();
  handle(sys.SIGALRM, sys.SA_RESTART);
  sys.setitimer(0, 20000, 20000);
  take();
  sys.setitimer(0, 0, 0);
  return ended(taken == -sys.EINTR);
});
requirement('msgctl: IPC_STAT tells how many, and who', () => {
  newQueue();
  put(1, 1);
  put(1, 2);
  take();
  sys.msgctl(queue, sys.IPC_STAT, ABOUT);
  const own = sys.getpid();
  return ended(
    load<u64>(about + sys.MSG_QNUM) == 1 && load<i32>(about + sys.MSG_LSPID) == own && load<i32>(about + sys.MSG_LRPID) == own,
  );
});
requirement('msgctl: who it belongs to', () => {
  newQueue();
  sys.msgctl(queue, sys.IPC_STAT, ABOUT);
  const made = load<i32>(about + sys.PERM_CUID);
  store<i32>(about + sys.PERM_UID, NOBODY);
  const set = sys.msgctl(queue, sys.IPC_SET, ABOUT);
  sys.msgctl(queue, sys.IPC_STAT, ABOUT);
  return ended(set == 0 && made == sys.geteuid() && load<i32>(about + sys.PERM_UID) == NOBODY);
});
requirement('msgsnd, msgrcv: of another user', () => {
  newQueue();
  put(1, 1);
  return ended(
    inChild(() => {
      if (sys.setuid(NOBODY) || put(1, 2) != -sys.EACCES) return false;
      take();
      return taken == -sys.EACCES && sys.msgctl(queue, sys.IPC_RMID, 0) == -sys.EPERM;
    }),
  );
});
