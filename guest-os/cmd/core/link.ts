// SPDX-License-Identifier: MIT
/** @fileoverview link(8): give a file one more name
 * @path /usr/bin/link
 */
/** @manual
 * DESCRIPTION
 * Calls link(2) with the names, and asks nothing.
 *
 * SEE ALSO
 * ln(1), unlink(8)
 */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'link existing new';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  while (options.next() != '') {}
  const words = options.operands();
  if (options.failed || words.length != 2) return misused(USAGE);
  const error = calls.link(pathOf(words[0]), pathOf(words[1]));
  if (error < 0) complain('link', words[1], error);
  return error < 0 ? 1 : 0;
}
