// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about limits of a process, its mask for new files, nice value and times. */
import {
  arrivals,
  buffer,
  child,
  handle,
  ignore,
  inChild,
  killerOf,
  makeFile,
  pauseFor,
  requirement,
  unprivileged,
} from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

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
