// SPDX-License-Identifier: MIT
/** @fileoverview A pseudo-terminal for requirements, and a session that has it. */
import { exitOf, pauseFor, readText } from '../../harness';
import * as sys from '../../system/system';

/** The usual local modes. */
export const LOCAL: u32 = sys.ISIG | sys.ICANON | sys.ECHO | sys.ECHOE | sys.ECHOK | sys.IEXTEN;

/** What the master's side has to read within a moment. */
export function shown(): string {
  // A busy Linux takes its time; where nothing is to come, that is how long it is waited for.
  sys.poll(sys.master, sys.POLLIN, 300);
  pauseFor(10);
  sys.fcntl(sys.master, sys.F_SETFL, sys.O_NONBLOCK);
  const text = readText(sys.master);
  sys.fcntl(sys.master, sys.F_SETFL, 0);
  return text.startsWith('!') ? '' : text;
}
/** A new pseudo-terminal whose modes are the usual ones. */
export function terminal(): bool {
  if (sys.openTerminal() < 0 || sys.tcgetattr(sys.slave) < 0) return false;
  sys.setFlags(sys.ICRNL, sys.OPOST | sys.ONLCR, LOCAL);
  sys.controls[sys.VEOF] = 4;
  sys.controls[sys.VERASE] = 0x7f;
  sys.controls[sys.VKILL] = 0x15;
  sys.controls[sys.VINTR] = 3;
  sys.controls[sys.VQUIT] = 0x1c;
  sys.controls[sys.VSUSP] = 0x1a;
  return sys.tcsetattr(sys.slave, sys.TCSANOW) == 0;
}
/** Other modes of input, output and the terminal. */
export function change(input: u32, output: u32, local: u32): void {
  sys.tcgetattr(sys.slave);
  sys.setFlags(input, output, local);
  sys.tcsetattr(sys.slave, sys.TCSANOW);
}

/** In a new session whose terminal the slave is: its leader's verdict. */
export function inSession(run: () => bool): bool {
  const pid = sys.fork();
  if (!pid) {
    sys.setsid();
    sys.exit(terminal() && sys.takeTerminal(sys.slave) >= 0 && run() ? 0 : 1);
  }
  return exitOf(pid) == 0;
}
