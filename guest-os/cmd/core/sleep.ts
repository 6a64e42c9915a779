// SPDX-License-Identifier: MIT
/** @fileoverview sleep(1): seconds, with decimals. */
import { say } from '../../lib/io';
import { sleepFor } from '../../lib/process';
import { parseNumber } from '../../lib/text';

export function main(args: string[]): i32 {
  if (args.length != 2) {
    say('usage: sleep time\n');
    return 2;
  }
  const dot = args[1].indexOf('.');
  const seconds = parseNumber(dot < 0 ? args[1] : dot ? args[1].substring(0, dot) : '0');
  const decimals = dot < 0 ? 0 : parseNumber((args[1].substring(dot + 1) + '000000000').substring(0, 9));
  if (seconds < 0 || decimals < 0) {
    say('sleep: bad character in argument\n');
    return 2;
  }
  sleepFor(<u64>seconds * 1000000000 + <u64>decimals);
  return 0;
}
