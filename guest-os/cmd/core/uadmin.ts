// SPDX-License-Identifier: MIT
/**
 * @fileoverview uadmin(8): halts, resets or switches off the machine at once
 * @path /sbin/uadmin
 */
import * as calls from '../../lib/calls';
import { complain, say } from '../../lib/io';
import { parseNumber } from '../../lib/text';

export function main(args: string[]): i32 {
  if (args.length != 3) {
    say('usage: uadmin cmd fcn\n');
    return 2;
  }
  const error = calls.uadmin(<i32>parseNumber(args[1]), <i32>parseNumber(args[2]));
  complain('uadmin', 'cannot', error);
  return 1;
}
