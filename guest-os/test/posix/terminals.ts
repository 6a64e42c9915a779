// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about terminals, on a pseudo-terminal: line editing, signals, modes, job control. */
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
  writeText,
} from './harness';
import * as sys from './system/system';

/** What the master's side has to read within a moment. */
function shown(): string {
  // A busy Linux takes its time; where nothing is to come, that is how long it is waited for.
  sys.poll(sys.master, sys.POLLIN, 300);
  pauseFor(10);
  sys.fcntl(sys.master, sys.F_SETFL, sys.O_NONBLOCK);
  const text = readText(sys.master);
  sys.fcntl(sys.master, sys.F_SETFL, 0);
  return text.startsWith('!') ? '' : text;
}
/** A new pseudo-terminal whose modes are the usual ones. */
function terminal(): bool {
  if (sys.openTerminal() < 0 || sys.tcgetattr(sys.slave) < 0) return false;
  sys.setFlags(sys.ICRNL, sys.OPOST | sys.ONLCR, sys.ISIG | sys.ICANON | sys.ECHO | sys.ECHOE | sys.ECHOK | sys.IEXTEN);
  sys.controls[sys.VEOF] = 4;
  sys.controls[sys.VERASE] = 0x7f;
  sys.controls[sys.VKILL] = 0x15;
  sys.controls[sys.VINTR] = 3;
  sys.controls[sys.VQUIT] = 0x1c;
  sys.controls[sys.VSUSP] = 0x1a;
  return sys.tcsetattr(sys.slave, sys.TCSANOW) == 0;
}
function change(input: u32, output: u32, local: u32): void {
  sys.tcgetattr(sys.slave);
  sys.setFlags(input, output, local);
  sys.tcsetattr(sys.slave, sys.TCSANOW);
}
const LOCAL: u32 = sys.ISIG | sys.ICANON | sys.ECHO | sys.ECHOE | sys.ECHOK | sys.IEXTEN;

