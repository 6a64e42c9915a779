// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about processes: fork, exec, exit, wait, ids, groups, sessions, limits, times. */
import { bit, buffer, child, exitOf, handle, ignore, inChild, killerOf, makeFile, pauseFor } from './harness';
import { readText, requirement, unprivileged, writeText, arrivals, raise } from './harness';
import { become, executeFile, selfPath } from './programs';
import * as sys from './system/system';

let shared: i32 = 0;

// ---- fork

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

// ---- exit and wait

requirement('exit: the status has eight bits', () => exitOf(child(() => 0x1ff)) == 0xff);
requirement('exit: descriptors are closed', () => {
  sys.pipe();
  const pid = child(() => 0);
  sys.close(sys.pipeWrite);
  exitOf(pid);
  return sys.read(sys.pipeRead, buffer, 1) == 0;
});
requirement('exit: children get another parent', () => {
  sys.pipe();
  exitOf(
    child(() => {
      shared = sys.getpid();
      child(() => {
        for (let i = 0; i < 500 && sys.getppid() == shared; i++) pauseFor(2);
        writeText(sys.pipeWrite, sys.getppid() != shared ? 'y' : 'n');
        return 0;
      });
      return 0;
    }),
  );
  return readText(sys.pipeRead) == 'y';
});
requirement('exit: the parent gets SIGCHLD', () => {
  handle(sys.SIGCHLD);
  exitOf(child(() => 0));
  return arrivals[sys.SIGCHLD] == 1;
});
requirement('exit: record locks go', () => {
  makeFile('f', 'abc');
  shared = sys.open('f', sys.O_RDWR);
  exitOf(child(() => <i32>sys.lock(shared, sys.F_SETLK, sys.F_WRLCK, 0, 0)));
  return sys.lock(shared, sys.F_SETLK, sys.F_WRLCK, 0, 0) == 0;
});
requirement('wait: ECHILD without children', () => sys.waitpid(-1, 0) == -sys.ECHILD);
requirement("wait: ECHILD for somebody else's child", () => sys.waitpid(1, 0) == -sys.ECHILD);
requirement('wait: a child is waited for once', () => {
  const pid = child(() => 0);
  return sys.waitpid(pid, 0) == pid && sys.waitpid(pid, 0) == -sys.ECHILD;
});
requirement('wait: the status of exit is told', () => {
  const pid = child(() => 42);
  return sys.waitpid(pid, 0) == pid && sys.newsCode == sys.CLD_EXITED && sys.newsStatus == 42;
});
requirement('wait: a killing signal is told', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGTERM);
  return killerOf(pid) == sys.SIGTERM && sys.newsCode == sys.CLD_KILLED;
});
requirement('wait: WNOHANG gives 0 while a child runs', () => {
  const pid = child(() => <i32>sys.pause());
  return sys.waitpid(pid, sys.WNOHANG) == 0;
});
requirement('wait: any child of the own group is found by 0', () => {
  const pid = child(() => 3);
  return sys.waitpid(0, 0) == pid;
});
requirement('wait: a group is waited for', () => {
  const one = child(() => <i32>sys.pause());
  sys.setpgid(one, one);
  const two = child(() => 0);
  sys.kill(one, sys.SIGKILL);
  return sys.waitpid(-one, 0) == one && exitOf(two) == 0;
});
requirement('wait: WUNTRACED tells of a stop', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGSTOP);
  return sys.waitpid(pid, sys.WUNTRACED) == pid && sys.newsCode == sys.CLD_STOPPED && sys.newsStatus == sys.SIGSTOP;
});
requirement('wait: a stop is told once', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGSTOP);
  return sys.waitpid(pid, sys.WUNTRACED) == pid && sys.waitpid(pid, sys.WUNTRACED | sys.WNOHANG) == 0;
});
requirement('wait: without WUNTRACED a stop is not told', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGSTOP);
  pauseFor(20);
  return sys.waitpid(pid, sys.WNOHANG) == 0;
});
requirement('wait: WCONTINUED tells that a child goes on', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGCONT);
  return sys.waitpid(pid, sys.WCONTINUED) == pid && sys.newsCode == sys.CLD_CONTINUED && sys.newsStatus == sys.SIGCONT;
});
requirement('waitid: WNOWAIT leaves the child to be waited for', () => {
  const pid = child(() => 5);
  return sys.waitid(sys.P_PID, pid, sys.WEXITED | sys.WNOWAIT) == pid && sys.newsStatus == 5 && exitOf(pid) == 5;
});
requirement('waitid: WEXITED alone does not tell of a stop', () => {
  const pid = child(() => <i32>sys.pause());
  sys.kill(pid, sys.SIGSTOP);
  pauseFor(20);
  return sys.waitid(sys.P_PID, pid, sys.WEXITED | sys.WNOHANG) == 0;
});
requirement('waitid: WSTOPPED alone does not tell of an end', () => {
  const pid = child(() => 0);
  pauseFor(20);
  const none = sys.waitid(sys.P_PID, pid, sys.WSTOPPED | sys.WNOHANG);
  return (none == 0 || none == -sys.ECHILD) && exitOf(pid) == 0;
});
requirement('waitid: no option of what to wait for is EINVAL', () => {
  child(() => 0);
  return sys.waitid(sys.P_ALL, 0, sys.WNOHANG) == -sys.EINVAL;
});
requirement('waitid: an unknown kind of id is EINVAL', () => sys.waitid(999, 0, sys.WEXITED) == -sys.EINVAL);
requirement('wait: a handled signal ends the wait with EINTR', () => {
  handle(sys.SIGALRM);
  const pid = child(() => <i32>sys.pause());
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.waitpid(pid, 0) == -sys.EINTR;
});
requirement('wait: SA_RESTART begins the wait anew', () => {
  handle(sys.SIGALRM, sys.SA_RESTART);
  const pid = child(() => {
    pauseFor(60);
    return 6;
  });
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return exitOf(pid) == 6 && arrivals[sys.SIGALRM] == 1;
});
requirement('wait: SIGCHLD ignored leaves no zombies', () => {
  ignore(sys.SIGCHLD);
  child(() => 0);
  return sys.waitpid(-1, 0) == -sys.ECHILD;
});
requirement('wait: SA_NOCLDWAIT leaves no zombies', () => {
  sys.sigaction(sys.SIGCHLD, sys.DEFAULT, sys.SA_NOCLDWAIT, 0);
  child(() => 0);
  return sys.waitpid(-1, 0) == -sys.ECHILD;
});
requirement("wait: the times of the child become the parent's", () => {
  exitOf(
    child(() => {
      // Half a second of work at most, until two ticks are counted.
      for (let i = 0; i < 2000; i++) {
        sys.times(buffer);
        if (load<u64>(buffer) + load<u64>(buffer, 8) >= 2) return 0;
        for (let k = 0; k < 100000; k++) shared += k;
      }
      return 1;
    }),
  );
  sys.times(buffer);
  return load<u64>(buffer, 16) + load<u64>(buffer, 24) >= 2;
});
requirement('wait: a zombie can be signalled, to no effect', () => {
  const pid = child(() => 4);
  pauseFor(20);
  return sys.kill(pid, sys.SIGKILL) == 0 && exitOf(pid) == 4;
});

