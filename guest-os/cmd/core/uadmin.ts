// SPDX-License-Identifier: MIT
/**
 * @fileoverview uadmin(8): halts, resets or switches off the machine at once
 * @path /sbin/uadmin
 */
/** @manual
 * DESCRIPTION
 * Makes the system call uadmin(2) with these numbers at once, without stopping anything.
 *
 * NUMBERS
 *   2 0   halt
 *   2 1   reset
 *   2 6   switch off
 *   5 0   write a crash dump as in a panic (dumpadm(8)), then halt; 5 1 and 5 6 accordingly
 */
import * as calls from '../../lib/calls';
import { complain, say } from '../../lib/io';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'uadmin command function';

export function main(args: string[]): i32 {
  if (args.length != 3) {
    say('usage: uadmin cmd fcn\n');
    return 2;
  }
  const error = calls.uadmin(<i32>parseNumber(args[1]), <i32>parseNumber(args[2]), 0);
  complain('uadmin', 'cannot', error);
  return 1;
}
