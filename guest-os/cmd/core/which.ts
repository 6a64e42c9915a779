// SPDX-License-Identifier: MIT
/** @fileoverview which(1): where commands lie */
/** @manual
 * DESCRIPTION
 * Looks for each name in the directories of PATH and prints the first executable file.
 *
 * OPTIONS
 *   -a   all of them
 *
 * EXIT STATUS
 *   0   all were found
 *   1   one was not
 */
import * as calls from '../../lib/calls';
import { variable } from '../../lib/columns';
import { status } from '../../lib/files';
import { out } from '../../lib/io';
import { Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'which [-a] name ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'a');
  let all = false;
  for (let option = options.next(); option != ''; option = options.next()) all = true;
  if (options.failed) return 2;
  const names = options.operands();
  const path = variable('PATH');
  const places = (path == null ? '' : path).split(':');
  let result = 0;
  for (let i = 0; i < names.length; i++) {
    let found: bool = false;
    if (names[i].includes('/')) {
      found = isExecutable(names[i]);
      if (found) out(names[i] + '\n');
    } else
      for (let k = 0; k < places.length && (all || !found); k++) {
        const full = (places[k].length ? places[k] : '.') + '/' + names[i];
        if (!isExecutable(full)) continue;
        out(full + '\n');
        found = true;
      }
    if (!found) result = 1;
  }
  return result;
}

function isExecutable(path: string): bool {
  const about = status(path, true);
  return about != null && about.isRegular && calls.access(pathOf(path), 1) >= 0;
}