// ---- exec

requirement("exec: the new program runs with the process's id", () => {
  const pid = child(() => become('pid', sys.getpid().toString()));
  return exitOf(pid) == 0;
});
requirement('exec: the parent stays the parent', () => {
  shared = sys.getpid();
  return exitOf(child(() => become('parent', shared.toString()))) == 0;
});
requirement(
  'exec: arguments arrive as they are',
  () =>
    exitOf(
      child(() => {
        executeFile(selfPath(), [selfPath(), '--argument', 'a b', '', 'c'], []);
        return 98;
      }),
    ) == 0,
);
requirement(
  'exec: the first argument is what the caller says',
  () =>
    exitOf(
      child(() => {
        executeFile(selfPath(), ['another', '--name'], []);
        return 98;
      }),
    ) == 0,
);
requirement(
  'exec: the environment is what the caller gives',
  () =>
    exitOf(
      child(() => {
        executeFile(selfPath(), [selfPath(), '--environment'], ['NAME=value']);
        return 98;
      }),
    ) == 0,
);
requirement(
  'exec: descriptors stay open',
  () =>
    exitOf(
      child(() => {
        makeFile('f');
        return become('descriptor', sys.open('f', sys.O_RDONLY).toString());
      }),
    ) == 0,
);
requirement(
  'exec: FD_CLOEXEC closes a descriptor',
  () =>
    exitOf(
      child(() => {
        makeFile('f');
        const descriptor = sys.open('f', sys.O_RDONLY);
        sys.fcntl(descriptor, sys.F_SETFD, sys.FD_CLOEXEC);
        return become('descriptor', descriptor.toString());
      }),
    ) == 1,
);
requirement(
  'exec: O_CLOEXEC closes a descriptor',
  () =>
    exitOf(
      child(() => {
        makeFile('f');
        return become('descriptor', sys.open('f', sys.O_RDONLY | sys.O_CLOEXEC).toString());
      }),
    ) == 1,
);
requirement(
  'exec: handled signals get their default',
  () =>
    exitOf(
      child(() => {
        handle(sys.SIGUSR1);
        return become('disposition', sys.SIGUSR1.toString());
      }),
    ) == 0,
);
requirement(
  'exec: ignored signals stay ignored',
  () =>
    exitOf(
      child(() => {
        ignore(sys.SIGUSR1);
        return become('disposition', sys.SIGUSR1.toString());
      }),
    ) == 1,
);
requirement(
  'exec: the signal mask stays',
  () =>
    exitOf(
      child(() => {
        sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
        return become('blocked', sys.SIGUSR2.toString());
      }),
    ) == 0,
);
requirement(
  'exec: pending signals stay',
  () =>
    exitOf(
      child(() => {
        sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
        raise(sys.SIGUSR2);
        return become('pending', sys.SIGUSR2.toString());
      }),
    ) == 0,
);
requirement(
  'exec: the alarm goes on',
  () =>
    exitOf(
      child(() => {
        sys.alarm(9);
        return become('alarm');
      }),
    ) == 0,
);
requirement(
  'exec: the process group stays',
  () =>
    exitOf(
      child(() => {
        sys.setpgid(0, 0);
        return become('group', sys.getpid().toString());
      }),
    ) == 0,
);
requirement('exec: the session stays', () => {
  shared = <i32>sys.getsid(0);
  return exitOf(child(() => become('session', shared.toString()))) == 0;
});
requirement(
  'exec: the file mode creation mask stays',
  () =>
    exitOf(
      child(() => {
        sys.umask(0o027);
        return become('umask', (0o027).toString());
      }),
    ) == 0,
);
requirement(
  'exec: the working directory stays',
  () =>
    exitOf(
      child(() => {
        makeFile('here');
        return become('exists', 'here');
      }),
    ) == 0,
);
requirement(
  'exec: the alternate signal stack goes',
  () =>
    exitOf(
      child(() => {
        sys.sigaltstack(<u64>memory.data(16384), 16384, 0);
        return become('altstack');
      }),
    ) == 0,
);
requirement('exec: ENOENT for what is not there', () => executeFile('nothing', ['x'], []) == -sys.ENOENT);
requirement('exec: EACCES without execute permission', () => {
  makeFile('f', 'echo', 0o644);
  return executeFile('./f', ['x'], []) == -sys.EACCES;
});
requirement('exec: EACCES for a directory', () => {
  sys.mkdir('d');
  return executeFile('./d', ['x'], []) == -sys.EACCES;
});
requirement('exec: ENOEXEC for what is no program', () => {
  makeFile('f', 'this is no program', 0o755);
  return executeFile('./f', ['x'], []) == -sys.ENOEXEC;
});
requirement('exec: ENOTDIR where a part of the path is a file', () => {
  makeFile('f', '', 0o755);
  return executeFile('f/x', ['x'], []) == -sys.ENOTDIR;
});
requirement('exec: E2BIG for too many arguments', () => {
  const big = 'x'.repeat(100000);
  const words: string[] = [];
  for (let i = 0; i < 40; i++) words.push(big);
  return executeFile(selfPath(), words, []) == -sys.E2BIG;
});
requirement('exec: EFAULT for arguments that are not there', () => sys.execve(selfPath(), 16, 0) == -sys.EFAULT);
requirement('exec: a failure leaves the process as it was', () => {
  handle(sys.SIGUSR1);
  executeFile('nothing', ['x'], []);
  raise(sys.SIGUSR1);
  return arrivals[sys.SIGUSR1] == 1;
});
requirement(
  'exec: a script is run by its interpreter',
  () =>
    exitOf(
      child(() => {
        makeFile('s', '#!' + selfPath() + ' --count\n', 0o755);
        executeFile('./s', ['./s', 'a'], []);
        return 98;
      }),
    ) == 4,
);
requirement("exec: the set-user-id bit gives the owner's effective id", () => {
  const pid = sys.fork();
  if (!pid) {
    // A copy of this program that belongs to 7.
    const from = sys.open(selfPath(), sys.O_RDONLY);
    const to = sys.open('p', sys.O_WRONLY | sys.O_CREAT, 0o755);
    for (let count = sys.read(from, buffer, 8192); count > 0; count = sys.read(from, buffer, 8192)) sys.write(to, buffer, count);
    sys.close(to);
    sys.chown('p', 7, 7);
    sys.chmod('p', 0o4755);
    sys.setuid(1000);
    executeFile('./p', ['./p', '--ids', '7'], []);
    sys.exit(98);
  }
  return exitOf(pid) == 0;
});

