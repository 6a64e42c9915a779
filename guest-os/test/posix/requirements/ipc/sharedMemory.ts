// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about shared memory of System V. */
import { load32, store32 } from 'machine/mem';
import { child, exitOf, inChild, killerOf, pauseFor, requirement } from '../../harness';
import * as sys from '../../system/system';
import { ABOUT, EXCLUSIVE, NEW, NOBODY, about, key } from './objects';

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
