// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about signals that are waited for, and queued ones with values. */
import { ALL, arrivals, bit, child, handle, pauseFor, raise, requirement, unprivileged } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

requirement('sigtimedwait: takes a pending signal', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  return sys.sigtimedwait(bit(sys.SIGUSR1), 0) == sys.SIGUSR1 && sys.sigpending() == 0;
});
requirement('sigtimedwait: EAGAIN when the time is over', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  return sys.sigtimedwait(bit(sys.SIGUSR1), 30000000) == -sys.EAGAIN && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 30000000;
});
requirement('sigtimedwait: waits for a signal that comes later', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  shared = sys.getpid();
  child(() => {
    pauseFor(20);
    return <i32>sys.kill(shared, sys.SIGUSR1);
  });
  return sys.sigtimedwait(bit(sys.SIGUSR1), -1) == sys.SIGUSR1;
});
requirement('sigtimedwait: tells who sent it', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  return sys.sigtimedwait(bit(sys.SIGUSR1), 0) > 0 && sys.infoPid == sys.getpid() && sys.infoCode == sys.SI_USER;
});
requirement("sigtimedwait: EINTR by another signal's handler", () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.sigtimedwait(bit(sys.SIGUSR1), -1) == -sys.EINTR;
});
requirement('sigqueue: the value arrives', () => {
  handle(sys.SIGUSR1, sys.SA_SIGINFO);
  sys.sigqueue(sys.getpid(), sys.SIGUSR1, 0x123456789abc);
  return sys.infoValue == 0x123456789abc && sys.infoCode == sys.SI_QUEUE && sys.infoPid == sys.getpid();
});
requirement('sigqueue: realtime signals queue', () => {
  handle(sys.SIGRTMIN, sys.SA_SIGINFO);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGRTMIN));
  for (let i = 1; i <= 3; i++) sys.sigqueue(sys.getpid(), sys.SIGRTMIN, i);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGRTMIN));
  return arrivals[sys.SIGRTMIN] == 3;
});
requirement('sigqueue: queued signals arrive in order', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGRTMIN));
  for (let i = 1; i <= 3; i++) sys.sigqueue(sys.getpid(), sys.SIGRTMIN, i);
  for (let i = 1; i <= 3; i++) {
    if (sys.sigtimedwait(bit(sys.SIGRTMIN), 0) != sys.SIGRTMIN || sys.infoValue != <u64>i) return false;
  }
  return true;
});
requirement('sigqueue: of several realtime signals the lowest comes first', () => {
  sys.sigprocmask(sys.SIG_BLOCK, ALL);
  sys.sigqueue(sys.getpid(), sys.SIGRTMIN + 3, 1);
  sys.sigqueue(sys.getpid(), sys.SIGRTMIN + 1, 1);
  sys.sigqueue(sys.getpid(), sys.SIGRTMIN + 2, 1);
  const set = bit(sys.SIGRTMIN + 1) | bit(sys.SIGRTMIN + 2) | bit(sys.SIGRTMIN + 3);
  return sys.sigtimedwait(set, 0) == sys.SIGRTMIN + 1 && sys.sigtimedwait(set, 0) == sys.SIGRTMIN + 2;
});
requirement('sigqueue: ESRCH for a process that is not there', () => sys.sigqueue(29999, sys.SIGUSR1, 0) == -sys.ESRCH);
requirement('sigqueue: EINVAL for what is no signal', () => sys.sigqueue(sys.getpid(), sys.NO_SIGNAL, 0) == -sys.EINVAL);
requirement("sigqueue: EPERM for somebody else's process", () =>
  unprivileged(() => sys.sigqueue(1, sys.SIGUSR1, 0) == -sys.EPERM),
);
requirement('signals: at least eight for realtime use', () => sys.SIGRTMAX - sys.SIGRTMIN >= 7);
