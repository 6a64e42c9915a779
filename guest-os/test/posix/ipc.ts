// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about shmget, shmat, shmdt, shmctl, semget, semop, semctl, msgget, msgsnd, msgrcv, msgctl (XSI). */
import { load8, load32, store8, store32 } from 'machine/mem';
import { arrivals, buffer, child, exitOf, handle, inChild, killerOf, pauseFor, requirement, soon } from './harness';
import * as sys from './system/system';

const NEW: i32 = 0o600 | sys.IPC_CREAT;
const EXCLUSIVE: i32 = NEW | sys.IPC_EXCL;
const NOBODY: i32 = 60001;

/** Nobody else's: what goes wrong leaves it behind, and the next run has another pid. */
function key(): i32 {
  return 0x44000000 + sys.getpid();
}
const about: usize = buffer + 2048;
const ABOUT: u64 = <u64>(buffer + 2048);
const list: usize = buffer + 1024;
const LIST: u64 = <u64>(buffer + 1024);

// ---- shared memory

let shared: i32 = -1;
function segment(size: u64 = 8192): u64 {
  shared = <i32>sys.shmget(0, size, NEW);
  const at = sys.shmat(shared, 0, 0);
  sys.shmctl(shared, sys.IPC_STAT, ABOUT);
  return at < 0 ? 0 : <u64>at;
}
function done(verdict: bool): bool {
  sys.shmctl(shared, sys.IPC_RMID, 0);
  return verdict;
}

