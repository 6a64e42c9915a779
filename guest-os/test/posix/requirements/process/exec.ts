// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about exec: what stays of the process, and what is refused. */
import { arrivals, bit, buffer, child, exitOf, handle, ignore, makeFile, raise, requirement } from '../../harness';
import { become, executeFile, selfPath } from '../../programs';
import * as sys from '../../system/system';

let shared: i32 = 0;

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
