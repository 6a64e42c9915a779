// SPDX-License-Identifier: MIT
/** @fileoverview nice(1): run a command with another priority */
/** @manual
 * OPTIONS
 *   -n increment, -increment   less important by so much, 10 otherwise; below 0 more important, which is a privilege
 *
 * Without a command the present value is printed.
 *
 * EXIT STATUS
 *   that of the command; 126 if it cannot be run, 127 if it is not found
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { environment, runPath } from '../../lib/process';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'nice [-n increment | -increment] [utility [argument ...]]';

export function main(args: string[]): i32 {
  const words = args.slice(0);
  if (words.length > 1 && words[1].length > 1 && parseNumber(words[1].substring(1)) >= 0 && words[1].startsWith('-'))
    words[1] = '-n' + words[1].substring(1);
  const options = new Options(words, USAGE, 'n:', ['adjustment=n']);
  let by: i64 = 10;
  for (let option = options.next(); option != ''; option = options.next()) {
    const negative = options.argument.startsWith('-');
    by = parseNumber(negative || options.argument.startsWith('+') ? options.argument.substring(1) : options.argument);
    if (by < 0) {
      say('nice: invalid number: ' + options.argument + '\n');
      return 125;
    }
    if (negative) by = -by;
  }
  if (options.failed) return 125;
  const command = options.operands();
  if (!command.length) {
    out(calls.nice(0).toString() + '\n');
    return 0;
  }
  const error = calls.nice(<i32>by);
  if (error < 0 && by < 0) complain('nice', 'cannot set priority', error);
  return runPath('nice', command, environment());
}
