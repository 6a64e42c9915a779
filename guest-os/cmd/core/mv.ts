// SPDX-License-Identifier: MIT
/** @fileoverview mv(1): move or rename files */
/** @manual
 * DESCRIPTION
 * Gives a file another name, or moves files into a directory. Between file systems they are copied and removed.
 *
 * OPTIONS
 *   -f   does not ask
 *   -i   asks before something is overwritten;  -n  overwrites nothing
 *   -T   the target is no directory to move into;  -t dir  it is this one
 *   -u   only what is newer;  -v  tells what is done
 */
import { agrees } from '../../lib/ask';
import * as calls from '../../lib/calls';
import { isTerminal } from '../../lib/columns';
import { Copier, isDirectory, isNewer, removeTree } from '../../lib/copy';
import { failure, joinPath, lastPart, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'mv [-finuv] source ... target';
const EXDEV: i64 = -18;

let how: string = '';
let updateOnly = false;
let verbose = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'finTt:uv', [
    'force=f',
    'interactive=i',
    'no-clobber=n',
    'no-target-directory=T',
    'target-directory=t',
    'update=u',
    'verbose=v',
  ]);
  let plain = false;
  let into = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'T') plain = true;
    else if (option == 't') into = options.argument;
    else if (option == 'u') updateOnly = true;
    else if (option == 'v') verbose = true;
    else how = option;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (into.length) operands.push(into);
  if (operands.length < 2 || (plain && operands.length > 2)) return misused(USAGE);
  const target = operands.pop();
  const directory = !plain && isDirectory(target);
  if (!directory && (operands.length > 1 || into.length)) {
    say('mv: ' + target + ': not a directory\n');
    return misused(USAGE);
  }
  let result = 0;
  for (let i = 0; i < operands.length; i++)
    if (!move(operands[i], directory ? joinPath(target, lastPart(operands[i])) : target)) result = 1;
  return result;
}

function move(from: string, to: string): bool {
  const about = status(from, false);
  if (!about) {
    complain('mv', 'cannot access ' + from, failure);
    return false;
  }
  const there = status(to, false);
  if (there) {
    if (there.isSameFile(about) && from == to) {
      say('mv: ' + from + ' and ' + to + ' are identical\n');
      return false;
    }
    if (how == 'n' || (updateOnly && !isNewer(about, there))) return true;
    if (there.isDirectory && !about.isDirectory) {
      say('mv: cannot overwrite directory ' + to + ' with a file\n');
      return false;
    }
    const guarded = how != 'f' && !there.isLink && calls.access(pathOf(to), 2) < 0 && isTerminal(0);
    if ((how == 'i' || guarded) && !agrees('mv: overwrite ' + to + ' (yes/no)? ')) return true;
  }
  const error = calls.rename(pathOf(from), pathOf(to));
  if (error >= 0) {
    if (verbose) out(from + ' -> ' + to + '\n');
    return true;
  }
  if (error != EXDEV) {
    complain('mv', 'cannot rename ' + from + ' to ' + to, error);
    return false;
  }
  if (there && !about.isDirectory) calls.unlink(pathOf(to));
  const copier = new Copier('mv');
  copier.recursive = copier.preserve = copier.preserveLinks = true;
  copier.follow = copier.followOperands = false;
  copier.verbose = verbose;
  copier.copy(from, to);
  return !copier.failed && removeTree('mv', from);
}
