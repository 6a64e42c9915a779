// SPDX-License-Identifier: MIT
/** @fileoverview basename(1): the last part of a path */
/** @manual
 * DESCRIPTION
 * Prints what follows the last slash of a path, without the suffix if it ends so.
 *
 * OPTIONS
 *   -a   every operand is a path
 *   -s suffix   the same with a suffix
 *   -z   results end with a zero byte
 */
import { lastPart } from '../../lib/files';
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'basename string [suffix]\nbasename -a [-s suffix] string ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'as:z', ['multiple=a', 'suffix=s', 'zero=z']);
  let all = false;
  let suffix = '';
  let end = '\n';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'z') end = '\0';
    else all = true;
    if (option == 's') suffix = options.argument;
  }
  if (options.failed) return 1;
  let operands = options.operands();
  if (!operands.length || (!all && operands.length > 2)) return misused(USAGE, 1);
  if (!all && operands.length == 2) {
    suffix = operands[1];
    operands = operands.slice(0, 1);
  }
  for (let i = 0; i < operands.length; i++) {
    const name = lastPart(operands[i]);
    const cut = suffix.length && name.length > suffix.length && name.endsWith(suffix);
    out((cut ? name.substring(0, name.length - suffix.length) : name) + end);
  }
  return 0;
}
