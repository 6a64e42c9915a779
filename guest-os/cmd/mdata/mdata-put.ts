// SPDX-License-Identifier: MIT
/** @fileoverview mdata-put(1): set a metadata value of this VM */
/** @manual
 * DESCRIPTION
 * Sets a value of customer_metadata, which `vmadm get` shows, to the one given or to what standard input has.
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
import { readAll, say } from '../../lib/io';
import { toBase64 } from '../../lib/base64';
import { misused } from '../../lib/options';
import { isTerminal } from '../../lib/tty';
import { ask, MISUSED } from './_ask';

export const USAGE: string = 'mdata-put key [value]';

export function main(args: string[]): i32 {
  if (args.length != 2 && args.length != 3) return misused(USAGE, MISUSED);
  if (args.length == 2 && isTerminal(0)) {
    say('mdata-put: a value is needed, as an argument or on standard input\n');
    return MISUSED;
  }
  const value = args.length == 3 ? args[2] : readAll(0);
  return ask('mdata-put', 'PUT', toBase64(args[1]) + ' ' + toBase64(value));
}
