// SPDX-License-Identifier: MIT
/** @fileoverview whoami(1): the effective user's name */
/** @manual
 * DESCRIPTION
 * Prints the name of the effective user.
 */
import { effectiveUser } from '../../lib/identity';
import { out, say } from '../../lib/io';
import { userById } from '../../lib/users';

export const USAGE: string = 'whoami';

export function main(args: string[]): i32 {
  const user = userById(effectiveUser());
  if (!user) {
    say('whoami: no login associated with uid ' + effectiveUser().toString() + '\n');
    return 1;
  }
  out(user.name + '\n');
  return 0;
}
