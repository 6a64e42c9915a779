// SPDX-License-Identifier: MIT
/** @fileoverview find(1): files that meet conditions */
/** @manual
 * DESCRIPTION
 * Walks each directory and evaluates the expression for each file in it. Conditions are joined by -a (or nothing) and -o, ! and parentheses. Numbers are
 * exactly n, +n more, -n less.
 *
 * OPTIONS
 *   -H, -L, -P   follow links: operands only, all, none
 *
 * CONDITIONS
 *   -name glob, -iname glob   the last part of the path;  -path glob  all of it
 *   -type bcdflps   by kind
 *   -size n[ckMG]   blocks of 512 bytes, or units
 *   -mtime n, -atime n, -ctime n   days ago;  -mmin n, -amin n, -cmin n  minutes
 *   -newer file   changed later;  -perm mode, -mode, /mode  exactly, all of, any of these
 *   -user name, -group name, -nouser, -nogroup;  -links n, -inum n
 *   -empty, -readable, -writable, -executable, -true, -false
 *   -regex RE   the whole path, as an extended regular expression
 *   -maxdepth n, -mindepth n;  -depth  contents first;  -mount, -xdev  one file system
 *
 * ACTIONS
 *   -print, -print0, -printf format, -ls
 *   -exec command ;   with {} for the path;  -exec command {} +  many at once;  -ok  asks
 *   -delete;  -prune  not below;  -quit
 */
import * as calls from '../../lib/calls';
import { entriesOf, failure, joinPath, Status, status } from '../../lib/files';
import { complain, flush, out, say } from '../../lib/io';
import { Condition, findState, parseExpression } from '../../lib/findExpression';

export const USAGE: string = 'find [-H | -L | -P] [path ...] [expression]';

let follow = '';
let result = 0;

export function main(args: string[]): i32 {
  let at = 1;
  while (at < args.length && (args[at] == '-H' || args[at] == '-L' || args[at] == '-P')) follow = args[at++].substring(1);
  const paths: string[] = [];
  while (at < args.length && !args[at].startsWith('-') && args[at] != '!' && args[at] != '(') paths.push(args[at++]);
  if (!paths.length) paths.push('.');
  findState.now = calls.time();
  const expression = parseExpression(args.slice(at));
  if (findState.error.length || !expression) {
    say('find: ' + findState.error + '\n');
    return 1;
  }
  for (let i = 0; i < paths.length && !findState.quit; i++) {
    const about = statusFor(paths[i], true);
    if (!about) {
      complain('find', paths[i], failure);
      result = 1;
      continue;
    }
    walk(paths[i], about, expression, 0, about.device);
  }
  findState.finish();
  flush();
  return findState.failed ? 1 : result;
}

function statusFor(path: string, top: bool): Status | null {
  if (follow == 'L' || (top && follow == 'H')) {
    const about = status(path, true);
    if (about) return about;
  }
  return status(path, false);
}

function walk(path: string, about: Status, expression: Condition, depth: i32, device: u64): void {
  findState.pruned = false;
  const shown = depth >= findState.least;
  if (shown && !findState.contentsFirst) expression.holds(path, about, depth);
  if (findState.quit) return;
  const below =
    about.isDirectory && !findState.pruned && depth < findState.most && !(findState.oneFileSystem && about.device != device);
  if (below) {
    const names = entriesOf(path);
    if (!names) {
      complain('find', path, failure);
      result = 1;
    } else
      for (let i = 0; i < names.length && !findState.quit; i++) {
        const full = joinPath(path, names[i]);
        const next = statusFor(full, false);
        if (next) walk(full, next, expression, depth + 1, device);
        else if (failure != 2) {
          complain('find', full, failure);
          result = 1;
        }
      }
  }
  if (shown && findState.contentsFirst && !findState.quit) expression.holds(path, about, depth);
}
