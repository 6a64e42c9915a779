// SPDX-License-Identifier: MIT
/** @fileoverview uptime(1): how long the system has been up */
/** @manual
 * DESCRIPTION
 * Prints the time of day, how long the system has been up, and how many users are logged in.
 *
 * FILES
 *   /var/adm/utmpx
 *
 * SEE ALSO
 * w(1), who(1)
 */
import { out } from '../../lib/io';
import { uptimeLine } from '../../lib/uptime';

export const USAGE: string = 'uptime';

export function main(args: string[]): i32 {
  out(uptimeLine() + '\n');
  return 0;
}
