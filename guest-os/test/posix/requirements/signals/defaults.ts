// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about what signals do by default. */
import { byDefault, child, exitOf, killerOf, raise, requirement, stopperOf } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

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
  const stopped = stopperOf(pid) == signal;
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
