// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about clocks and sleeping. */
import { child, exitOf, handle, ignore, pauseFor, requirement, unprivileged } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

requirement('clock_gettime: the monotonic clock never goes back', () => {
  let before = sys.clockTime(sys.CLOCK_MONOTONIC);
  for (let i = 0; i < 1000; i++) {
    const now = sys.clockTime(sys.CLOCK_MONOTONIC);
    if (now < before) return false;
    before = now;
  }
  return true;
});
requirement('clock_gettime: EINVAL for what is no clock', () => sys.clockTime(12345) == -sys.EINVAL);
requirement('clock_gettime: processor time is what the process has used', () => {
  const before = sys.clockTime(sys.CLOCK_PROCESS_CPUTIME_ID);
  pauseFor(50);
  const slept = sys.clockTime(sys.CLOCK_PROCESS_CPUTIME_ID) - before;
  return before > 0 && slept < 40000000;
});
requirement('clock_getres: at most a hundredth of a second', () => {
  const resolution = sys.clockResolution(sys.CLOCK_REALTIME);
  return resolution > 0 && resolution <= 20000000;
});
requirement('clock_settime: EPERM for an unprivileged user', () =>
  unprivileged(() => sys.clock_settime(sys.CLOCK_REALTIME, 1000000000, 0) == -sys.EPERM),
);
requirement('clock_settime: EINVAL for the monotonic clock', () => sys.clock_settime(sys.CLOCK_MONOTONIC, 5, 0) == -sys.EINVAL);
requirement(
  'clock_settime: EINVAL for a billion nanoseconds',
  () => sys.clock_settime(sys.CLOCK_REALTIME, 5, 1000000000) == -sys.EINVAL,
);
requirement('nanosleep: at least as long as asked', () => {
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  return sys.nanosleep(0, 30000000) == 0 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 30000000;
});
requirement('nanosleep: EINTR, and what is left', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 50000, 0);
  return sys.nanosleep(5, 0) == -sys.EINTR && sys.sleepLeft > 3000000000 && sys.sleepLeft < 5000000000;
});
requirement('nanosleep: EINVAL for a billion nanoseconds', () => sys.nanosleep(0, 1000000000) == -sys.EINVAL);
requirement('nanosleep: EINVAL for negative nanoseconds', () => sys.nanosleep(0, -1) == -sys.EINVAL);
requirement('nanosleep: an ignored signal does not end it', () => {
  ignore(sys.SIGUSR1);
  shared = sys.getpid();
  child(() => {
    pauseFor(10);
    return <i32>sys.kill(shared, sys.SIGUSR1);
  });
  return sys.nanosleep(0, 50000000) == 0;
});
requirement('nanosleep: a stop and its end do not end it', () => {
  const pid = child(() => (sys.nanosleep(0, 100000000) == 0 ? 0 : 1));
  pauseFor(20);
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGCONT);
  return exitOf(pid) == 0;
});
