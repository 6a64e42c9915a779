// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about signals: sending, actions, masks, waiting, alternate stacks, timers, stop and continue. */
import { store8 } from 'machine/mem';
import {
  arrivals,
  arrived,
  bit,
  buffer,
  byDefault,
  child,
  exitOf,
  handle,
  handlerStack,
  ignore,
  inChild,
  killerOf,
} from './harness';
import { order, pauseFor, raise, readText, requirement, soon, unprivileged, whenSignalled, writeText } from './harness';
import * as sys from './system/system';

let shared: i32 = 0;
const stack = memory.data(32768, 16);
const ALL: u64 = ~(<u64>0);

/** A child that waits until it is signalled. */
function waiter(): i32 {
  return child(() => <i32>sys.pause());
}

// ---- sending

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

// ---- defaults

function defaultKills(signal: i32): bool {
  shared = signal;
  return (
    killerOf(
      child(() => {
        byDefault(shared);
        raise(shared);
        return 0;
      }),
    ) == signal
  );
}
function defaultIgnores(signal: i32): bool {
  shared = signal;
  return (
    exitOf(
      child(() => {
        byDefault(shared);
        raise(shared);
        return 0;
      }),
    ) == 0
  );
}
function defaultStops(signal: i32): bool {
  shared = signal;
  const pid = child(() => {
    // In a group with a parent outside, so that it is no orphan.
    byDefault(shared);
    raise(shared);
    return 0;
  });
  sys.setpgid(pid, pid);
  const stopped = sys.waitpid(pid, sys.WUNTRACED) == pid && sys.newsCode == sys.CLD_STOPPED && sys.newsStatus == signal;
  sys.kill(pid, sys.SIGCONT);
  return stopped && exitOf(pid) == 0;
}
requirement('default: SIGHUP ends', () => defaultKills(sys.SIGHUP));
requirement('default: SIGINT ends', () => defaultKills(sys.SIGINT));
requirement('default: SIGQUIT ends', () => defaultKills(sys.SIGQUIT));
requirement('default: SIGILL ends', () => defaultKills(sys.SIGILL));
requirement('default: SIGTRAP ends', () => defaultKills(sys.SIGTRAP));
requirement('default: SIGABRT ends', () => defaultKills(sys.SIGABRT));
requirement('default: SIGFPE ends', () => defaultKills(sys.SIGFPE));
requirement('default: SIGKILL ends', () => defaultKills(sys.SIGKILL));
requirement('default: SIGBUS ends', () => defaultKills(sys.SIGBUS));
requirement('default: SIGSEGV ends', () => defaultKills(sys.SIGSEGV));
requirement('default: SIGPIPE ends', () => defaultKills(sys.SIGPIPE));
requirement('default: SIGALRM ends', () => defaultKills(sys.SIGALRM));
requirement('default: SIGTERM ends', () => defaultKills(sys.SIGTERM));
requirement('default: SIGUSR1 ends', () => defaultKills(sys.SIGUSR1));
requirement('default: SIGUSR2 ends', () => defaultKills(sys.SIGUSR2));
requirement('default: SIGVTALRM ends', () => defaultKills(sys.SIGVTALRM));
requirement('default: SIGPROF ends', () => defaultKills(sys.SIGPROF));
requirement('default: SIGXCPU ends', () => defaultKills(sys.SIGXCPU));
requirement('default: SIGXFSZ ends', () => defaultKills(sys.SIGXFSZ));
requirement('default: a realtime signal ends', () => defaultKills(sys.SIGRTMIN));
requirement('default: SIGCHLD is ignored', () => defaultIgnores(sys.SIGCHLD));
requirement('default: SIGURG is ignored', () => defaultIgnores(sys.SIGURG));
requirement('default: SIGCONT is ignored by who runs', () => defaultIgnores(sys.SIGCONT));
requirement('default: SIGSTOP stops', () => defaultStops(sys.SIGSTOP));
requirement('default: SIGTSTP stops', () => defaultStops(sys.SIGTSTP));
requirement('default: SIGTTIN stops', () => defaultStops(sys.SIGTTIN));
requirement('default: SIGTTOU stops', () => defaultStops(sys.SIGTTOU));

// ---- actions

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

// ---- masks

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

// ---- sigwait, queued signals

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

// ---- alternate stacks

