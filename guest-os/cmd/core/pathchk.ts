// SPDX-License-Identifier: MIT
/** @fileoverview pathchk(1): whether paths may be used */
/** @manual
 * DESCRIPTION
 * Complains of paths with too long parts, and of those whose directories cannot be searched.
 *
 * OPTIONS
 *   -p   what every POSIX system takes: names of 14 letters, digits and . _ -
 *   -P   empty paths and names that begin with -
 */
import * as calls from '../../lib/calls';
import { say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'pathchk [-pP] path ...';
const PORTABLE: string = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/';
const PATH_MAX: i32 = 1024;
const NAME_MAX: i32 = 255;
const POSIX_PATH_MAX: i32 = 256;
const POSIX_NAME_MAX: i32 = 14;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'pP', ['portability=B']);
  let given = '';
  for (let option = options.next(); option != ''; option = options.next()) given += option;
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE, 1);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    const problem = problemOf(operands[i], given.includes('p'), given.includes('P'));
    if (!problem.length) continue;
    say('pathchk: ' + operands[i] + ': ' + problem + '\n');
    result = 1;
  }
  return result;
}

function problemOf(path: string, portable: bool, strict: bool): string {
  if (!path.length && (strict || portable)) return 'empty path name';
  if (path.length >= (portable ? POSIX_PATH_MAX : PATH_MAX)) return 'path too long';
  const parts = path.split('/');
  for (let i = 0; i < parts.length; i++) {
    if (strict && parts[i].startsWith('-')) return 'component begins with -';
    if (parts[i].length > (portable ? POSIX_NAME_MAX : NAME_MAX)) return 'component too long';
  }
  if (portable) {
    for (let i = 0; i < path.length; i++) if (!PORTABLE.includes(path.charAt(i))) return 'nonportable character';
    return '';
  }
  const error = calls.access(pathOf(path), 0);
  return error < 0 && error != -2 ? 'component not searchable' : '';
}
