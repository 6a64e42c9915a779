// SPDX-License-Identifier: MIT
/** @fileoverview digest(1): print digests of files */
/** @manual
 * OPTIONS
 *   -a algorithm   md5, sha1, sha256 or sha512
 *   -l   lists the algorithms
 *   -v   with algorithm and file name
 */
import { digestOf } from '../../lib/digest';
import { digestFile } from '../../lib/digestCommand';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'digest -l\ndigest [-v] -a algorithm [file ...]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'a:lv');
  let algorithm = '';
  let verbose = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'l') {
      out('md5\nsha1\nsha256\nsha512\n');
      return 0;
    }
    if (option == 'v') verbose = true;
    else algorithm = options.argument;
  }
  if (options.failed || !algorithm.length) return misused(USAGE);
  if (!digestOf(algorithm)) {
    say('digest: invalid cryptographic algorithm ' + algorithm + '\n');
    return 1;
  }
  const files = options.operands();
  const named = files.length > 0;
  if (!named) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const text = digestFile('digest', algorithm, files[i]);
    if (!text.length) result = 1;
    else if (named && (verbose || files.length > 1))
      out((verbose ? algorithm + ' ' : '') + '(' + files[i] + ') = ' + text + '\n');
    else out(text + '\n');
  }
  return result;
}
