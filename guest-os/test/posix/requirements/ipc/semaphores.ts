// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about semaphores of System V. */
import { arrivals, buffer, child, exitOf, handle, inChild, pauseFor, requirement, soon } from '../../harness';
import * as sys from '../../system/system';
import { ABOUT, EXCLUSIVE, LIST, NEW, NOBODY, about, key, list } from './objects';

let set: i32 = -1;
function semaphores(count: i32): void {
  set = <i32>sys.semget(0, count, NEW);
}
function value(number: i32): i64 {
  return sys.semctl(set, number, sys.GETVAL, 0);
}
function operation(index: usize, number: i32, change: i32, flags: i32 = 0): void {
  store<u16>(list + index * 6, <u16>number);
  store<i16>(list + index * 6, <i16>change, 2);
  store<i16>(list + index * 6, <i16>flags, 4);
}
function operate(number: i32, change: i32, flags: i32 = 0): i64 {
  operation(0, number, change, flags);
  return sys.semop(set, LIST, 1);
}
function over(verdict: bool): bool {
  sys.semctl(set, 0, sys.IPC_RMID, 0);
  return verdict;
}

requirement('semget: sets have at least one semaphore', () => sys.semget(0, 0, NEW) == -sys.EINVAL);
requirement('semget: one that is there has no more than it has', () => {
  set = <i32>sys.semget(key(), 2, EXCLUSIVE);
  return over(sys.semget(key(), 3, 0) == -sys.EINVAL && sys.semget(key(), 0, 0) == set);
});
requirement('semctl: SETVAL and GETVAL, GETPID', () => {
  semaphores(3);
  const done = sys.semctl(set, 2, sys.SETVAL, 7);
  operate(2, -2);
  return over(done == 0 && value(2) == 5 && value(0) == 0 && sys.semctl(set, 2, sys.GETPID, 0) == sys.getpid());
});
requirement('semctl: SETALL and GETALL', () => {
  semaphores(2);
  store<u16>(list, 3);
  store<u16>(list, 4, 2);
  const all = sys.semctl(set, 0, sys.SETALL, LIST);
  store<u32>(list, 0);
  sys.semctl(set, 0, sys.GETALL, LIST);
  return over(all == 0 && value(1) == 4 && load<u16>(list) == 3 && load<u16>(list, 2) == 4);
});
requirement('semctl: values have limits', () => {
  semaphores(1);
  return over(sys.semctl(set, 0, sys.SETVAL, 32768) == -sys.ERANGE && sys.semctl(set, 0, sys.SETVAL, 32767) == 0);
});
requirement('semctl: a number that is none', () => {
  semaphores(1);
  return over(sys.semctl(set, 1, sys.GETVAL, 0) == -sys.EINVAL);
});
requirement('semctl: IPC_STAT tells how many and when', () => {
  semaphores(5);
  sys.semctl(set, 0, sys.IPC_STAT, ABOUT);
  const before = load<u64>(about + sys.SEM_OTIME);
  operate(0, 1);
  sys.semctl(set, 0, sys.IPC_STAT, ABOUT);
  return over(before == 0 && load<u64>(about + sys.SEM_OTIME) > 0 && load<u16>(about + sys.SEM_NSEMS) == 5);
});
requirement('semop: adds, takes, and waits for zero at once', () => {
  semaphores(1);
  return over(operate(0, 3) == 0 && operate(0, -3) == 0 && operate(0, 0) == 0 && value(0) == 0);
});
requirement('semop: IPC_NOWAIT', () => {
  semaphores(1);
  const less = operate(0, -1, sys.IPC_NOWAIT);
  operate(0, 1);
  return over(less == -sys.EAGAIN && operate(0, 0, sys.IPC_NOWAIT) == -sys.EAGAIN);
});
requirement('semop: all operations or none', () => {
  semaphores(2);
  operation(0, 0, 5);
  operation(1, 1, -1, sys.IPC_NOWAIT);
  return over(sys.semop(set, LIST, 2) == -sys.EAGAIN && value(0) == 0);
});
requirement('semop: operations of a list see those before them', () => {
  semaphores(1);
  operation(0, 0, 2);
  operation(1, 0, -2);
  operation(2, 0, 0);
  return over(sys.semop(set, LIST, 3) == 0 && value(0) == 0);
});
requirement('semop: a number that is none', () => {
  semaphores(1);
  return over(operate(1, 1) == -sys.EFBIG);
});
requirement('semop: too high', () => {
  semaphores(1);
  sys.semctl(set, 0, sys.SETVAL, 32767);
  return over(operate(0, 1) == -sys.ERANGE);
});
requirement('semop: too many', () => {
  semaphores(1);
  return over(sys.semop(set, LIST, 100000) == -sys.E2BIG);
});
requirement('semop: waits until another process adds', () => {
  semaphores(1);
  const pid = child(() => (operate(0, -1) == 0 ? 0 : 1));
  const waits = soon(() => sys.semctl(set, 0, sys.GETNCNT, 0) == 1);
  operate(0, 1);
  return over(waits && exitOf(pid) == 0 && value(0) == 0 && sys.semctl(set, 0, sys.GETNCNT, 0) == 0);
});
requirement('semop: waits for zero', () => {
  semaphores(1);
  operate(0, 2);
  const pid = child(() => (operate(0, 0) == 0 ? 0 : 1));
  const waits = soon(() => sys.semctl(set, 0, sys.GETZCNT, 0) == 1);
  operate(0, -2);
  return over(waits && exitOf(pid) == 0);
});
requirement('semop: who waits learns that the set has been removed', () => {
  semaphores(1);
  const pid = child(() => (operate(0, -1) == -sys.EIDRM ? 0 : 1));
  const waits = soon(() => sys.semctl(set, 0, sys.GETNCNT, 0) == 1);
  return over(waits) && exitOf(pid) == 0;
});
requirement('semop: a signal interrupts it, and it is not begun again', () => {
  semaphores(1);
  handle(sys.SIGALRM, sys.SA_RESTART);
  sys.setitimer(0, 20000, 20000);
  const result = operate(0, -1);
  sys.setitimer(0, 0, 0);
  return over(result == -sys.EINTR && arrivals[sys.SIGALRM] > 0 && sys.semctl(set, 0, sys.GETNCNT, 0) == 0);
});
requirement('semop: SEM_UNDO takes back what an ended process has done', () => {
  semaphores(2);
  sys.semctl(set, 0, sys.SETVAL, 4);
  const pid = child(() => (operate(0, -3, sys.SEM_UNDO) == 0 && operate(1, 2, sys.SEM_UNDO) == 0 && value(0) == 1 ? 0 : 1));
  return over(exitOf(pid) == 0 && value(0) == 4 && value(1) == 0);
});
requirement('semop: SETVAL clears what SEM_UNDO would take back', () => {
  semaphores(1);
  const pid = child(() => (operate(0, 3, sys.SEM_UNDO) == 0 && sys.semctl(set, 0, sys.SETVAL, 9) == 0 ? 0 : 1));
  return over(exitOf(pid) == 0 && value(0) == 9);
});
requirement('semop: a killed process gives back what it holds', () => {
  semaphores(1);
  operate(0, 1);
  const pid = child(() => {
    operate(0, -1, sys.SEM_UNDO);
    while (true) pauseFor(1000);
  });
  const taken = soon(() => value(0) == 0);
  sys.kill(pid, sys.SIGKILL);
  return over(taken && operate(0, -1) == 0);
});
requirement('semtimedop: gives up when its time is over', () => {
  semaphores(1);
  operation(0, 0, -1);
  store<u64>(buffer, 0);
  store<u64>(buffer, 10000000, 8);
  return over(sys.semtimedop(set, LIST, 1, <u64>buffer) == -sys.EAGAIN);
});
requirement('semctl, semop: of another user', () => {
  semaphores(1);
  return over(
    inChild(() => {
      if (sys.setuid(NOBODY)) return false;
      return operate(0, 1) == -sys.EACCES && value(0) == -sys.EACCES && sys.semctl(set, 0, sys.IPC_RMID, 0) == -sys.EPERM;
    }),
  );
});
