// SPDX-License-Identifier: MIT
/** @fileoverview realpath(1): paths without links, . and .. */
/** @manual
 * OPTIONS
 *   -e   everything must be there;  -m  anything may be missing
 *   -q   complains of nothing
 *   -z   results end with a zero byte
 */
import { failure } from '../../lib/files';
import { complain, out } from '../../lib/io';
import { Options } from '../../lib/options';
import { canonical } from '../../lib/paths';

export const USAGE: string = 'realpath [-emqz] [file ...]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'emqz', ['canonicalize-existing=e', 'canonicalize-missing=m', 'quiet=q', 'zero=z']);
  let missing = 1;
  let quiet = false;
  let end = '\n';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'q') quiet = true;
    else if (option == 'z') end = '\0';
    else missing = option == 'e' ? 0 : 1000;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) operands.push('.');
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    const path = canonical(operands[i], missing);
    if (path != null) out(path + end);
    else {
      if (!quiet) complain('realpath', operands[i], failure);
      result = 1;
    }
  }
  return result;
}