requirement('sigaltstack: handlers with SA_ONSTACK run there', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1, sys.SA_ONSTACK);
  raise(sys.SIGUSR1);
  return handlerStack >= <u64>stack && handlerStack < <u64>stack + 32768;
});
requirement('sigaltstack: handlers without SA_ONSTACK do not', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1);
  raise(sys.SIGUSR1);
  return handlerStack < <u64>stack || handlerStack >= <u64>stack + 32768;
});
requirement('sigaltstack: the old one is given', () => {
  sys.sigaltstack(stack, 32768, 0);
  return sys.sigaltstack(0, 0, sys.SS_DISABLE) == 0 && sys.oldStack == <u64>stack;
});
requirement('sigaltstack: disabled at first', () => sys.sigaltstackQuery() == 0 && (sys.oldStackFlags & sys.SS_DISABLE) != 0);
requirement('sigaltstack: ENOMEM for one that is too small', () => sys.sigaltstack(stack, 100, 0) == -sys.ENOMEM);
requirement('sigaltstack: EINVAL for unknown flags', () => sys.sigaltstack(stack, 32768, 0x100) == -sys.EINVAL);
requirement('sigaltstack: SS_ONSTACK while a handler runs there, and EPERM to change it', () => {
  sys.sigaltstack(stack, 32768, 0);
  handle(sys.SIGUSR1, sys.SA_ONSTACK);
  whenSignalled((signal) => {
    sys.sigaltstackQuery();
    shared = (sys.oldStackFlags & sys.SS_ONSTACK) != 0 && sys.sigaltstack(0, 0, sys.SS_DISABLE) == -sys.EPERM ? 1 : 0;
  });
  raise(sys.SIGUSR1);
  return shared == 1;
});
requirement(
  'sigaltstack: a stack overflow can be handled there',
  () =>
    exitOf(
      child(() => {
        sys.sigaltstack(stack, 32768, 0);
        handle(sys.SIGSEGV, sys.SA_ONSTACK);
        whenSignalled((signal) => sys.exit(0));
        return overflow(1);
      }),
    ) == 0,
);
function overflow(n: i32): i32 {
  return n + overflow(n + 1) * overflow(n + 2);
}

// ---- timers

requirement('alarm: the seconds left are given', () => sys.alarm(20) == 10 && sys.alarm(0) == 20 && sys.alarm(0) == 0);
requirement('alarm: SIGALRM after that time', () => {
  handle(sys.SIGALRM);
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  sys.alarm(1);
  sys.pause();
  return arrivals[sys.SIGALRM] == 1 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 990000000;
});
requirement('setitimer: goes off again and again', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 10000, 10000);
  return soon(() => arrivals[sys.SIGALRM] >= 3);
});
requirement('setitimer: once without an interval', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 10000, 0);
  pauseFor(40);
  pauseFor(20);
  return arrivals[sys.SIGALRM] == 1;
});
requirement('setitimer: 0 stops it', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  sys.setitimer(sys.ITIMER_REAL, 0, 0);
  pauseFor(40);
  return arrivals[sys.SIGALRM] == 0;
});
requirement('getitimer: what is left, and the interval', () => {
  sys.setitimer(sys.ITIMER_REAL, 5000000, 7000000);
  sys.getitimer(sys.ITIMER_REAL);
  return sys.timerLeft > 4000000 && sys.timerLeft <= 5000000 && sys.timerInterval == 7000000;
});
requirement('setitimer: EINVAL for what is no timer', () => sys.setitimer(9, 1000, 0) == -sys.EINVAL);
requirement('setitimer: EINVAL for a million microseconds', () => sys.setitimerRaw(sys.ITIMER_REAL, 0, 1000000) == -sys.EINVAL);
requirement('setitimer: alarm and ITIMER_REAL are one', () => {
  sys.alarm(9);
  sys.getitimer(sys.ITIMER_REAL);
  return sys.timerLeft > 8000000;
});
requirement('setitimer: ITIMER_VIRTUAL counts user time', () => {
  handle(sys.SIGVTALRM);
  sys.setitimer(sys.ITIMER_VIRTUAL, 20000, 0);
  pauseFor(50);
  const asleep = arrivals[sys.SIGVTALRM];
  for (let i = 0; i < 4000 && !arrivals[sys.SIGVTALRM]; i++) for (let k = 0; k < 100000; k++) shared += k;
  return asleep == 0 && arrivals[sys.SIGVTALRM] == 1;
});
requirement('setitimer: ITIMER_PROF counts processor time', () => {
  handle(sys.SIGPROF);
  sys.setitimer(sys.ITIMER_PROF, 20000, 0);
  for (let i = 0; i < 4000 && !arrivals[sys.SIGPROF]; i++) for (let k = 0; k < 100000; k++) shared += k;
  return arrivals[sys.SIGPROF] == 1;
});
requirement('timer_create: the signal and its value', () => {
  handle(sys.SIGUSR1, sys.SA_SIGINFO);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 77);
  sys.timer_settime(timer, 0, 10000000, 0);
  return timer >= 0 && soon(() => arrivals[sys.SIGUSR1] == 1) && sys.infoValue == 77 && sys.infoCode == sys.SI_TIMER;
});
requirement('timer_settime: goes off again and again', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_MONOTONIC, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 10000000, 10000000);
  return soon(() => arrivals[sys.SIGUSR1] >= 3);
});
requirement('timer_settime: an absolute time', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, sys.TIMER_ABSTIME, sys.clockTime(sys.CLOCK_REALTIME) + 20000000, 0);
  return soon(() => arrivals[sys.SIGUSR1] == 1);
});
requirement('timer_settime: an absolute time that has passed goes off at once', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, sys.TIMER_ABSTIME, 1000000000, 0);
  return soon(() => arrivals[sys.SIGUSR1] == 1);
});
requirement('timer_gettime: what is left', () => {
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 5000000000, 3000000000);
  sys.timer_gettime(timer);
  return sys.timerLeft > 4000000000 && sys.timerLeft <= 5000000000 && sys.timerInterval == 3000000000;
});
requirement('timer_getoverrun: expirations while the signal waits', () => {
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 5000000, 5000000);
  pauseFor(60);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return arrivals[sys.SIGUSR1] == 1 && sys.timer_getoverrun(timer) >= 3;
});
requirement('timer_delete: then it is EINVAL', () => {
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  return sys.timer_delete(timer) == 0 && sys.timer_gettime(timer) == -sys.EINVAL;
});
requirement('timer_create: EINVAL for what is no clock', () => sys.timer_create(12345, sys.SIGUSR1, 0) == -sys.EINVAL);

