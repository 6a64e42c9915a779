// SPDX-License-Identifier: MIT
/** @fileoverview unlink(8): remove one name of a file
 * @path /usr/bin/unlink
 */
/** @manual
 * DESCRIPTION
 * Calls unlink(2) with the name, and asks nothing.
 *
 * SEE ALSO
 * rm(1), link(8)
 */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'unlink file';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  while (options.next() != '') {}
  const words = options.operands();
  if (options.failed || words.length != 1) return misused(USAGE);
  const error = calls.unlink(pathOf(words[0]));
  if (error < 0) complain('unlink', words[0], error);
  return error < 0 ? 1 : 0;
}