requirement('shmget: without a key and IPC_CREAT there is none', () => sys.shmget(key(), 4096, 0) == -sys.ENOENT);
requirement('shmget: a key finds what was made of it', () => {
  shared = <i32>sys.shmget(key(), 4096, EXCLUSIVE);
  return done(shared >= 0 && sys.shmget(key(), 0, 0) == shared && sys.shmget(key(), 4096, NEW) == shared);
});
requirement('shmget: IPC_EXCL refuses one that is there', () => {
  shared = <i32>sys.shmget(key(), 4096, EXCLUSIVE);
  return done(sys.shmget(key(), 4096, EXCLUSIVE) == -sys.EEXIST);
});
requirement('shmget: one that is there is not longer than it is', () => {
  shared = <i32>sys.shmget(key(), 4096, EXCLUSIVE);
  return done(sys.shmget(key(), 8192, 0) == -sys.EINVAL);
});
requirement('shmget: no segment is empty', () => sys.shmget(0, 0, NEW) == -sys.EINVAL);
requirement('shmget: IPC_PRIVATE makes a new one each time', () => {
  const one = <i32>sys.shmget(0, 4096, NEW);
  const two = <i32>sys.shmget(0, 4096, NEW);
  sys.shmctl(one, sys.IPC_RMID, 0);
  sys.shmctl(two, sys.IPC_RMID, 0);
  return one >= 0 && two >= 0 && one != two;
});
requirement('shmat: memory is zeros, and can be written', () => {
  const at = segment();
  const before = load32(at + 8188);
  store32(at + 8188, 5);
  return done(before == 0 && load32(at + 8188) == 5);
});
requirement('shmat: twice is the same memory', () => {
  const one = segment();
  const two = <u64>sys.shmat(shared, 0, 0);
  store32(one, 77);
  return done(one != two && load32(two) == 77);
});
requirement('shmat: a child has it, too, and so have others by the id', () => {
  const at = segment();
  const pid = child(() => {
    const own = <u64>sys.shmat(shared, 0, 0);
    store32(own + 4, 9);
    return 0;
  });
  return done(exitOf(pid) == 0 && load32(at + 4) == 9);
});
requirement('shmat: SHM_RDONLY cannot be made writable', () => {
  segment();
  const at = sys.shmat(shared, 0, sys.SHM_RDONLY);
  return done(at > 0 && sys.mprotect(<u64>at, 4096, 3) == -sys.EACCES);
});
requirement('shmat: an address that is not on a page, and SHM_RND', () => {
  const free = segment();
  sys.shmdt(free);
  const refused = sys.shmat(shared, free + 100, 0);
  return done(refused == -sys.EINVAL && sys.shmat(shared, free + 100, sys.SHM_RND) == <i64>free);
});
requirement('shmat: an id that is none', () => sys.shmat(0x7fff0000, 0, 0) == -sys.EINVAL);
requirement('shmdt: what is detached is gone, and its content stays', () => {
  const at = segment();
  store32(at, 31);
  const result = sys.shmdt(at);
  const again = <u64>sys.shmat(shared, 0, 0);
  return done(result == 0 && load32(again) == 31);
});
requirement('shmdt: an address where nothing is attached', () => {
  const at = segment();
  return done(sys.shmdt(at + 4096) == -sys.EINVAL && sys.shmdt(at) == 0 && sys.shmdt(at) == -sys.EINVAL);
});
requirement('shmctl: IPC_STAT tells size, mode, who and how many', () => {
  segment(5000);
  return done(
    load<u64>(about + sys.SHM_SEGSZ) == 5000 &&
      (load<u32>(about + sys.PERM_MODE) & 0o777) == 0o600 &&
      load<i32>(about + sys.SHM_CPID) == sys.getpid() &&
      load<i32>(about + sys.SHM_LPID) == sys.getpid() &&
      load<u64>(about + sys.SHM_NATTCH) == 1 &&
      load<u64>(about + sys.SHM_ATIME) > 0,
  );
});
requirement('shmctl: a child counts among who has it attached, until it ends', () => {
  segment();
  const pid = child(() => {
    while (true) pauseFor(1000);
  });
  sys.shmctl(shared, sys.IPC_STAT, ABOUT);
  const two = load<u64>(about + sys.SHM_NATTCH);
  sys.kill(pid, sys.SIGKILL);
  killerOf(pid);
  sys.shmctl(shared, sys.IPC_STAT, ABOUT);
  return done(two == 2 && load<u64>(about + sys.SHM_NATTCH) == 1);
});
requirement('shmctl: part of a mapping that is taken away leaves it attached once', () => {
  const at = segment(3 * 4096);
  sys.munmap(at + 4096, 4096);
  sys.mprotect(at, 4096, 1);
  store32(at + 8192, 1);
  return done(sys.shmdt(at) == 0);
});
requirement('shmctl: who has a removed one attached keeps it', () => {
  const at = segment();
  const removed = sys.shmctl(shared, sys.IPC_RMID, 0);
  store32(at, 3);
  return removed == 0 && load32(at) == 3 && sys.shmdt(at) == 0;
});
requirement('shmctl: a removed one is found no more', () => {
  const one = <i32>sys.shmget(key(), 4096, EXCLUSIVE);
  return (
    sys.shmctl(one, sys.IPC_RMID, 0) == 0 &&
    sys.shmctl(one, sys.IPC_STAT, ABOUT) == -sys.EINVAL &&
    sys.shmget(key(), 0, 0) == -sys.ENOENT
  );
});
requirement('shmctl: IPC_SET changes the mode', () => {
  segment();
  store<u32>(about + sys.PERM_MODE, 0o640);
  const set = sys.shmctl(shared, sys.IPC_SET, ABOUT);
  sys.shmctl(shared, sys.IPC_STAT, ABOUT);
  return done(set == 0 && (load<u32>(about + sys.PERM_MODE) & 0o777) == 0o640);
});
requirement('shmctl: a command that is none', () => {
  segment();
  return done(sys.shmctl(shared, 9999, ABOUT) == -sys.EINVAL);
});
requirement('shmat, shmctl: of another user', () => {
  segment();
  return done(
    inChild(() => {
      if (sys.setuid(NOBODY)) return false;
      if (sys.shmat(shared, 0, 0) != -sys.EACCES || sys.shmctl(shared, sys.IPC_STAT, ABOUT) != -sys.EACCES) return false;
      return sys.shmctl(shared, sys.IPC_RMID, 0) == -sys.EPERM;
    }),
  );
});

// ---- semaphores

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

// ---- messages

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
