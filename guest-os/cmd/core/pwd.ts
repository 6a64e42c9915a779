// SPDX-License-Identifier: MIT
/** @fileoverview pwd(1): the current directory. */
/** @manual
 * DESCRIPTION
 * Prints the path of the current directory.
 */
import { currentDirectory } from '../../lib/files';
import { out } from '../../lib/io';

export const USAGE: string = 'pwd';

export function main(args: string[]): i32 {
  out(currentDirectory() + '\n');
  return 0;
}
