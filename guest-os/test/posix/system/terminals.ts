// SPDX-License-Identifier: MIT
/** @fileoverview Terminals and pseudo-terminals. */
import { page, u } from './argument';
import { O_RDWR, open } from './descriptors';
import { call } from './illumos/call';
import { O_NOCTTY } from './illumos/descriptors';
import * as abi from './illumos/terminals';

export * from './illumos/terminals';

export const ICRNL: u32 = 0x100;
export const INLCR: u32 = 0x40;
export const IGNCR: u32 = 0x80;
export const ISTRIP: u32 = 0x20;
export const IXON: u32 = 0x400;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const ISIG: u32 = 1;
export const ICANON: u32 = 2;
export const ECHO: u32 = 8;
export const ECHOE: u32 = 0x10;
export const ECHOK: u32 = 0x20;
export const ECHONL: u32 = 0x40;
export const NOFLSH: u32 = 0x80;
export const TOSTOP: u32 = 0x100;
export const IEXTEN: u32 = 0x8000;
export const VINTR: i32 = 0;
export const VQUIT: i32 = 1;
export const VERASE: i32 = 2;
export const VKILL: i32 = 3;
export const VEOF: i32 = 4;
export const VTIME: i32 = 5;
export const VSUSP: i32 = 10;

/** The last terminal attributes that were asked for; what tcsetattr sets. */
export let inputFlags: u32 = 0;
export let outputFlags: u32 = 0;
export let controlFlags: u32 = 0;
export let localFlags: u32 = 0;

export const controls: StaticArray<u8> = new StaticArray<u8>(32);
/** Control characters of a struct termios. */
const CONTROLS: usize = 19;

export function setFlags(input: u32, output: u32, local: u32): void {
  inputFlags = input;
  outputFlags = output;
  localFlags = local;
}
export function tcgetattr(descriptor: i32): i64 {
  const result = call(abi.SYS_ioctl, u(descriptor), u(abi.TCGETS), page);
  if (result < 0) return result;
  inputFlags = load<u32>(page);
  outputFlags = load<u32>(page, 4);
  controlFlags = load<u32>(page, 8);
  localFlags = load<u32>(page, 12);
  memory.copy(changetype<usize>(controls), page + abi.TERMIOS_cc, CONTROLS);
  return 0;
}
export function tcsetattr(descriptor: i32, action: i32): i64 {
  memory.fill(page, 0, 64);
  store<u32>(page, inputFlags);
  store<u32>(page, outputFlags, 4);
  store<u32>(page, controlFlags, 8);
  store<u32>(page, localFlags, 12);
  memory.copy(page + abi.TERMIOS_cc, changetype<usize>(controls), CONTROLS);
  return call(abi.SYS_ioctl, u(descriptor), u(action), page);
}
export function tcgetpgrp(descriptor: i32): i64 {
  const result = call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCGPGRP), page);
  return result < 0 ? result : load<i32>(page);
}
export function tcsetpgrp(descriptor: i32, group: i32): i64 {
  store<i32>(page, group);
  return call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCSPGRP), page);
}
export function tcgetsid(descriptor: i32): i64 {
  const result = call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCGSID), page);
  return result < 0 ? result : load<i32>(page);
}
/** 0: input, 1: output, 2: both. */
export function tcflush(descriptor: i32, queue: i32): i64 {
  return call(abi.SYS_ioctl, u(descriptor), u(abi.TCFLSH), u(queue));
}
export function setWindow(descriptor: i32, rows: i32, columns: i32): i64 {
  store<u64>(page, 0);
  store<u16>(page, <u16>rows);
  store<u16>(page, <u16>columns, 2);
  return call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCSWINSZ), page);
}
/** rows << 16 | columns */
export function getWindow(descriptor: i32): i64 {
  const result = call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCGWINSZ), page);
  return result < 0 ? result : ((<i64>load<u16>(page)) << 16) | load<u16>(page, 2);
}
/** The descriptor's terminal becomes the session's. */
export function takeTerminal(descriptor: i32): i64 {
  return call(abi.SYS_ioctl, u(descriptor), u(abi.TIOCSCTTY), 0);
}

export let master: i32 = -1;
export let slave: i32 = -1;
/** A pseudo-terminal, its sides in {@link master} and {@link slave}. The slave does not become anybody's terminal by this. */
export function openTerminal(): i64 {
  master = open('/dev/ptmx', O_RDWR | O_NOCTTY);
  if (master < 0) return master;
  const number = abi.unlockTerminal(master);
  if (number < 0) return number;
  slave = open('/dev/pts/' + number.toString(), O_RDWR | O_NOCTTY);
  return slave < 0 ? slave : 0;
}