requirement('tcgetattr: ENOTTY for what is no terminal', () => {
  sys.pipe();
  return sys.tcgetattr(sys.pipeRead) == -sys.ENOTTY;
});
requirement('tcgetattr: EBADF for what is no descriptor', () => sys.tcgetattr(77) == -sys.EBADF);
requirement('tcsetattr: what was set is told', () => {
  if (!terminal()) return false;
  change(0, 0, sys.ICANON);
  sys.setFlags(9, 9, 9);
  return sys.tcgetattr(sys.slave) == 0 && sys.localFlags == sys.ICANON && sys.inputFlags == 0 && sys.outputFlags == 0;
});
requirement('canonical: a line is read when it is complete', () => {
  if (!terminal()) return false;
  sys.fcntl(sys.slave, sys.F_SETFL, sys.O_NONBLOCK);
  writeText(sys.master, 'abc');
  const before = readText(sys.slave).startsWith('!');
  writeText(sys.master, 'd\n');
  return before && readText(sys.slave) == 'abcd\n';
});
requirement('canonical: a read gives one line', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'one\ntwo\n');
  return readText(sys.slave) == 'one\n' && readText(sys.slave) == 'two\n';
});
requirement('canonical: a short read leaves the rest of the line', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abcdef\n');
  return readText(sys.slave, 2) == 'ab' && readText(sys.slave) == 'cdef\n';
});
requirement('canonical: VERASE takes the last character back', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abx\x7fc\n');
  return readText(sys.slave) == 'abc\n';
});
requirement('canonical: VKILL takes the line back', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\x15d\n');
  return readText(sys.slave) == 'd\n';
});
requirement('canonical: VEOF at the start of a line is the end', () => {
  if (!terminal()) return false;
  writeText(sys.master, '\x04');
  return sys.read(sys.slave, buffer, 10) == 0;
});
requirement('canonical: VEOF behind characters gives them without a newline', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\x04');
  return readText(sys.slave) == 'abc';
});
requirement('ICRNL: a carriage return is a newline', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\r');
  return readText(sys.slave) == 'abc\n';
});
requirement('IGNCR: a carriage return is nothing', () => {
  if (!terminal()) return false;
  change(sys.IGNCR, sys.OPOST, LOCAL);
  writeText(sys.master, 'a\rb\n');
  return readText(sys.slave) == 'ab\n';
});
requirement('INLCR: a newline is a carriage return', () => {
  if (!terminal()) return false;
  change(sys.INLCR, 0, sys.ISIG);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 1;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'a\n');
  return readText(sys.slave) == 'a\r';
});
requirement('ECHO: what is typed is shown', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc');
  return shown() == 'abc';
});
requirement('ECHO: a newline is shown as two characters with ONLCR', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'a\n');
  return shown() == 'a\r\n';
});
requirement('ECHO off: nothing is shown', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, sys.OPOST | sys.ONLCR, sys.ICANON | sys.ISIG);
  writeText(sys.master, 'abc\n');
  return shown() == '' && readText(sys.slave) == 'abc\n';
});
requirement('ECHONL: a newline is shown without ECHO', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, sys.OPOST | sys.ONLCR, sys.ICANON | sys.ECHONL);
  writeText(sys.master, 'abc\n');
  return shown() == '\r\n';
});
requirement('ECHOE: erasing is shown', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'ab\x7f');
  return shown() == 'ab\b \b';
});
requirement('ONLCR: a newline is written as two characters', () => {
  if (!terminal()) return false;
  writeText(sys.slave, 'a\nb');
  return shown() == 'a\r\nb';
});
requirement('OPOST off: output is written as it is', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, 0, LOCAL);
  writeText(sys.slave, 'a\nb');
  return shown() == 'a\nb';
});
requirement('raw: VMIN 1 gives each character', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 1;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'a');
  return readText(sys.slave) == 'a';
});
requirement('raw: VMIN 0 and VTIME 0 do not wait', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 0;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  return sys.read(sys.slave, buffer, 10) == 0;
});
requirement('raw: VTIME ends a read that nothing came for', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 0;
  sys.controls[sys.VTIME] = 1;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  return sys.read(sys.slave, buffer, 10) == 0 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 90000000;
});
requirement('raw: VMIN 3 waits for three characters', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 3;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'ab');
  child(() => {
    pauseFor(20);
    return <i32>writeText(sys.master, 'c');
  });
  return readText(sys.slave) == 'abc';
});
requirement('TCSAFLUSH: discards what was not read', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'gone\n');
  // A busy Linux takes its time to bring it over.
  sys.poll(sys.slave, sys.POLLIN, 10000);
  sys.tcgetattr(sys.slave);
  sys.tcsetattr(sys.slave, sys.TCSAFLUSH);
  writeText(sys.master, 'here\n');
  return readText(sys.slave) == 'here\n';
});
requirement('tcflush: discards input', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'gone\n');
  // A busy Linux takes its time to bring it over.
  sys.poll(sys.slave, sys.POLLIN, 10000);
  sys.tcflush(sys.slave, 0);
  writeText(sys.master, 'here\n');
  return readText(sys.slave) == 'here\n';
});
requirement('window: the size that was set is told', () => {
  if (!terminal()) return false;
  return sys.setWindow(sys.master, 33, 99) == 0 && sys.getWindow(sys.slave) == ((33 << 16) | 99);
});
requirement("master: the end of the slave's side is seen", () => {
  if (!terminal()) return false;
  sys.close(sys.slave);
  return sys.read(sys.master, buffer, 1) <= 0;
});
requirement('slave: reads 0 when the master is gone', () => {
  if (!terminal()) return false;
  sys.close(sys.master);
  return sys.read(sys.slave, buffer, 1) == 0;
});

/** In a new session whose terminal the slave is. */
function inSession(run: () => i32): i32 {
  body = run;
  const pid = sys.fork();
  if (pid) return pid;
  sys.setsid();
  if (!terminal() || sys.takeTerminal(sys.slave) < 0) sys.exit(90);
  sys.exit(body!());
  return 0;
}
let body: (() => i32) | null = null;

