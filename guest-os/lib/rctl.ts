// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource controls for programs (getrctl(2), setrctl(2)): values of processes, projects and zones, and amounts as people write them.
 *
 * Results below 0 are negative errnos.
 */
import * as calls from './calls';
import { parseNumber, pathOf, textOf } from './text';

const LIST: i32 = 2;
const GET_OF: i32 = 16;
const SET_OF: i32 = 17;
/** Whose: kinds of ids, as in procset_t. */
export const P_PID: i32 = 0;
export const P_PROJID: i32 = 10;
export const P_ZONEID: i32 = 12;
const FIRST: i32 = 0;
const NEXT: i32 = 1;
const USAGE: i32 = 2;
const DELETE: i32 = 1;
const REPLACE: i32 = 2;
export const RCPRIV_BASIC: i32 = 0x01000000;
export const RCPRIV_PRIVILEGED: i32 = 0x04000000;
export const RCPRIV_SYSTEM: i32 = 0x07000000;
const RCTL_LOCAL_DENY: u32 = 2;
export const RCTL_LOCAL_MAXIMAL: u32 = 0x80000000;
export const RCTL_GLOBAL_DENY_ALWAYS: u32 = 0x20000000;
export const RCTL_GLOBAL_DENY_NEVER: u32 = 0x10000000;
export const RCTL_GLOBAL_INFINITE: u32 = 0x01000000;
const RCTL_GLOBAL_BYTES: u32 = 0x00400000;
const RCTL_GLOBAL_SECONDS: u32 = 0x00200000;

const SIZE: usize = 48;
const block = memory.data(48, 8);
const NAMES: i32 = 4096;
const names = memory.data(4096, 8);

/** A value of a control. */
export class RctlValue {
  readonly value: u64 = load<u64>(block);
  readonly privilege: i32 = load<i32>(block, 16);
  readonly globalFlags: u32 = load<u32>(block, 20);
  readonly localFlags: u32 = load<u32>(block, 28);
  get denies(): bool {
    return (this.localFlags & RCTL_LOCAL_DENY) != 0;
  }
}

function whose(kind: i32, id: i32): u64 {
  return ((<u64>kind) << 32) | <u32>id;
}

/** All that the system has. */
export function rctlNames(): string[] {
  const size = <i32>calls.rctlsys(LIST, 0, names, 0, NAMES, 0);
  const list = textOf(names, min(max(size, 0), NAMES)).split('\0');
  return list.slice(0, list.length - 1);
}

/** What is in use, or the first error. */
export function rctlUsage(name: string, kind: i32, id: i32): i64 {
  const error = calls.rctlsys(GET_OF, pathOf(name), 0, block, whose(kind, id), USAGE);
  return error < 0 ? error : load<i64>(block);
}

/** All values of a control, least privileged first; none: there is no such control or owner. */
export function rctlValues(name: string, kind: i32, id: i32): RctlValue[] {
  const values: RctlValue[] = [];
  let flags = FIRST;
  while (calls.rctlsys(GET_OF, pathOf(name), block, block, whose(kind, id), flags) >= 0) {
    values.push(new RctlValue());
    flags = NEXT;
  }
  return values;
}

/** Why there are no values of a control: a negative errno; 0: there are. */
export function rctlError(name: string, kind: i32, id: i32): i64 {
  return calls.rctlsys(GET_OF, pathOf(name), 0, block, whose(kind, id), FIRST);
}

/** Sets the one value of a privilege, or changes it. */
export function setRctl(name: string, kind: i32, id: i32, privilege: i32, value: u64, denies: bool): i64 {
  memory.fill(block, 0, SIZE);
  store<u64>(block, value);
  store<i32>(block, privilege, 16);
  store<u32>(block, denies ? RCTL_LOCAL_DENY : 0, 28);
  return calls.rctlsys(SET_OF, pathOf(name), 0, block, whose(kind, id), REPLACE);
}
export function deleteRctl(name: string, kind: i32, id: i32, privilege: i32): i64 {
  memory.fill(block, 0, SIZE);
  store<i32>(block, privilege, 16);
  return calls.rctlsys(SET_OF, pathOf(name), block, 0, whose(kind, id), DELETE);
}

// ---- amounts

const UNITS: string = 'KMGTPE';

/** Three digits and a unit, as prctl(1) shows an amount: thousands of things and seconds, 1024s of bytes. */
export function rctlAmount(value: u64, globalFlags: u32): string {
  const bytes = (globalFlags & RCTL_GLOBAL_BYTES) != 0;
  const suffix = bytes ? 'B' : globalFlags & RCTL_GLOBAL_SECONDS ? 's' : '';
  const base: f64 = bytes ? 1024 : 1000;
  let rest = <f64>value;
  let unit = -1;
  while (rest >= base && unit + 1 < UNITS.length) {
    rest /= base;
    unit++;
  }
  if (unit < 0) return value.toString() + suffix;
  return threeDigits(rest) + UNITS.charAt(unit) + suffix;
}

function threeDigits(value: f64): string {
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  const scale: f64 = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
  const whole = <u64>(value * scale + 0.5);
  const text = whole.toString();
  if (!decimals) return text;
  return text.substring(0, text.length - decimals) + '.' + text.substring(text.length - decimals);
}

/** 512, 1.5G, 64mb, 10K: of a control whose values are bytes by 1024s, of others by thousands. -1: that is no amount. */
export function parseRctlAmount(text: string, globalFlags: u32): i64 {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) > 0x39) end--;
  let unit = text.substring(end).toUpperCase();
  if (unit.length == 2 && unit.endsWith('B')) unit = unit.charAt(0);
  const bytes = (globalFlags & RCTL_GLOBAL_BYTES) != 0;
  if (unit == 'B' || (unit == 'S' && globalFlags & RCTL_GLOBAL_SECONDS)) unit = '';
  const power = unit.length ? UNITS.indexOf(unit) + 1 : 0;
  if (unit.length && !power) return -1;
  let scale: u64 = 1;
  for (let i = 0; i < power; i++) scale *= bytes ? 1024 : 1000;
  const digits = text.substring(0, end);
  const point = digits.indexOf('.');
  const whole = parseNumber(point < 0 ? digits : digits.substring(0, point));
  if (whole < 0 || (whole && scale > <u64>i64.MAX_VALUE / <u64>whole)) return -1;
  let value = <u64>whole * scale;
  if (point >= 0) {
    const part = digits.substring(point + 1);
    const numerator = parseNumber(part);
    if (!power || numerator < 0 || part.length > 6) return -1;
    let denominator: u64 = 1;
    for (let i = 0; i < part.length; i++) denominator *= 10;
    value += (scale / denominator) * <u64>numerator + ((scale % denominator) * <u64>numerator) / denominator;
  }
  return <i64>value;
}
