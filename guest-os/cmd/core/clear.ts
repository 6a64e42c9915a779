// SPDX-License-Identifier: MIT
/** @fileoverview clear(1): clear the terminal */
/** @manual
 * DESCRIPTION
 * Moves to the first line of the screen and clears it and what has scrolled away.
 */
import { out } from '../../lib/io';

export const USAGE: string = 'clear';

export function main(args: string[]): i32 {
  out('\x1b[H\x1b[2J\x1b[3J');
  return 0;
}
