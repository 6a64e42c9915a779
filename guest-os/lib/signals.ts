// SPDX-License-Identifier: MIT
/** @fileoverview Signals by name and number (<sys/iso/signal_iso.h> of illumos). */
import { parseNumber } from './text';

const NAMES: string[] = [
  'EXIT',
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'EMT',
  'FPE',
  'KILL',
  'BUS',
  'SEGV',
  'SYS',
  'PIPE',
  'ALRM',
  'TERM',
  'USR1',
  'USR2',
  'CLD',
  'PWR',
  'WINCH',
  'URG',
  'POLL',
  'STOP',
  'TSTP',
  'CONT',
  'TTIN',
  'TTOU',
  'VTALRM',
  'PROF',
  'XCPU',
  'XFSZ',
  'WAITING',
  'LWP',
  'FREEZE',
  'THAW',
  'CANCEL',
  'LOST',
  'XRES',
  'JVM1',
  'JVM2',
  'INFO',
];

/** Without SIG; empty where there is none. */
export function signalName(number: i32): string {
  return <u32>number < <u32>NAMES.length ? NAMES[number] : '';
}

/** With SIG or without, in any case, or a number; -1 where there is none. */
export function signalNumber(text: string): i32 {
  const number = parseNumber(text);
  if (number >= 0) return number < NAMES.length ? <i32>number : -1;
  let name = text.toUpperCase();
  if (name.startsWith('SIG')) name = name.substring(3);
  if (name == 'CHLD') name = 'CLD';
  if (name == 'IO') name = 'POLL';
  return NAMES.indexOf(name);
}

export const SIGNALS: i32 = 42;
