// SPDX-License-Identifier: MIT
/** @fileoverview mktemp(1): make a file with a name of its own */
/** @manual
 * DESCRIPTION
 * Makes an empty file that only its owner may read and prints its name: the template with its last X's replaced, /tmp/tmp.XXXXXX without one.
 *
 * OPTIONS
 *   -d   a directory
 *   -p dir   in this directory;  -t  in TMPDIR, or /tmp
 *   -q   complains of nothing
 *   -u   removes it again: a name only
 */
import * as calls from '../../lib/calls';
import { variable } from '../../lib/columns';
import { joinPath } from '../../lib/files';
import { complain, O_CREAT, O_EXCL, O_RDWR, openFile, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { randomBytes } from '../../lib/random';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'mktemp [-dtqu] [-p directory] [template]';
const LETTERS: string = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const EEXIST: i64 = -17;
const ATTEMPTS: i32 = 100;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'dp:tqu', ['directory=d', 'tmpdir?=p', 'quiet=q', 'dry-run=u']);
  let directory = false;
  let quiet = false;
  let only = false;
  let place = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') directory = true;
    else if (option == 'q') quiet = true;
    else if (option == 'u') only = true;
    else {
      const usual = variable('TMPDIR');
      place = option == 'p' && options.argument.length ? options.argument : usual == null || !usual.length ? '/tmp' : usual;
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length > 1) return misused(USAGE, 1);
  if (!operands.length && !place.length) {
    const usual = variable('TMPDIR');
    place = usual == null || !usual.length ? '/tmp' : usual;
  }
  const template = operands.length ? operands[0] : 'tmp.XXXXXXXXXX';
  let end = template.lastIndexOf('X') + 1;
  let start = end;
  while (start > 0 && template.charAt(start - 1) == 'X') start--;
  if (end - start < 3 || (operands.length && template.indexOf('/', start) >= 0)) {
    if (!quiet) say("mktemp: too few X's in template " + template + '\n');
    return 1;
  }
  for (let i = 0; i < ATTEMPTS; i++) {
    const random = randomBytes(end - start);
    let name = template.substring(0, start);
    for (let k = 0; k < random.length; k++) name += LETTERS.charAt(<i32>random[k] % LETTERS.length);
    name += template.substring(end);
    if (place.length) name = joinPath(place, name);
    const made: i64 = directory ? calls.mkdir(pathOf(name), 0o700) : <i64>openFile(name, O_RDWR | O_CREAT | O_EXCL, 0o600);
    if (made == EEXIST) continue;
    if (made < 0) {
      if (!quiet) complain('mktemp', 'failed to create ' + (directory ? 'directory ' : 'file ') + name, made);
      return 1;
    }
    if (only) {
      if (directory) calls.rmdir(pathOf(name));
      else calls.unlink(pathOf(name));
    }
    out(name + '\n');
    return 0;
  }
  return 1;
}
