// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about sigaction and its flags, and about handlers. */
import { store8 } from 'machine/mem';
import {
  ALL,
  arrivals,
  arrived,
  bit,
  byDefault,
  child,
  exitOf,
  handle,
  ignore,
  killerOf,
  order,
  raise,
  requirement,
  soon,
  waiter,
  whenSignalled,
} from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

requirement("sigaction: the handler gets the signal's number", () => {
  handle(sys.SIGUSR2);
  raise(sys.SIGUSR2);
  return arrived == 1 && order[0] == sys.SIGUSR2;
});
requirement('sigaction: a handler stays installed', () => {
  handle(sys.SIGUSR1);
  raise(sys.SIGUSR1);
  raise(sys.SIGUSR1);
  return arrivals[sys.SIGUSR1] == 2;
});
requirement('sigaction: the old action is given', () => {
  handle(sys.SIGUSR1, sys.SA_RESTART, bit(sys.SIGUSR2));
  sys.sigaction(sys.SIGUSR1, sys.DEFAULT, 0, 0);
  return sys.oldHandler == sys.HANDLER() && (sys.oldFlags & sys.SA_RESTART) != 0 && sys.oldMask == bit(sys.SIGUSR2);
});
requirement('sigaction: without a new action it only asks', () => {
  ignore(sys.SIGUSR1);
  sys.sigactionQuery(sys.SIGUSR1);
  const first = sys.oldHandler;
  sys.sigactionQuery(sys.SIGUSR1);
  return first == sys.IGNORE && sys.oldHandler == sys.IGNORE;
});
requirement('sigaction: EINVAL for SIGKILL', () => sys.sigaction(sys.SIGKILL, sys.HANDLER(), 0, 0) == -sys.EINVAL);
requirement('sigaction: EINVAL for SIGSTOP', () => sys.sigaction(sys.SIGSTOP, sys.IGNORE, 0, 0) == -sys.EINVAL);
requirement('sigaction: EINVAL for what is no signal', () => sys.sigaction(sys.NO_SIGNAL, sys.IGNORE, 0, 0) == -sys.EINVAL);
requirement(
  'sigaction: asking about SIGKILL is allowed',
  () => sys.sigactionQuery(sys.SIGKILL) == 0 && sys.oldHandler == sys.DEFAULT,
);
requirement('sigaction: an ignored signal does nothing', () => {
  ignore(sys.SIGTERM);
  raise(sys.SIGTERM);
  return true;
});
requirement('sigaction: ignoring a pending signal discards it', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  raise(sys.SIGUSR1);
  ignore(sys.SIGUSR1);
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return arrivals[sys.SIGUSR1] == 0;
});
requirement('sigaction: the default of a pending SIGCHLD discards it', () => {
  handle(sys.SIGCHLD);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGCHLD));
  raise(sys.SIGCHLD);
  byDefault(sys.SIGCHLD);
  return (sys.sigpending() & bit(sys.SIGCHLD)) == 0;
});
requirement(
  'SA_RESETHAND: the second signal gets the default',
  () =>
    killerOf(
      child(() => {
        handle(sys.SIGUSR1, sys.SA_RESETHAND);
        raise(sys.SIGUSR1);
        if (arrivals[sys.SIGUSR1] != 1) return 1;
        raise(sys.SIGUSR1);
        return 0;
      }),
    ) == sys.SIGUSR1,
);
requirement('sa_mask: those signals wait until the handler ends', () => {
  handle(sys.SIGUSR1, 0, bit(sys.SIGUSR2));
  handle(sys.SIGUSR2);
  whenSignalled((signal) => {
    if (signal != sys.SIGUSR1) return;
    raise(sys.SIGUSR2);
    shared = arrivals[sys.SIGUSR2];
  });
  shared = -1;
  raise(sys.SIGUSR1);
  return shared == 0 && arrivals[sys.SIGUSR2] == 1;
});
requirement('sigaction: the signal itself waits until its handler ends', () => {
  handle(sys.SIGUSR1);
  whenSignalled((signal) => {
    if (arrivals[signal] > 1) return;
    raise(signal);
    shared = arrivals[signal];
  });
  raise(sys.SIGUSR1);
  return shared == 1 && arrivals[sys.SIGUSR1] == 2;
});
requirement('SA_NODEFER: the signal itself comes at once', () => {
  handle(sys.SIGUSR1, sys.SA_NODEFER);
  whenSignalled((signal) => {
    if (arrivals[signal] > 1) return;
    raise(signal);
    shared = arrivals[signal];
  });
  raise(sys.SIGUSR1);
  return shared == 2;
});
requirement('sigaction: the mask is as before when the handler has ended', () => {
  handle(sys.SIGUSR1, 0, ALL);
  raise(sys.SIGUSR1);
  return sys.sigprocmask(sys.SIG_BLOCK, 0) == 0;
});
requirement('SA_SIGINFO: who sent it', () => {
  handle(sys.SIGUSR1, sys.SA_SIGINFO);
  raise(sys.SIGUSR1);
  return sys.infoSignal == sys.SIGUSR1 && sys.infoCode == sys.SI_USER && sys.infoPid == sys.getpid() && sys.infoUid == 0;
});
requirement('SA_SIGINFO: the end of a child', () => {
  handle(sys.SIGCHLD, sys.SA_SIGINFO);
  const pid = child(() => 9);
  soon(() => arrivals[sys.SIGCHLD] > 0);
  return sys.infoPid == pid && sys.infoCode == sys.CLD_EXITED && sys.infoStatus == 9;
});
requirement('SA_SIGINFO: the killing of a child', () => {
  handle(sys.SIGCHLD, sys.SA_SIGINFO);
  const pid = waiter();
  sys.kill(pid, sys.SIGKILL);
  soon(() => arrivals[sys.SIGCHLD] > 0);
  return sys.infoPid == pid && sys.infoCode == sys.CLD_KILLED && sys.infoStatus == sys.SIGKILL;
});
requirement(
  'SA_SIGINFO: the address of a fault where nothing is mapped',
  () =>
    exitOf(
      child(() => {
        handle(sys.SIGSEGV, sys.SA_SIGINFO);
        whenSignalled((signal) => sys.exit(sys.infoAddress == 0x7000000123 && sys.infoCode == sys.SEGV_MAPERR ? 0 : 1));
        store8(0x7000000123, 1);
        return 2;
      }),
    ) == 0,
);
requirement(
  'SA_SIGINFO: the address of a write to what may only be read',
  () =>
    exitOf(
      child(() => {
        const at = <u64>sys.mmap(0, 4096, 1, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0);
        handle(sys.SIGSEGV, sys.SA_SIGINFO);
        shared = <i32>(at >> 12);
        whenSignalled((signal) => sys.exit(<i32>(sys.infoAddress >> 12) == shared && sys.infoCode == sys.SEGV_ACCERR ? 0 : 1));
        store8(at + 5, 1);
        return 2;
      }),
    ) == 0,
);
requirement(
  'SIGSEGV: comes though it is blocked',
  () =>
    killerOf(
      child(() => {
        sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGSEGV));
        store8(0x7000000000, 1);
        return 0;
      }),
    ) == sys.SIGSEGV,
);
requirement(
  'SIGSEGV: comes though it is ignored',
  () =>
    killerOf(
      child(() => {
        ignore(sys.SIGSEGV);
        store8(0x7000000000, 1);
        return 0;
      }),
    ) == sys.SIGSEGV,
);
requirement(
  'SIGFPE: division by zero',
  () =>
    killerOf(
      child(() => {
        shared = 0;
        return 5 / shared;
      }),
    ) == sys.SIGFPE,
);
requirement('SA_NOCLDSTOP: no SIGCHLD for a stop', () => {
  handle(sys.SIGCHLD, sys.SA_NOCLDSTOP);
  const pid = waiter();
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  const none = arrivals[sys.SIGCHLD] == 0;
  sys.kill(pid, sys.SIGKILL);
  return none;
});
requirement('SIGCHLD: comes for a stop', () => {
  handle(sys.SIGCHLD);
  const pid = waiter();
  sys.kill(pid, sys.SIGSTOP);
  return soon(() => arrivals[sys.SIGCHLD] == 1) && sys.kill(pid, sys.SIGKILL) == 0;
});
