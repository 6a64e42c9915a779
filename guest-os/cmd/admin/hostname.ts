// SPDX-License-Identifier: MIT
/** @fileoverview hostname(1): set or display the name of this host */
/** @manual
 * DESCRIPTION
 * Prints the name, or sets it until the next boot. The lasting name is the property config/nodename of system/identity:node, or what
 * /etc/nodename says.
 *
 * OPTIONS
 *   -s   without the domain
 *
 * SEE ALSO
 * uname(1), svccfg(8)
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { SI_SET_HOSTNAME } from '../../lib/systemInformation';
import { pathOf, zeroTerminated } from '../../lib/text';

export const USAGE: string = 'hostname [-s] [name]';

const names = memory.data(1285);

export function main(args: string[]): i32 {
  const short = args.length > 1 && args[1] == '-s';
  const first = short ? 2 : 1;
  if (args.length > first + 1 || (args.length > first && args[first].startsWith('-'))) {
    say('usage: ' + USAGE + '\n');
    return 1;
  }
  if (args.length > first) {
    const result = calls.systeminfo(SI_SET_HOSTNAME, pathOf(args[first]), 0);
    if (result >= 0) return 0;
    complain('hostname', 'error in setting name', result);
    return 1;
  }
  calls.uname(names);
  const name = zeroTerminated(names + 257);
  out((short ? name.split('.')[0] : name) + '\n');
  return 0;
}
