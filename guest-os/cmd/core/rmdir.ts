// SPDX-License-Identifier: MIT
/** @fileoverview rmdir(1): remove empty directories */
/** @manual
 * OPTIONS
 *   -p   parents in the path too, as long as they are empty
 *   -s   says nothing of parents that are not
 */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'rmdir [-ps] dirname ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'psv', ['parents=p', 'ignore-fail-on-non-empty=s']);
  let parents = false;
  let silent = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'p') parents = true;
    else if (option == 's') silent = true;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    let path = operands[i];
    while (true) {
      const error = calls.rmdir(pathOf(path));
      if (error < 0) {
        if (!silent) complain('rmdir', 'directory "' + path + '"', error);
        if (!silent) result = 1;
        break;
      }
      const slash = path.lastIndexOf('/');
      if (!parents || slash <= 0) break;
      path = path.substring(0, slash);
    }
  }
  return result;
}
