// SPDX-License-Identifier: MIT
/** @fileoverview dirname(1): a path without its last part */
/** @manual
 * DESCRIPTION
 * Prints what is in front of the last part of each path, a dot where there is nothing.
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'dirname string ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'z', ['zero=z']);
  let end = '\n';
  for (let option = options.next(); option != ''; option = options.next()) end = '\0';
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE, 1);
  for (let i = 0; i < operands.length; i++) out(directoryOf(operands[i]) + end);
  return 0;
}

export function directoryOf(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 0x2f) end--;
  end = path.lastIndexOf('/', end - 1);
  if (end < 0) return '.';
  while (end > 1 && path.charCodeAt(end - 1) == 0x2f) end--;
  return end <= 0 ? '/' : path.substring(0, end);
}
