// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about kill and raise: who may send what to whom. */
import {
  arrivals,
  byDefault,
  child,
  exitOf,
  handle,
  ignore,
  inChild,
  killerOf,
  pauseFor,
  requirement,
  unprivileged,
  waiter,
} from '../../harness';
import * as sys from '../../system/system';

requirement('kill: signal 0 only asks', () => sys.kill(sys.getpid(), 0) == 0 && sys.kill(29999, 0) == -sys.ESRCH);
requirement('kill: ESRCH for a process that is not there', () => sys.kill(29999, sys.SIGTERM) == -sys.ESRCH);
requirement('kill: ESRCH for a group that is not there', () => sys.kill(-29999, sys.SIGTERM) == -sys.ESRCH);
requirement('kill: EINVAL for what is no signal', () => sys.kill(sys.getpid(), sys.NO_SIGNAL) == -sys.EINVAL);
requirement('kill: EINVAL for a negative signal', () => sys.kill(sys.getpid(), -1) == -sys.EINVAL);
requirement("kill: EPERM for somebody else's process", () => unprivileged(() => sys.kill(1, 0) == -sys.EPERM));
requirement('kill: an unprivileged user may signal its own', () =>
  unprivileged(() => {
    const pid = waiter();
    return sys.kill(pid, sys.SIGTERM) == 0 && killerOf(pid) == sys.SIGTERM;
  }),
);
requirement('kill: a negative number is a group', () => {
  const one = waiter();
  sys.setpgid(one, one);
  const two = waiter();
  sys.setpgid(two, one);
  return sys.kill(-one, sys.SIGUSR1) == 0 && killerOf(one) == sys.SIGUSR1 && killerOf(two) == sys.SIGUSR1;
});
requirement('kill: 0 is the own group', () => {
  const pid = child(() => {
    sys.setpgid(0, 0);
    handle(sys.SIGUSR1);
    const inner = waiter();
    byDefault(sys.SIGUSR1);
    ignore(sys.SIGUSR2);
    pauseFor(20);
    sys.kill(0, sys.SIGUSR2);
    sys.kill(inner, sys.SIGKILL);
    return 0;
  });
  return exitOf(pid) == 0;
});
requirement('kill: to the caller itself, it is delivered before kill returns', () => {
  handle(sys.SIGUSR1);
  sys.kill(sys.getpid(), sys.SIGUSR1);
  return arrivals[sys.SIGUSR1] == 1;
});
requirement('kill: SIGCONT may go to anybody of the session', () => {
  const pid = waiter();
  return (
    inChild(() => true) &&
    exitOf(
      child(() => {
        sys.setuid(1000);
        return sys.kill(sys.getppid(), sys.SIGCONT) == 0 ? 0 : 1;
      }),
    ) == 0 &&
    sys.kill(pid, sys.SIGKILL) == 0
  );
});
