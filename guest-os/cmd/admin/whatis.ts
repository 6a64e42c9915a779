// SPDX-License-Identifier: MIT
/** @fileoverview whatis(1): summaries of manual pages */
/** @manual
 * DESCRIPTION
 * Shows the summary of each page of that name.
 *
 * FILES
 *   /usr/share/man/whatis
 *
 * SEE ALSO
 * man(1)
 */
import { say } from '../../lib/io';
import { search } from './man';

export const USAGE: string = 'whatis name ...';

export function main(args: string[]): i32 {
  if (args.length > 1) return search(args.slice(1), false);
  say('usage: ' + USAGE + '\n');
  return 2;
}
