// SPDX-License-Identifier: MIT
/** @fileoverview yes(1): a line, again and again */
/** @manual
 * DESCRIPTION
 * Writes a line, y unless said, again and again.
 */
import { out, outputError } from '../../lib/io';

export const USAGE: string = 'yes [string ...]';

export function main(args: string[]): i32 {
  const line = (args.length > 1 ? args.slice(1).join(' ') : 'y') + '\n';
  const many = line.repeat(max(4096 / line.length, 1));
  while (!outputError()) out(many);
  return 0;
}