requirement(
  "session: the terminal's session and foreground group are its leader's",
  () =>
    exitOf(inSession(() => (sys.tcgetsid(sys.slave) == sys.getpid() && sys.tcgetpgrp(sys.slave) == sys.getpid() ? 0 : 1))) == 0,
);
requirement(
  'session: /dev/tty is its terminal',
  () =>
    exitOf(
      inSession(() => {
        const tty = sys.open('/dev/tty', sys.O_RDWR);
        writeText(tty, 'hello');
        return tty >= 0 && shown() == 'hello' ? 0 : 1;
      }),
    ) == 0,
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
requirement(
  'VINTR: SIGINT for the foreground group',
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGINT);
        writeText(sys.master, '\x03');
        return soon(() => arrivals[sys.SIGINT] == 1) ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'VQUIT: SIGQUIT for the foreground group',
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGQUIT);
        writeText(sys.master, '\x1c');
        return soon(() => arrivals[sys.SIGQUIT] == 1) ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'VSUSP: SIGTSTP for the foreground group',
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGTSTP);
        writeText(sys.master, '\x1a');
        return soon(() => arrivals[sys.SIGTSTP] == 1) ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'ISIG off: VINTR is a character',
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGINT);
        change(sys.ICRNL, sys.OPOST, sys.ICANON);
        writeText(sys.master, 'a\x03\n');
        return readText(sys.slave) == 'a\x03\n' && arrivals[sys.SIGINT] == 0 ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'VINTR: discards the line',
  () =>
    exitOf(
      inSession(() => {
        ignore(sys.SIGINT);
        writeText(sys.master, 'abc\x03d\n');
        return readText(sys.slave) == 'd\n' ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'NOFLSH: VINTR leaves the line',
  () =>
    exitOf(
      inSession(() => {
        ignore(sys.SIGINT);
        change(sys.ICRNL, sys.OPOST, sys.ICANON | sys.ISIG | sys.NOFLSH);
        writeText(sys.master, 'abc\x03d\n');
        return readText(sys.slave) == 'abcd\n' ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'SIGWINCH: a new window size is told to the foreground group',
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGWINCH);
        sys.setWindow(sys.master, 10, 20);
        return soon(() => arrivals[sys.SIGWINCH] == 1) ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'tcsetpgrp: another group of the session comes to the foreground',
  () =>
    exitOf(
      inSession(() => {
        const pid = child(() => <i32>sys.pause());
        sys.setpgid(pid, pid);
        return sys.tcsetpgrp(sys.slave, pid) == 0 && sys.tcgetpgrp(sys.slave) == pid ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'tcsetpgrp: EPERM for a group of another session',
  () => exitOf(inSession(() => (sys.tcsetpgrp(sys.slave, 1) == -sys.EPERM || sys.tcsetpgrp(sys.slave, 29999) < 0 ? 0 : 1))) == 0,
);
requirement(
  'background: a read is SIGTTIN',
  () =>
    exitOf(
      inSession(() => {
        const pid = child(() => {
          sys.setpgid(0, 0);
          byDefault(sys.SIGTTIN);
          sys.read(sys.slave, buffer, 1);
          return 0;
        });
        return sys.waitpid(pid, sys.WUNTRACED) == pid && sys.newsCode == sys.CLD_STOPPED && sys.newsStatus == sys.SIGTTIN ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'background: a read is an error where SIGTTIN is ignored',
  () =>
    exitOf(
      inSession(() =>
        exitOf(
          child(() => {
            sys.setpgid(0, 0);
            ignore(sys.SIGTTIN);
            return sys.read(sys.slave, buffer, 1) < 0 ? 0 : 1;
          }),
        ),
      ),
    ) == 0,
);
requirement(
  'background: a write is SIGTTOU with TOSTOP',
  () =>
    exitOf(
      inSession(() => {
        change(sys.ICRNL, sys.OPOST, LOCAL | sys.TOSTOP);
        const pid = child(() => {
          sys.setpgid(0, 0);
          byDefault(sys.SIGTTOU);
          writeText(sys.slave, 'x');
          return 0;
        });
        return sys.waitpid(pid, sys.WUNTRACED) == pid && sys.newsCode == sys.CLD_STOPPED && sys.newsStatus == sys.SIGTTOU ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  'background: a write without TOSTOP is written',
  () =>
    exitOf(
      inSession(() =>
        exitOf(
          child(() => {
            sys.setpgid(0, 0);
            return writeText(sys.slave, 'x') == 1 ? 0 : 1;
          }),
        ),
      ),
    ) == 0,
);
requirement(
  'background: tcsetattr is SIGTTOU',
  () =>
    exitOf(
      inSession(() => {
        const pid = child(() => {
          sys.setpgid(0, 0);
          byDefault(sys.SIGTTOU);
          sys.tcgetattr(sys.slave);
          sys.tcsetattr(sys.slave, sys.TCSANOW);
          return 0;
        });
        return sys.waitpid(pid, sys.WUNTRACED) == pid && sys.newsCode == sys.CLD_STOPPED && sys.newsStatus == sys.SIGTTOU ? 0 : 1;
      }),
    ) == 0,
);
requirement(
  "hang-up: SIGHUP for the session's leader when the master goes",
  () =>
    exitOf(
      inSession(() => {
        handle(sys.SIGHUP);
        sys.close(sys.master);
        return soon(() => arrivals[sys.SIGHUP] == 1) ? 0 : 1;
      }),
    ) == 0,
);
requirement('hang-up: the foreground group gets SIGHUP when the leader ends', () => {
  sys.pipe();
  exitOf(
    inSession(() => {
      handle(sys.SIGHUP);
      child(() => {
        pauseFor(50);
        return <i32>writeText(sys.pipeWrite, soon(() => arrivals[sys.SIGHUP] > 0) ? 'y' : 'n');
      });
      return 0;
    }),
  );
  sys.close(sys.pipeWrite);
  return readText(sys.pipeRead) == 'y';
});
