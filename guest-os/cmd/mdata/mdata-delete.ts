// SPDX-License-Identifier: MIT
/** @fileoverview mdata-delete(1): take a metadata value of this VM away */
/** @manual
 * DESCRIPTION
 * Takes a key of customer_metadata away, if it is there.
 *
 * EXIT STATUS
 *   0   done
 *   1   there is no such key (mdata-get)
 *   2   it could not be done
 *   3   wrong usage
 *
 * SEE ALSO
 * vmadm(8)
 */
import { misused } from '../../lib/options';
import { ask, MISUSED } from './_ask';

export const USAGE: string = 'mdata-delete key';

export function main(args: string[]): i32 {
  if (args.length != 2) return misused(USAGE, MISUSED);
  return ask('mdata-delete', 'DELETE', args[1]);
}
