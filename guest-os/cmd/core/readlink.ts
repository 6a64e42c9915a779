// SPDX-License-Identifier: MIT
/** @fileoverview readlink(1): what a symbolic link says */
/** @manual
 * OPTIONS
 *   -f   the whole path without links instead; its last part may be missing
 *   -e   the same, everything must be there;  -m  anything may be missing
 *   -n   without the newline
 *   -z   results end with a zero byte
 *
 * EXIT STATUS
 *   0   all were printed
 *   1   something is no link, or is missing
 */
import { linkTarget, status } from '../../lib/files';
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { canonical } from '../../lib/paths';

export const USAGE: string = 'readlink [-efmnz] file ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'efmnz', [
    'canonicalize=f',
    'canonicalize-existing=e',
    'canonicalize-missing=m',
    'no-newline=n',
    'zero=z',
  ]);
  let how = '';
  let end = '\n';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'n') end = '';
    else if (option == 'z') end = '\0';
    else how = option;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE, 1);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    let text: string | null = null;
    if (how.length) text = canonical(operands[i], how == 'e' ? 0 : how == 'f' ? 1 : 1000);
    else {
      const about = status(operands[i], false);
      if (about && about.isLink) text = linkTarget(operands[i]);
    }
    if (text == null) result = 1;
    else out(text + (operands.length > 1 && end == '' ? '\n' : end));
  }
  return result;
}
