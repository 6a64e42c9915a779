// SPDX-License-Identifier: MIT
/** @fileoverview zonename(1): print the name of the current zone */
/** @manual
 * DESCRIPTION
 * Prints the name of the zone that it runs in; `global` outside of any.
 *
 * SEE ALSO
 * zoneadm(8), zlogin(1), zones(7)
 */
import { out, say } from '../../lib/io';
import { ownZoneName } from '../../lib/zones/kernel';

export const USAGE: string = 'zonename';

export function main(args: string[]): i32 {
  if (args.length > 1) {
    say('usage: ' + USAGE + '\n');
    return 2;
  }
  out(ownZoneName() + '\n');
  return 0;
}
