// SPDX-License-Identifier: MIT
/** @fileoverview Sizes as people read and write them. */
import { parseNumber } from './text';

const UNITS: string = 'KMGTPE';

/** Three figures at most, rounded up, with the unit of 1024: 999, 1.0K, 12M. */
export function humanSize(bytes: u64): string {
  if (bytes < 1024) return bytes.toString();
  let unit = 0;
  let size = bytes;
  let rest: u64 = 0;
  // Tenths are rounded up at the end only; `rest` remembers whether anything was cut.
  while (size >= 1024 * 1024) {
    rest |= size & 1023;
    size >>= 10;
    unit++;
  }
  const tenths = (size * 10 + 1023) / 1024 + ((size * 10) % 1024 == 0 && rest ? 1 : 0);
  if (tenths < 100) return (tenths / 10).toString() + '.' + (tenths % 10).toString() + UNITS.charAt(unit);
  let whole = (size + 1023) / 1024 + (size % 1024 == 0 && rest ? 1 : 0);
  if (whole < 1024) return whole.toString() + UNITS.charAt(unit);
  whole = 1;
  return '1.0' + UNITS.charAt(unit + 1);
}

/** A number with an optional unit: b (512), k K, M, G, T, P of 1024. -1 where it is none. */
export function parseSize(text: string): i64 {
  let end = text.length;
  if (end > 1 && text.charAt(end - 1) == 'B' && UNITS.includes(text.charAt(end - 2).toUpperCase())) end--;
  if (!end) return -1;
  const letter = text.charAt(end - 1);
  let shift: i64 = 0;
  if (letter == 'b' || letter == 'w' || letter == 'c') shift = letter == 'b' ? 9 : letter == 'w' ? 1 : 0;
  else if (<u32>(letter.charCodeAt(0) - 0x30) < 10) end++;
  else {
    const at = UNITS.indexOf(letter.toUpperCase());
    if (at < 0) return -1;
    shift = 10 * <i64>at + 10;
  }
  const value = parseNumber(text.substring(0, end - 1));
  return value < 0 || value > i64.MAX_VALUE >> shift ? -1 : value << shift;
}
