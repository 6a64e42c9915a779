// SPDX-License-Identifier: MIT
/** @fileoverview logname(1): the name that one logged in by */
/** @manual
 * DESCRIPTION
 * Prints LOGNAME of the environment, which login sets.
 *
 * EXIT STATUS
 *   0   there is one
 *   1   there is none
 */
import { variable } from '../../lib/columns';
import { out, say } from '../../lib/io';

export const USAGE: string = 'logname';

export function main(args: string[]): i32 {
  const name = variable('LOGNAME');
  if (name == null || !name.length) {
    say('logname: could not get user name\n');
    return 1;
  }
  out(name + '\n');
  return 0;
}