// ---- ids

requirement('getpid: never less than 1', () => sys.getpid() > 0 && sys.getppid() > 0);
requirement('setuid: root becomes somebody for good', () =>
  inChild(() => sys.setuid(1000) == 0 && sys.getuid() == 1000 && sys.geteuid() == 1000 && sys.setuid(0) == -sys.EPERM),
);
requirement('setuid: EPERM for an unprivileged user', () => unprivileged(() => sys.setuid(0) == -sys.EPERM));
requirement('setuid: an unprivileged user may set its own id', () => unprivileged(() => sys.setuid(1000) == 0));
requirement('seteuid: root can come back', () =>
  inChild(
    () => sys.seteuid(1000) == 0 && sys.geteuid() == 1000 && sys.getuid() == 0 && sys.seteuid(0) == 0 && sys.geteuid() == 0,
  ),
);
requirement('seteuid: EPERM for another id', () => unprivileged(() => sys.seteuid(5) == -sys.EPERM));
requirement('setreuid: both ids change', () => inChild(() => sys.setreuid(5, 6) == 0 && sys.getuid() == 5 && sys.geteuid() == 6));
requirement('setreuid: an unprivileged user may exchange its ids', () =>
  inChild(() => sys.setreuid(5, 6) == 0 && sys.setreuid(6, 5) == 0 && sys.getuid() == 6 && sys.geteuid() == 5),
);
requirement('setreuid: -1 leaves an id', () =>
  inChild(() => sys.setreuid(-1, 6) == 0 && sys.getuid() == 0 && sys.geteuid() == 6),
);
requirement('setgid: root becomes somebody for good', () =>
  inChild(() => sys.setgid(100) == 0 && sys.getgid() == 100 && sys.getegid() == 100),
);
requirement('setgid: EPERM for an unprivileged user', () => unprivileged(() => sys.setgid(5) == -sys.EPERM));
requirement('setegid: the effective group alone changes', () =>
  inChild(() => sys.setegid(100) == 0 && sys.getegid() == 100 && sys.getgid() == 0),
);
requirement('setregid: both groups change', () =>
  inChild(() => sys.setregid(5, 6) == 0 && sys.getgid() == 5 && sys.getegid() == 6),
);
requirement('getgroups: size 0 tells how many', () =>
  inChild(() => {
    store<i32>(buffer, 10);
    store<i32>(buffer, 11, 4);
    return sys.setgroups(2, buffer) == 0 && sys.getgroups(0, 0) == 2;
  }),
);
requirement('getgroups: the groups that were set', () =>
  inChild(() => {
    store<i32>(buffer, 10);
    store<i32>(buffer, 11, 4);
    sys.setgroups(2, buffer);
    return sys.getgroups(16, buffer + 64) == 2 && load<i32>(buffer, 64) + load<i32>(buffer, 68) == 21;
  }),
);
requirement('getgroups: EINVAL where the room is too small', () =>
  inChild(() => {
    store<i32>(buffer, 10);
    store<i32>(buffer, 11, 4);
    sys.setgroups(2, buffer);
    return sys.getgroups(1, buffer) == -sys.EINVAL;
  }),
);
requirement('setgroups: EPERM for an unprivileged user', () => unprivileged(() => sys.setgroups(0, buffer) == -sys.EPERM));

