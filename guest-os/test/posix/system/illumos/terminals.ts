// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../terminals.ts. */
import { page, u } from '../argument';
import { call } from './call';
import { SYS_fstat } from './paths';

export const SYS_ioctl: u64 = 54;

export const TCSANOW: i32 = 0x540e;
export const TCSADRAIN: i32 = 0x540f;
export const TCSAFLUSH: i32 = 0x5410;
export const TCGETS: i32 = 0x540d;
export const TIOCGPGRP: i32 = 0x7414;
export const TIOCSPGRP: i32 = 0x7415;
export const TIOCGSID: i32 = 0x7416;
export const TIOCSCTTY: i32 = 0x7484;
export const TIOCSWINSZ: i32 = 0x5467;
export const TIOCGWINSZ: i32 = 0x5468;
export const TCFLSH: i32 = 0x5407;
const UNLKPT: i32 = 0x5002;
const ISPTM: i32 = 0x5001;
export const VMIN: i32 = 4;
export const VEOL: i32 = 5;
const I_STR: i32 = 0x5308;

/** Where struct termios has its control characters. */
export const TERMIOS_cc: usize = 16;

/** A master lets its slave be opened: the slave's number, or an errno. */
export function unlockTerminal(descriptor: i32): i64 {
  streamRequest(descriptor, UNLKPT);
  const result = streamRequest(descriptor, ISPTM);
  if (result < 0) return result;
  const error = call(SYS_fstat, u(descriptor), page, 0);
  return error < 0 ? error : load<u32>(page + STAT_rdev);
}
function streamRequest(descriptor: i32, request: i32): i64 {
  store<i32>(page, request);
  store<i32>(page, 0, 4);
  store<i32>(page, 0, 8);
  store<u64>(page, 0, 16);
  return call(SYS_ioctl, u(descriptor), u(I_STR), page);
}
/** Of struct stat: the minor number is the lower half. */
const STAT_rdev: usize = 32;
