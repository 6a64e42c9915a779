// SPDX-License-Identifier: MIT
/** @fileoverview sleep(1): wait */
/** @manual
 * DESCRIPTION
 * Waits for the sum of the times: seconds, with decimals; a unit may follow: s, m minutes, h hours, d days.
 */
import { say } from '../../lib/io';
import { misused } from '../../lib/options';
import { sleepFor } from '../../lib/process';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'sleep time[s|m|h|d] ...';

/** Nanoseconds, or -1 where the text is no time. */
export function duration(text: string): i64 {
  let unit: i64 = 1;
  let number = text;
  if (text.length > 1) {
    const letter = text.charAt(text.length - 1);
    const at = 'smhd'.indexOf(letter);
    if (at >= 0) number = text.substring(0, text.length - 1);
    unit = at == 1 ? 60 : at == 2 ? 3600 : at == 3 ? 86400 : 1;
  }
  const dot = number.indexOf('.');
  const seconds = parseNumber(dot < 0 ? number : dot ? number.substring(0, dot) : '0');
  const decimals = dot < 0 ? 0 : parseNumber((number.substring(dot + 1) + '000000000').substring(0, 9));
  if (seconds < 0 || decimals < 0 || seconds > 9000000000 / unit) return -1;
  return (seconds * 1000000000 + decimals) * unit;
}

export function main(args: string[]): i32 {
  if (args.length < 2) return misused(USAGE);
  let total: i64 = 0;
  for (let i = 1; i < args.length; i++) {
    const time = duration(args[i]);
    if (time < 0) {
      say('sleep: bad character in argument\n');
      return misused(USAGE);
    }
    total += time;
  }
  sleepFor(<u64>total);
  return 0;
}
