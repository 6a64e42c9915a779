// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about record locks. */
import { child, exitOf, makeFile, pauseFor, requirement } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

function inAnotherProcess(type: i32, start: i64, length: i64): i64 {
  shared = type;
  lockStart = start;
  lockLength = length;
  return exitOf(child(() => (sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, shared, lockStart, lockLength) == 0 ? 0 : 1)));
}
let lockStart: i64 = 0;
let lockLength: i64 = 0;
requirement('lock: a write lock keeps others out', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  return inAnotherProcess(sys.F_RDLCK, 0, 1) == 1 && inAnotherProcess(sys.F_WRLCK, 2, 5) == 1;
});
requirement('lock: other bytes are free', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  return inAnotherProcess(sys.F_WRLCK, 3, 2) == 0;
});
requirement('lock: read locks go together', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_RDLCK, 0, 0);
  return inAnotherProcess(sys.F_RDLCK, 0, 0) == 0 && inAnotherProcess(sys.F_WRLCK, 0, 0) == 1;
});
requirement('lock: F_GETLK says who is in the way', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 3);
  shared = sys.getpid();
  return (
    exitOf(
      child(() => {
        sys.lock(sys.open('f', sys.O_RDWR), sys.F_GETLK, sys.F_WRLCK, 0, 0);
        return sys.lockType == sys.F_WRLCK && sys.lockPid == shared ? 0 : 1;
      }),
    ) == 0
  );
});
requirement('lock: F_GETLK says F_UNLCK where nobody is', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_GETLK, sys.F_WRLCK, 0, 0);
  return sys.lockType == sys.F_UNLCK;
});
requirement('lock: closing any descriptor of the file lets all go', () => {
  makeFile('f', 'abcdef');
  sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLK, sys.F_WRLCK, 0, 0);
  sys.close(sys.open('f', sys.O_RDONLY));
  return inAnotherProcess(sys.F_WRLCK, 0, 0) == 0;
});
requirement('lock: F_UNLCK of a part', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.lock(descriptor, sys.F_SETLK, sys.F_WRLCK, 0, 0);
  sys.lock(descriptor, sys.F_SETLK, sys.F_UNLCK, 2, 2);
  return (
    inAnotherProcess(sys.F_WRLCK, 2, 2) == 0 &&
    inAnotherProcess(sys.F_WRLCK, 1, 1) == 1 &&
    inAnotherProcess(sys.F_WRLCK, 4, 1) == 1
  );
});
requirement('lock: F_SETLKW waits', () => {
  makeFile('f', 'abcdef');
  const descriptor = sys.open('f', sys.O_RDWR);
  sys.lock(descriptor, sys.F_SETLK, sys.F_WRLCK, 0, 0);
  const pid = child(() => (sys.lock(sys.open('f', sys.O_RDWR), sys.F_SETLKW, sys.F_WRLCK, 0, 0) == 0 ? 0 : 1));
  pauseFor(20);
  const waits = sys.waitpid(pid, sys.WNOHANG) == 0;
  sys.lock(descriptor, sys.F_SETLK, sys.F_UNLCK, 0, 0);
  return waits && exitOf(pid) == 0;
});
requirement('lock: EBADF for a write lock through a descriptor for reading', () => {
  makeFile('f', 'abcdef');
  return sys.lock(sys.open('f', sys.O_RDONLY), sys.F_SETLK, sys.F_WRLCK, 0, 0) == -sys.EBADF;
});
