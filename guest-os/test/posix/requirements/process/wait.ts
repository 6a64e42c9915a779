// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about the end of a process and about waiting for it: exit, wait, waitid. */
import {
  arrivals,
  buffer,
  child,
  exitOf,
  handle,
  ignore,
  killerOf,
  makeFile,
  pauseFor,
  readText,
  requirement,
  stopperOf,
  writeText,
} from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;

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
  return stopperOf(pid) == sys.SIGSTOP;
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
