// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about process groups and sessions. */
import { buffer, child, exitOf, requirement, writeText } from '../../harness';
import { become } from '../../programs';
import * as sys from '../../system/system';

let shared: i32 = 0;

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
