// SPDX-License-Identifier: MIT
/** @fileoverview cd and pwd (POSIX.1-2017, XCU): the current directory, by the way that led to it. */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { currentDirectory, status } from '../../../lib/files';
import { out } from '../../../lib/io';
import { pathOf } from '../../../lib/text';
import { complain } from '../state';
import { get, has, setVariable } from '../variables/variables';

/** -L, the default: `..` goes back where a symbolic link was followed; -P: it is the directory's parent. */
export function changeDirectory(args: string[]): i32 {
  let at = 1;
  let physical = false;
  for (; at < args.length && (args[at] == '-L' || args[at] == '-P' || args[at] == '--'); at++) physical = args[at] == '-P';
  let target = at < args.length ? args[at] : get('HOME');
  if (!target.length && at >= args.length) return complain('cd: HOME not set');
  let tell = target == '-';
  if (tell) target = get('OLDPWD');
  if (tell && !target.length) return complain('cd: OLDPWD not set');
  const old = logicalDirectory();
  let place = target;
  if (!target.startsWith('/') && !target.startsWith('./') && !target.startsWith('../') && target != '.' && target != '..') {
    const path = has('CDPATH') ? get('CDPATH').split(':') : [''];
    for (let i = 0; i < path.length; i++) {
      const candidate = path[i].length ? path[i] + '/' + target : target;
      const file = status(candidate, true);
      if (!file || !file.isDirectory) continue;
      place = candidate;
      if (path[i].length) tell = true;
      break;
    }
  }
  const logical = simplify(place.startsWith('/') ? place : old + '/' + place);
  const error = calls.chdir(pathOf(physical ? place : logical));
  if (error < 0) return complain("cd: can't cd to " + target + ': ' + errorText(-error));
  setVariable('OLDPWD', old);
  setVariable('PWD', physical ? currentDirectory() : logical);
  if (tell) out(get('PWD') + '\n');
  return 0;
}

/** Without `.`, `..` and doubled slashes. */
function simplify(path: string): string {
  const parts = path.split('/');
  const kept: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] == '..') {
      if (kept.length) kept.pop();
    } else if (parts[i].length && parts[i] != '.') kept.push(parts[i]);
  }
  return '/' + kept.join('/');
}

/** PWD, if it is the current directory. */
export function logicalDirectory(): string {
  const path = get('PWD');
  const said = path.startsWith('/') ? status(path, true) : null;
  const here = status('.', true);
  return said && here && said.inode == here.inode && said.device == here.device ? path : currentDirectory();
}

export function printDirectory(args: string[]): i32 {
  out((args.length > 1 && args[1] == '-P' ? currentDirectory() : logicalDirectory()) + '\n');
  return 0;
}
