// SPDX-License-Identifier: MIT
/** @fileoverview mdata-list(1): list metadata keys of this VM */
/** @manual
 * DESCRIPTION
 * Writes the keys of customer_metadata, one a line.
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
import { out } from '../../lib/io';
import { misused } from '../../lib/options';
import { answer, ask, DONE, MISUSED } from './_ask';

export const USAGE: string = 'mdata-list';

export function main(args: string[]): i32 {
  if (args.length != 1) return misused(USAGE, MISUSED);
  const result = ask('mdata-list', 'KEYS', '');
  if (result == DONE && answer.length) out(answer + '\n');
  return result;
}
