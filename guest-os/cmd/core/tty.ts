// SPDX-License-Identifier: MIT
/** @fileoverview tty(1): the terminal that standard input is */
/** @manual
 * OPTIONS
 *   -s   prints nothing
 *
 * EXIT STATUS
 *   0   it is a terminal
 *   1   it is not
 */
import { isTerminal } from '../../lib/columns';
import { out } from '../../lib/io';
import { Options } from '../../lib/options';
import { terminalName } from '../../lib/terminal';

export const USAGE: string = 'tty [-s]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 's', ['silent=s', 'quiet=s']);
  let silent = false;
  for (let option = options.next(); option != ''; option = options.next()) silent = true;
  if (options.failed) return 2;
  const terminal = isTerminal(0);
  if (!silent) out((terminal ? terminalName(0) : 'not a tty') + '\n');
  return terminal ? 0 : 1;
}