// ---- groups and sessions

requirement(
  'setpgid: a process makes a group of its own',
  () => exitOf(child(() => (sys.setpgid(0, 0) == 0 && sys.getpgrp() == sys.getpid() ? 0 : 1))) == 0,
);
requirement('setpgid: a child is moved into a group of its own', () => {
  const pid = child(() => <i32>sys.pause());
  return sys.setpgid(pid, 0) == 0 && sys.getpgid(pid) == pid;
});
requirement('setpgid: a child is moved into an existing group', () => {
  const one = child(() => <i32>sys.pause());
  sys.setpgid(one, one);
  const two = child(() => <i32>sys.pause());
  const moved = sys.setpgid(two, one) == 0 && sys.getpgid(two) == one;
  sys.kill(-one, sys.SIGKILL);
  return moved;
});
requirement('setpgid: EPERM for a group that is not there', () => {
  const pid = child(() => <i32>sys.pause());
  return sys.setpgid(pid, 29999) == -sys.EPERM;
});
requirement('setpgid: ESRCH for who is no child', () => sys.setpgid(1, 0) == -sys.ESRCH);
requirement('setpgid: EINVAL for a negative group', () => sys.setpgid(0, -5) == -sys.EINVAL);
requirement('setpgid: EACCES for a child that has executed', () => {
  sys.pipe();
  sys.fcntl(sys.pipeWrite, sys.F_SETFD, sys.FD_CLOEXEC);
  const pid = child(() => become('wait'));
  sys.close(sys.pipeWrite);
  // The write side is closed once it has.
  sys.read(sys.pipeRead, buffer, 1);
  return sys.setpgid(pid, pid) == -sys.EACCES;
});
requirement(
  'setpgid: EPERM for a leader of a session',
  () =>
    exitOf(
      child(() => {
        sys.setsid();
        return sys.setpgid(0, 0) == -sys.EPERM ? 0 : 1;
      }),
    ) == 0,
);
requirement('setpgid: EPERM for a child in another session', () => {
  sys.pipe();
  const pid = child(() => {
    sys.setsid();
    writeText(sys.pipeWrite, 'x');
    return <i32>sys.pause();
  });
  sys.read(sys.pipeRead, buffer, 1);
  return sys.setpgid(pid, sys.getpgrp()) == -sys.EPERM;
});
requirement('getpgid: 0 is the caller', () => sys.getpgid(0) == sys.getpgrp());
requirement('getpgid: ESRCH for a process that is not there', () => sys.getpgid(29999) == -sys.ESRCH);
requirement(
  'setsid: the caller leads a session and a group',
  () =>
    exitOf(
      child(() => {
        const session = sys.setsid();
        const pid = sys.getpid();
        return session == pid && sys.getpgrp() == pid && sys.getsid(0) == pid ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'setsid: EPERM for the leader of a group',
  () =>
    exitOf(
      child(() => {
        sys.setpgid(0, 0);
        return sys.setsid() == -sys.EPERM ? 0 : 1;
      }),
    ) == 0,
);
requirement('getsid: ESRCH for a process that is not there', () => sys.getsid(29999) == -sys.ESRCH);
requirement('getsid: children are in the session', () => {
  shared = <i32>sys.getsid(0);
  return exitOf(child(() => (sys.getsid(0) == shared ? 0 : 1))) == 0;
});

// ---- limits, nice, times

requirement('umask: the old mask is given', () => {
  sys.umask(0o027);
  return sys.umask(0) == 0o027;
});
requirement('umask: only the permission bits count', () => {
  sys.umask(0o7777);
  return sys.umask(0) == 0o777;
});
requirement('nice: the value is added', () => inChild(() => sys.nice(0) == 1000 && sys.nice(5) == 1005 && sys.nice(2) == 1007));
requirement('nice: it ends at the greatest value', () => inChild(() => sys.nice(100) == 1019));
requirement('nice: EPERM for less, unprivileged', () => unprivileged(() => sys.nice(-1) == -sys.EPERM));
requirement('setrlimit: the soft limit can be lowered and raised again', () =>
  inChild(() => {
    sys.getrlimit(sys.RLIMIT_NOFILE, buffer);
    store<u64>(buffer, 30);
    const lowered = sys.setrlimit(sys.RLIMIT_NOFILE, buffer) == 0;
    store<u64>(buffer, 60);
    return lowered && sys.setrlimit(sys.RLIMIT_NOFILE, buffer) == 0;
  }),
);
requirement('setrlimit: EINVAL for a soft limit above the hard one', () =>
  inChild(() => {
    store<u64>(buffer, 60);
    store<u64>(buffer, 50, 8);
    return sys.setrlimit(sys.RLIMIT_NOFILE, buffer) == -sys.EINVAL;
  }),
);
requirement('setrlimit: EPERM for a higher hard limit, unprivileged', () =>
  unprivileged(() => {
    store<u64>(buffer, 50);
    store<u64>(buffer, 50, 8);
    sys.setrlimit(sys.RLIMIT_NOFILE, buffer);
    store<u64>(buffer, 51, 8);
    return sys.setrlimit(sys.RLIMIT_NOFILE, buffer) == -sys.EPERM;
  }),
);
requirement('getrlimit: EINVAL for what is no resource', () => sys.getrlimit(999, buffer) == -sys.EINVAL);
requirement('RLIMIT_NOFILE: EMFILE beyond', () =>
  inChild(() => {
    makeFile('f');
    store<u64>(buffer, 10);
    store<u64>(buffer, 10, 8);
    sys.setrlimit(sys.RLIMIT_NOFILE, buffer);
    for (let i = 0; i < 10; i++) {
      const descriptor = sys.open('f', sys.O_RDONLY);
      if (descriptor < 0) return descriptor == -sys.EMFILE;
      if (descriptor >= 10) return false;
    }
    return false;
  }),
);
requirement('RLIMIT_FSIZE: EFBIG and SIGXFSZ beyond', () =>
  inChild(() => {
    handle(sys.SIGXFSZ);
    store<u64>(buffer, 100);
    store<u64>(buffer, 100, 8);
    sys.setrlimit(sys.RLIMIT_FSIZE, buffer);
    const descriptor = sys.open('f', sys.O_WRONLY | sys.O_CREAT);
    sys.lseek(descriptor, 100, 0);
    return sys.write(descriptor, buffer, 1) == -sys.EFBIG && arrivals[sys.SIGXFSZ] == 1;
  }),
);
requirement('RLIMIT_FSIZE: what fits is written', () =>
  inChild(() => {
    ignore(sys.SIGXFSZ);
    store<u64>(buffer, 100);
    store<u64>(buffer, 100, 8);
    sys.setrlimit(sys.RLIMIT_FSIZE, buffer);
    return sys.write(sys.open('f', sys.O_WRONLY | sys.O_CREAT), buffer, 150) == 100;
  }),
);
requirement('RLIMIT_CPU: SIGXCPU when it is used up', () => {
  const pid = child(() => {
    store<u64>(buffer, 1);
    store<u64>(buffer, 5, 8);
    sys.setrlimit(sys.RLIMIT_CPU, buffer);
    while (true) shared++;
    return 0;
  });
  return killerOf(pid) == sys.SIGXCPU;
});
requirement('RLIMIT_AS: ENOMEM beyond', () =>
  inChild(() => {
    store<u64>(buffer, 1 << 30);
    store<u64>(buffer, 1 << 30, 8);
    sys.setrlimit(sys.RLIMIT_AS, buffer);
    return sys.mmap(0, (<u64>1) << 31, 3, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0) == -sys.ENOMEM;
  }),
);
requirement('times: real time goes on', () => {
  const before = sys.times(buffer);
  pauseFor(60);
  const passed = sys.times(buffer) - before;
  return passed >= 5 && passed < 100;
});
requirement('times: EFAULT for what is not there', () => sys.times(16) == -sys.EFAULT);

// ---- clocks

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
