// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../terminals.ts. */
import { page, u } from '../argument';
import { call } from './call';

export const SYS_ioctl: u64 = 16;

export const TCSANOW: i32 = 0x5402;
export const TCSADRAIN: i32 = 0x5403;
export const TCSAFLUSH: i32 = 0x5404;
export const TCGETS: i32 = 0x5401;
export const TIOCGPGRP: i32 = 0x540f;
export const TIOCSPGRP: i32 = 0x5410;
export const TIOCGSID: i32 = 0x5429;
export const TIOCSCTTY: i32 = 0x540e;
export const TIOCSWINSZ: i32 = 0x5414;
export const TIOCGWINSZ: i32 = 0x5413;
export const TCFLSH: i32 = 0x540b;
export const VMIN: i32 = 6;
export const VEOL: i32 = 11;
const TIOCSPTLCK: i32 = 0x40045431;
const TIOCGPTN: u32 = 0x80045430;

/** Where struct termios has its control characters, behind the line discipline. */
export const TERMIOS_cc: usize = 17;

/** A master lets its slave be opened: the slave's number, or an errno. */
export function unlockTerminal(descriptor: i32): i64 {
  store<i32>(page, 0);
  call(SYS_ioctl, u(descriptor), u(TIOCSPTLCK), page);
  const result = call(SYS_ioctl, u(descriptor), TIOCGPTN, page);
  return result < 0 ? result : load<i32>(page);
}
