// SPDX-License-Identifier: MIT
/** @fileoverview printenv(1): variables of the environment */
/** @manual
 * DESCRIPTION
 * Prints the value of each variable named, or all of them.
 *
 * EXIT STATUS
 *   0   all are set
 *   1   one is not
 */
import { out } from '../../lib/io';
import { environment } from '../../lib/process';

export const USAGE: string = 'printenv [name ...]';

export function main(args: string[]): i32 {
  const all = environment();
  if (args.length == 1) for (let i = 0; i < all.length; i++) out(all[i] + '\n');
  let result = 0;
  for (let k = 1; k < args.length; k++) {
    let found = false;
    for (let i = 0; i < all.length; i++) {
      if (!all[i].startsWith(args[k] + '=')) continue;
      out(all[i].substring(args[k].length + 1) + '\n');
      found = true;
    }
    if (!found) result = 1;
  }
  return result;
}
