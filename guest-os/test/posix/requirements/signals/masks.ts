// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about blocked and pending signals, and sigsuspend. */
import {
  ALL,
  arrivals,
  bit,
  buffer,
  child,
  handle,
  ignore,
  pauseFor,
  raise,
  readText,
  requirement,
  whenSignalled,
  writeText,
} from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

requirement('sigprocmask: a blocked signal waits', () => {
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  const before = arrivals[sys.SIGUSR1];
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return before == 0 && arrivals[sys.SIGUSR1] == 1;
});
requirement('sigprocmask: a signal that comes twice while blocked is delivered once', () => {
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  raise(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return arrivals[sys.SIGUSR1] == 1;
});
requirement('sigprocmask: SIG_SETMASK replaces, SIG_BLOCK adds, SIG_UNBLOCK takes away', () => {
  sys.sigprocmask(sys.SIG_SETMASK, bit(sys.SIGUSR1));
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
  const both = sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return both == (bit(sys.SIGUSR1) | bit(sys.SIGUSR2)) && sys.sigprocmask(sys.SIG_BLOCK, 0) == bit(sys.SIGUSR2);
});
requirement('sigprocmask: SIGKILL and SIGSTOP cannot be blocked', () => {
  sys.sigprocmask(sys.SIG_BLOCK, ALL);
  return (sys.sigprocmask(sys.SIG_BLOCK, 0) & (bit(sys.SIGKILL) | bit(sys.SIGSTOP))) == 0;
});
requirement('sigprocmask: EINVAL for an unknown way', () => sys.sigprocmaskResult(99, 0) == -sys.EINVAL);
requirement('sigpending: says what waits', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1) | bit(sys.SIGUSR2));
  raise(sys.SIGUSR2);
  return sys.sigpending() == bit(sys.SIGUSR2);
});
requirement('sigpending: nothing once it is delivered', () => {
  handle(sys.SIGUSR2);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
  raise(sys.SIGUSR2);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR2));
  return sys.sigpending() == 0;
});
requirement('sigpending: an ignored signal that is blocked may wait, and is then nothing', () => {
  ignore(sys.SIGUSR2);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR2));
  raise(sys.SIGUSR2);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR2));
  return sys.sigpending() == 0;
});
requirement('sigsuspend: waits with another mask and brings the old one back', () => {
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_SETMASK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  return sys.sigsuspend(0) == -sys.EINTR && arrivals[sys.SIGUSR1] == 1 && sys.sigprocmask(sys.SIG_BLOCK, 0) == bit(sys.SIGUSR1);
});
requirement('sigsuspend: during the handler the mask is that of sigsuspend', () => {
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_SETMASK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  whenSignalled((signal) => {
    shared = sys.sigprocmask(sys.SIG_BLOCK, 0) == (bit(sys.SIGUSR2) | bit(sys.SIGUSR1)) ? 1 : 0;
  });
  sys.sigsuspend(bit(sys.SIGUSR2));
  return shared == 1;
});
requirement('pause: EINTR when a handler has run', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.pause() == -sys.EINTR && arrivals[sys.SIGALRM] == 1;
});
requirement('pause: SA_RESTART does not begin it anew', () => {
  handle(sys.SIGALRM, sys.SA_RESTART);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.pause() == -sys.EINTR;
});
requirement('read: a handler ends it with EINTR', () => {
  handle(sys.SIGALRM);
  sys.pipe();
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.read(sys.pipeRead, buffer, 1) == -sys.EINTR;
});
requirement('read: SA_RESTART begins it anew', () => {
  handle(sys.SIGALRM, sys.SA_RESTART);
  sys.pipe();
  child(() => {
    pauseFor(60);
    return <i32>writeText(sys.pipeWrite, 'x');
  });
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return readText(sys.pipeRead) == 'x' && arrivals[sys.SIGALRM] == 1;
});
