// SPDX-License-Identifier: MIT
/** @fileoverview rm(1): remove files */
/** @manual
 * DESCRIPTION
 * Removes names of files. A file that may not be written to is asked about where standard input is a terminal.
 *
 * OPTIONS
 *   -f   asks nothing, and says nothing of what is not there
 *   -i   asks about each
 *   -r, -R   directories with what is in them
 *   -d   empty directories;  -v  tells what is done
 */
import { agrees } from '../../lib/ask';
import * as calls from '../../lib/calls';
import { isTerminal } from '../../lib/columns';
import { entriesOf, failure, joinPath, lastPart, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'rm [-fi] file ...\nrm -rR [-fi] dir ... [file ...]';

let recursive = false;
let empty = false;
let force = false;
let interactive = false;
let verbose = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'dfirRv', ['force=f', 'recursive=r', 'interactive=i', 'verbose=v', 'dir=d']);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'f') {
      force = true;
      interactive = false;
    } else if (option == 'i') {
      interactive = true;
      force = false;
    } else if (option == 'd') empty = true;
    else if (option == 'v') verbose = true;
    else recursive = true;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length && !force) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    const name = operands[i];
    const last = lastPart(name);
    if (last == '.' || last == '..') say('rm of ' + name + ' is not allowed\n');
    else if (isRoot(name)) say('rm of / is not allowed\n');
    else if (remove(name)) continue;
    result = 1;
  }
  return result;
}

function isRoot(name: string): bool {
  const about = status(name, false);
  const root = status('/', true);
  return about != null && root != null && about.isSameFile(root);
}

function remove(name: string): bool {
  const about = status(name, false);
  if (!about) {
    if (force && (failure == 2 || failure == 20)) return true;
    complain('rm', name, failure);
    return false;
  }
  if (about.isDirectory && !recursive && !empty) {
    say('rm: ' + name + ' is a directory\n');
    return false;
  }
  let error: i64 = 0;
  if (about.isDirectory) {
    const names = recursive ? entriesOf(name) : [];
    if (!names) {
      complain('rm', 'cannot read directory ' + name, failure);
      return false;
    }
    if (names.length && interactive && !agrees('rm: examine files in directory ' + name + ' (yes/no)? ')) return true;
    let whole: bool = true;
    for (let i = 0; i < names.length; i++) whole = remove(joinPath(name, names[i])) && whole;
    if (!whole) return false;
    if (interactive && !agrees('rm: remove directory ' + name + ' (yes/no)? ')) return true;
    error = calls.rmdir(pathOf(name));
    // Something that was kept on purpose is still in it.
    if (error < 0 && interactive) return true;
  } else {
    const guarded = !force && !about.isLink && calls.access(pathOf(name), 2) < 0 && isTerminal(0);
    if (interactive && !agrees('rm: remove ' + name + ' (yes/no)? ')) return true;
    if (
      !interactive &&
      guarded &&
      !agrees('rm: ' + name + ': override protection ' + about.permissions.toString(8) + ' (yes/no)? ')
    )
      return true;
    error = calls.unlink(pathOf(name));
  }
  if (error < 0) complain('rm', name + ' not removed', error);
  else if (verbose) out('removed ' + name + '\n');
  return error >= 0;
}
