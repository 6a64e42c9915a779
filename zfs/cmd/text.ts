// SPDX-License-Identifier: MIT
/** @fileoverview Numbers, columns and reasons as zpool(8) and zfs(8) print them. */
import { EBUSY, EEXIST, EINVAL, EIO, ENOENT, ENOSPC, ENXIO, EPERM, EROFS } from '../../guest-os/kernel/errno';
import { errorText } from '../../guest-os/lib/errors';

const UNITS: string = 'BKMGTPE';

/** Five characters at most, powers of 1024: 999, 1.50K, 12.3M, 4G. */
export function niceNumber(value: u64): string {
  let unit = 0;
  while (unit < 6 && value >> (10 * (<u64>unit + 1))) unit++;
  if (!unit) return value.toString();
  const shift = <u64>unit * 10;
  const whole = value >> shift;
  const rest = value & (((<u64>1) << shift) - 1);
  if (!rest) return whole.toString() + UNITS.charAt(unit);
  // As many decimals as leave four characters for the number, rounded.
  let decimals: i32 = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
  while (true) {
    const scale: u64 = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
    // Ten bits below the unit are enough for two decimals and never overflow.
    const fraction = shift > 40 ? rest >> (shift - 40) : rest;
    const bits = min<u64>(shift, 40);
    const scaled = whole * scale + (fraction * scale + ((<u64>1) << (bits - 1))) / ((<u64>1) << bits);
    const units = scaled / scale;
    const text = decimals ? units.toString() + '.' + padZero(scaled % scale, decimals) : units.toString();
    if (text.length <= 4 || !decimals) return text + UNITS.charAt(unit);
    decimals--;
  }
}
function padZero(value: u64, width: i32): string {
  const text = value.toString();
  return text.length < width ? '0' + text : text;
}

export function left(text: string, width: i32): string {
  return text + ' '.repeat(max(0, width - text.length));
}
export function right(text: string, width: i32): string {
  return ' '.repeat(max(0, width - text.length)) + text;
}

/** Why something could not be done, as libzfs words it. */
export function reasonOf(error: i32): string {
  const number = error < 0 ? -error : error;
  if (number == EPERM) return 'permission denied';
  if (number == ENXIO) return 'one or more devices is currently unavailable';
  if (number == ENOENT) return 'no such pool or dataset';
  if (number == ENOSPC) return 'out of space';
  if (number == EEXIST) return 'pool already exists';
  if (number == EBUSY) return 'pool or dataset is busy';
  if (number == EROFS) return 'pool is read-only';
  if (number == EIO) return 'I/O error';
  if (number == EINVAL) return 'invalid argument';
  return errorText(number);
}
