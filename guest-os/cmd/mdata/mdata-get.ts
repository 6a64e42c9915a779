// SPDX-License-Identifier: MIT
/** @fileoverview mdata-get(1): read a metadata value of this VM */
/** @manual
 * DESCRIPTION
 * Writes the value to standard output, with a newline behind it. Waits until the service is there. Keys are those of customer_metadata; `sdc:uuid`, `sdc:alias`,
 * `sdc:hostname`, `sdc:nics` and others of that kind are properties of the VM.
 *
 * EXAMPLES
 *   mdata-get user-script
 *   mdata-get sdc:uuid
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
import { out, say } from '../../lib/io';
import { misused } from '../../lib/options';
import { answer, ask, DONE, MISUSED, NOT_FOUND } from './_ask';

export const USAGE: string = 'mdata-get key';

export function main(args: string[]): i32 {
  if (args.length != 2) return misused(USAGE, MISUSED);
  const result = ask('mdata-get', 'GET', args[1]);
  if (result == DONE) out(answer + '\n');
  else if (result == NOT_FOUND) say("No metadata for '" + args[1] + "'\n");
  return result;
}
