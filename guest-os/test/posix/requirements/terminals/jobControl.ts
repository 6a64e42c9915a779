// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about terminals of sessions: signals from the keyboard, foreground and background, hang-up. */
import {
  arrivals,
  buffer,
  byDefault,
  child,
  exitOf,
  handle,
  ignore,
  pauseFor,
  readText,
  requirement,
  soon,
  stopperOf,
  writeText,
} from '../../harness';
import * as sys from '../../system/system';
import { LOCAL, change, inSession, shown } from './terminal';

let shared: i32 = 0;

requirement("session: the terminal's session and foreground group are its leader's", () =>
  inSession(() => sys.tcgetsid(sys.slave) == sys.getpid() && sys.tcgetpgrp(sys.slave) == sys.getpid()),
);
requirement('session: /dev/tty is its terminal', () =>
  inSession(() => {
    const tty = sys.open('/dev/tty', sys.O_RDWR);
    writeText(tty, 'hello');
    return tty >= 0 && shown() == 'hello';
  }),
);
requirement(
  'session: ENXIO for /dev/tty without a terminal',
  () =>
    exitOf(
      child(() => {
        sys.setsid();
        return sys.open('/dev/tty', sys.O_RDWR) == -sys.ENXIO ? 0 : 1;
      }),
    ) == 0,
);
requirement('VINTR: SIGINT for the foreground group', () =>
  inSession(() => {
    handle(sys.SIGINT);
    writeText(sys.master, '\x03');
    return soon(() => arrivals[sys.SIGINT] == 1);
  }),
);
requirement('VQUIT: SIGQUIT for the foreground group', () =>
  inSession(() => {
    handle(sys.SIGQUIT);
    writeText(sys.master, '\x1c');
    return soon(() => arrivals[sys.SIGQUIT] == 1);
  }),
);
requirement('VSUSP: SIGTSTP for the foreground group', () =>
  inSession(() => {
    handle(sys.SIGTSTP);
    writeText(sys.master, '\x1a');
    return soon(() => arrivals[sys.SIGTSTP] == 1);
  }),
);
requirement('ISIG off: VINTR is a character', () =>
  inSession(() => {
    handle(sys.SIGINT);
    change(sys.ICRNL, sys.OPOST, sys.ICANON);
    writeText(sys.master, 'a\x03\n');
    return readText(sys.slave) == 'a\x03\n' && arrivals[sys.SIGINT] == 0;
  }),
);
requirement('VINTR: discards the line', () =>
  inSession(() => {
    ignore(sys.SIGINT);
    writeText(sys.master, 'abc\x03d\n');
    return readText(sys.slave) == 'd\n';
  }),
);
requirement('NOFLSH: VINTR leaves the line', () =>
  inSession(() => {
    ignore(sys.SIGINT);
    change(sys.ICRNL, sys.OPOST, sys.ICANON | sys.ISIG | sys.NOFLSH);
    writeText(sys.master, 'abc\x03d\n');
    return readText(sys.slave) == 'abcd\n';
  }),
);
requirement('SIGWINCH: a new window size is told to the foreground group', () =>
  inSession(() => {
    handle(sys.SIGWINCH);
    sys.setWindow(sys.master, 10, 20);
    return soon(() => arrivals[sys.SIGWINCH] == 1);
  }),
);
requirement('tcsetpgrp: another group of the session comes to the foreground', () =>
  inSession(() => {
    const pid = child(() => <i32>sys.pause());
    sys.setpgid(pid, pid);
    return sys.tcsetpgrp(sys.slave, pid) == 0 && sys.tcgetpgrp(sys.slave) == pid;
  }),
);
requirement('tcsetpgrp: EPERM for a group of another session', () =>
  inSession(() => sys.tcsetpgrp(sys.slave, 1) == -sys.EPERM || sys.tcsetpgrp(sys.slave, 29999) < 0),
);
requirement('background: a read is SIGTTIN', () =>
  inSession(() => {
    const pid = child(() => {
      sys.setpgid(0, 0);
      byDefault(sys.SIGTTIN);
      sys.read(sys.slave, buffer, 1);
      return 0;
    });
    return stopperOf(pid) == sys.SIGTTIN;
  }),
);
requirement('background: a read is an error where SIGTTIN is ignored', () =>
  inSession(
    () =>
      exitOf(
        child(() => {
          sys.setpgid(0, 0);
          ignore(sys.SIGTTIN);
          return sys.read(sys.slave, buffer, 1) < 0 ? 0 : 1;
        }),
      ) == 0,
  ),
);
requirement('background: a read is EIO where the only other member with a parent outside is yet to be waited for', () =>
  inSession(() => {
    sys.pipe();
    child(() => {
      sys.setpgid(0, 0);
      shared = sys.getpid();
      child(() => {
        byDefault(sys.SIGTTIN);
        while (sys.getppid() == shared) pauseFor(5);
        return <i32>writeText(sys.pipeWrite, sys.read(sys.slave, buffer, 1) == -sys.EIO ? 'y' : 'n');
      });
      return 0;
    });
    sys.close(sys.pipeWrite);
    return readText(sys.pipeRead) == 'y';
  }),
);
requirement('background: a write is SIGTTOU with TOSTOP', () =>
  inSession(() => {
    change(sys.ICRNL, sys.OPOST, LOCAL | sys.TOSTOP);
    const pid = child(() => {
      sys.setpgid(0, 0);
      byDefault(sys.SIGTTOU);
      writeText(sys.slave, 'x');
      return 0;
    });
    return stopperOf(pid) == sys.SIGTTOU;
  }),
);
requirement('background: a write without TOSTOP is written', () =>
  inSession(
    () =>
      exitOf(
        child(() => {
          sys.setpgid(0, 0);
          return writeText(sys.slave, 'x') == 1 ? 0 : 1;
        }),
      ) == 0,
  ),
);
requirement('background: tcsetattr is SIGTTOU', () =>
  inSession(() => {
    const pid = child(() => {
      sys.setpgid(0, 0);
      byDefault(sys.SIGTTOU);
      sys.tcgetattr(sys.slave);
      sys.tcsetattr(sys.slave, sys.TCSANOW);
      return 0;
    });
    return stopperOf(pid) == sys.SIGTTOU;
  }),
);
requirement("hang-up: SIGHUP for the session's leader when the master goes", () =>
  inSession(() => {
    handle(sys.SIGHUP);
    sys.close(sys.master);
    return soon(() => arrivals[sys.SIGHUP] == 1);
  }),
);
requirement('hang-up: the foreground group gets SIGHUP when the leader ends', () => {
  sys.pipe();
  inSession(() => {
    handle(sys.SIGHUP);
    child(() => {
      pauseFor(50);
      return <i32>writeText(sys.pipeWrite, soon(() => arrivals[sys.SIGHUP] > 0) ? 'y' : 'n');
    });
    return true;
  });
  sys.close(sys.pipeWrite);
  return readText(sys.pipeRead) == 'y';
});
