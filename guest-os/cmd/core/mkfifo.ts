// SPDX-License-Identifier: MIT
/** @fileoverview mkfifo(1): make pipes with names */
/** @manual
 * OPTIONS
 *   -m mode   permissions, octal or as for chmod
 */
import * as calls from '../../lib/calls';
import { S_IFIFO } from '../../lib/files';
import { complain, say } from '../../lib/io';
import { changedMode } from '../../lib/mode';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'mkfifo [-m mode] file ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'm:', ['mode=m']);
  let mode = -1;
  for (let option = options.next(); option != ''; option = options.next()) {
    mode = changedMode(options.argument, 0o666, 0, false);
    if (mode >= 0) continue;
    say('mkfifo: invalid mode: ' + options.argument + '\n');
    return 1;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE, 1);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    const error = calls.mknod(pathOf(operands[i]), <i32>S_IFIFO | (mode < 0 ? 0o666 : mode & 0o777), 0);
    if (error < 0) {
      complain('mkfifo', operands[i], error);
      result = 1;
    } else if (mode >= 0) calls.chmod(pathOf(operands[i]), mode);
  }
  return result;
}
