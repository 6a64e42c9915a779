// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about fork: what the child has of its parent, and what not. */
import { arrivals, bit, buffer, child, exitOf, handle, makeFile, raise, readText, requirement, writeText } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

requirement('fork: the child gets 0, the parent the id of the child', () => {
  const parent = sys.getpid();
  const pid = sys.fork();
  if (!pid) sys.exit(sys.getppid() == parent ? 0 : 1);
  return pid > 0 && exitOf(pid) == 0;
});
requirement('fork: the child has an id of its own', () => {
  shared = sys.getpid();
  return exitOf(child(() => (sys.getpid() != shared ? 0 : 1))) == 0;
});
requirement(
  'fork: no process group has the id of the child',
  () => exitOf(child(() => (sys.getpgrp() != sys.getpid() ? 0 : 1))) == 0,
);
requirement('fork: the memory of the child is a copy', () => {
  shared = 1;
  exitOf(child(() => (shared = 2)));
  return shared == 1;
});
requirement('fork: what the parent changes later, the child does not see', () => {
  sys.pipe();
  shared = 1;
  const pid = child(() => {
    sys.read(sys.pipeRead, buffer, 1);
    return shared;
  });
  shared = 7;
  writeText(sys.pipeWrite, 'x');
  return exitOf(pid) == 1;
});
requirement('fork: descriptors are copied and refer to the same open file', () => {
  makeFile('f', 'abcdef');
  shared = sys.open('f', sys.O_RDONLY);
  exitOf(child(() => <i32>sys.read(shared, buffer, 2)));
  return sys.lseek(shared, 0, 1) == 2;
});
requirement('fork: closing in the child leaves the descriptor of the parent', () => {
  makeFile('f', 'abc');
  shared = sys.open('f', sys.O_RDONLY);
  exitOf(child(() => <i32>sys.close(shared)));
  return readText(shared) == 'abc';
});
requirement(
  'fork: the times of the child begin at 0',
  () =>
    exitOf(
      child(() => {
        sys.times(buffer);
        return load<u64>(buffer, 16) == 0 && load<u64>(buffer, 24) == 0 ? 0 : 1;
      }),
    ) == 0,
);
requirement('fork: an alarm is not inherited', () => {
  sys.alarm(9);
  return exitOf(child(() => <i32>sys.alarm(0))) == 0;
});
requirement('fork: pending signals are not inherited', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  return exitOf(child(() => (sys.sigpending() & bit(sys.SIGUSR1) ? 1 : 0))) == 0;
});
requirement('fork: the signal mask is inherited', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
  return exitOf(child(() => (sys.sigprocmask(sys.SIG_BLOCK, 0) & bit(sys.SIGUSR2) ? 0 : 1))) == 0;
});
requirement('fork: signal handlers are inherited', () => {
  handle(sys.SIGUSR1);
  return (
    exitOf(
      child(() => {
        raise(sys.SIGUSR1);
        return arrivals[sys.SIGUSR1];
      }),
    ) == 1
  );
});
requirement('fork: interval timers are not inherited', () => {
  sys.setitimer(sys.ITIMER_REAL, 9000000, 0);
  return (
    exitOf(
      child(() => {
        sys.getitimer(sys.ITIMER_REAL);
        return sys.timerLeft ? 1 : 0;
      }),
    ) == 0
  );
});
requirement('fork: timers of timer_create are not inherited', () => {
  shared = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGALRM, 0);
  const pid = sys.fork();
  if (!pid) sys.exit(sys.timer_gettime(shared) == -sys.EINVAL ? 0 : 1);
  return shared >= 0 && exitOf(pid) == 0;
});
requirement('fork: record locks are not inherited', () => {
  makeFile('f', 'abc');
  shared = sys.open('f', sys.O_RDWR);
  sys.lock(shared, sys.F_SETLK, sys.F_WRLCK, 0, 0);
  return (
    exitOf(
      child(() => {
        const error = sys.lock(shared, sys.F_SETLK, sys.F_WRLCK, 0, 0);
        return error == -sys.EAGAIN || error == -sys.EACCES ? 0 : 1;
      }),
    ) == 0
  );
});
requirement('fork: the file mode creation mask is inherited', () => {
  sys.umask(0o077);
  return exitOf(child(() => (sys.umask(0) == 0o077 ? 0 : 1))) == 0;
});
requirement('fork: the working directory is inherited', () => {
  sys.mkdir('d');
  sys.chdir('d');
  makeFile('here');
  return exitOf(child(() => (sys.stat('here') >= 0 ? 0 : 1))) == 0;
});
requirement('fork: the nice value is inherited', () => {
  sys.nice(3);
  return exitOf(child(() => <i32>(sys.nice(0) - 1000))) == 3;
});
requirement('fork: limits are inherited', () => {
  store<u64>(buffer, 40);
  store<u64>(buffer, 40, 8);
  sys.setrlimit(sys.RLIMIT_NOFILE, buffer);
  return (
    exitOf(
      child(() => {
        sys.getrlimit(sys.RLIMIT_NOFILE, buffer);
        return <i32>load<u64>(buffer);
      }),
    ) == 40
  );
});
