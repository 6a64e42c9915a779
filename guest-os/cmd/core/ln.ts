// SPDX-License-Identifier: MIT
/** @fileoverview ln(1): give files further names */
/** @manual
 * DESCRIPTION
 * Makes a name for a file, or names in a directory for several. Without a target the name is made in the current directory.
 *
 * OPTIONS
 *   -f   replaces what is there
 *   -n   a target that is a link to a directory is replaced, not entered
 *   -s   a symbolic link: a file that says a path
 *   -T   the target is no directory to make links in;  -v  tells what is done
 */
import * as calls from '../../lib/calls';
import { isDirectory } from '../../lib/copy';
import { failure, joinPath, lastPart, Status, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'ln [-fnsTv] source_file [target]\nln [-fnsv] source_file ... directory';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'fhnsTvP', [
    'force=f',
    'symbolic=s',
    'no-dereference=n',
    'no-target-directory=T',
    'verbose=v',
  ]);
  let given = '';
  for (let option = options.next(); option != ''; option = options.next()) given += option;
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE);
  const target = operands.length > 1 ? operands.pop() : '.';
  let directory = !given.includes('T') && isDirectory(target);
  if (directory && (given.includes('n') || given.includes('h')) && operands.length == 1) {
    const itself = status(target, false);
    if (itself && itself.isLink) directory = false;
  }
  if (!directory && operands.length > 1) {
    say('ln: ' + target + ': not a directory\n');
    return misused(USAGE);
  }
  let result = 0;
  for (let i = 0; i < operands.length; i++)
    if (!link(operands[i], directory ? joinPath(target, lastPart(operands[i])) : target, given)) result = 1;
  return result;
}

function link(source: string, name: string, given: string): bool {
  const symbolic = given.includes('s');
  let about: Status | null = null;
  if (!symbolic) about = status(source, false);
  if (!symbolic && !about) {
    complain('ln', 'cannot access ' + source, failure);
    return false;
  }
  if (about && about.isDirectory) {
    say('ln: ' + source + ' is a directory\n');
    return false;
  }
  let there: Status | null = null;
  if (given.includes('f')) there = status(name, false);
  if (there) {
    if (about && about.isSameFile(there)) {
      // Another name of the same file is what is wanted already.
      if (name != source) return true;
      say('ln: ' + source + ' and ' + name + ' are identical\n');
      return false;
    }
    if (!there.isDirectory) calls.unlink(pathOf(name));
  }
  const error = symbolic ? calls.symlink(pathOf(source), pathOf(name)) : calls.link(pathOf(source), pathOf(name));
  if (error < 0) complain('ln', 'cannot create ' + name, error);
  else if (given.includes('v')) out(name + ' -> ' + source + '\n');
  return error >= 0;
}
