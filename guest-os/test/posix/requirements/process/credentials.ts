// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about users and groups of a process. */
import { buffer, inChild, requirement, unprivileged } from '../../harness';
import * as sys from '../../system/system';

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
