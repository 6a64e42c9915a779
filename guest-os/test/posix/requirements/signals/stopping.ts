// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about stopped processes, and orphaned groups. */
import {
  arrivals,
  bit,
  buffer,
  byDefault,
  child,
  exitOf,
  handle,
  ignore,
  killerOf,
  pauseFor,
  raise,
  readText,
  requirement,
  waiter,
  writeText,
} from '../../harness';
import * as sys from '../../system/system';

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
