// SPDX-License-Identifier: MIT
/** @fileoverview clear(1): clear the terminal */
import { out } from '../../lib/io';

export const USAGE: string = 'clear';

export function main(args: string[]): i32 {
  out('\x1b[H\x1b[2J\x1b[3J');
  return 0;
}
