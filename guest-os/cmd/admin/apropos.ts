// SPDX-License-Identifier: MIT
/** @fileoverview apropos(1): locate commands by keyword */
/** @manual
 * DESCRIPTION
 * Lists the pages whose name or summary has a word.
 *
 * FILES
 *   /usr/share/man/whatis
 *
 * SEE ALSO
 * man(1)
 */
import { say } from '../../lib/io';
import { search } from './man';

export const USAGE: string = 'apropos word ...';

export function main(args: string[]): i32 {
  if (args.length > 1) return search(args.slice(1), true);
  say('usage: ' + USAGE + '\n');
  return 2;
}