// ---- stop and continue

requirement('SIGSTOP: a stopped process does not run', () => {
  sys.pipe();
  const pid = child(() => {
    pauseFor(30);
    return <i32>writeText(sys.pipeWrite, 'x');
  });
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  pauseFor(60);
  sys.fcntl(sys.pipeRead, sys.F_SETFL, sys.O_NONBLOCK);
  const nothing = sys.read(sys.pipeRead, buffer, 1) == -sys.EAGAIN;
  sys.kill(pid, sys.SIGCONT);
  return nothing && exitOf(pid) == 1;
});
requirement('SIGCONT: discards a pending stop', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGTSTP));
  raise(sys.SIGTSTP);
  raise(sys.SIGCONT);
  return (sys.sigpending() & bit(sys.SIGTSTP)) == 0;
});
requirement('stop: discards a pending SIGCONT', () => {
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGCONT) | bit(sys.SIGTSTP));
  handle(sys.SIGCONT);
  raise(sys.SIGCONT);
  raise(sys.SIGTSTP);
  return (sys.sigpending() & bit(sys.SIGCONT)) == 0;
});
requirement('SIGCONT: continues though it is blocked', () => {
  const pid = child(() => {
    sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGCONT));
    raise(sys.SIGSTOP);
    return 3;
  });
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGCONT);
  return exitOf(pid) == 3;
});
requirement('SIGCONT: continues though it is ignored', () => {
  const pid = child(() => {
    ignore(sys.SIGCONT);
    raise(sys.SIGSTOP);
    return 3;
  });
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGCONT);
  return exitOf(pid) == 3;
});
requirement('SIGCONT: its handler runs after the stop', () => {
  const pid = child(() => {
    handle(sys.SIGCONT);
    raise(sys.SIGSTOP);
    return arrivals[sys.SIGCONT];
  });
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGCONT);
  return exitOf(pid) == 1;
});
requirement('SIGKILL: ends a stopped process', () => {
  const pid = waiter();
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGKILL);
  return killerOf(pid) == sys.SIGKILL;
});
requirement('stop: other signals wait until the process goes on', () => {
  const pid = waiter();
  sys.kill(pid, sys.SIGSTOP);
  sys.waitpid(pid, sys.WUNTRACED);
  sys.kill(pid, sys.SIGTERM);
  pauseFor(20);
  const still = sys.waitpid(pid, sys.WNOHANG) == 0;
  sys.kill(pid, sys.SIGCONT);
  return still && killerOf(pid) == sys.SIGTERM;
});
requirement('orphaned group: SIGTSTP does not stop', () => {
  // The middle process leads a session, so its child's group is an orphan when it has gone.
  sys.pipe();
  exitOf(
    child(() => {
      sys.setsid();
      child(() => {
        for (let i = 0; i < 300 && sys.getppid() != 1; i++) pauseFor(2);
        byDefault(sys.SIGTSTP);
        raise(sys.SIGTSTP);
        return <i32>writeText(sys.pipeWrite, 'on');
      });
      return 0;
    }),
  );
  sys.close(sys.pipeWrite);
  return readText(sys.pipeRead) == 'on';
});
requirement('orphaned group: stopped members get SIGHUP and SIGCONT', () => {
  sys.pipe();
  exitOf(
    child(() => {
      sys.setsid();
      const pid = child(() => {
        sys.setpgid(0, 0);
        handle(sys.SIGHUP);
        handle(sys.SIGCONT);
        raise(sys.SIGSTOP);
        return <i32>writeText(sys.pipeWrite, arrivals[sys.SIGHUP] == 1 && arrivals[sys.SIGCONT] == 1 ? 'y' : 'n');
      });
      sys.waitpid(pid, sys.WUNTRACED);
      return 0;
    }),
  );
  sys.close(sys.pipeWrite);
  return readText(sys.pipeRead) == 'y';
});
