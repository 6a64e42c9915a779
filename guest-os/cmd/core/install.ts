// SPDX-License-Identifier: MIT
/** @fileoverview install(1): copy files and set what they are */
/** @manual
 * OPTIONS
 *   -d   makes directories;  -D  those that the target needs
 *   -m mode   permissions, 755 otherwise;  -o owner, -g group
 *   -p   keeps times;  -t dir  into this directory;  -v  tells what is done
 */
import * as calls from '../../lib/calls';
import { copyData, isDirectory, parentOf, setTimes, writing } from '../../lib/copy';
import { failure, joinPath, lastPart, status } from '../../lib/files';
import { complain, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, openFile, out, say } from '../../lib/io';
import { changedMode } from '../../lib/mode';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';
import { groupNumber, userNumber } from '../../lib/users';

export const USAGE: string = 'install [-Dpv] [-m mode] [-o owner] [-g group] file ... target\ninstall -d [-m mode] directory ...';

let mode = 0o755;
let uid = -1;
let gid = -1;
let keepTimes = false;
let verbose = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'cdDg:m:o:pst:v', [
    'directory=d',
    'group=g',
    'mode=m',
    'owner=o',
    'preserve-timestamps=p',
    'target-directory=t',
    'verbose=v',
  ]);
  let directories = false;
  let parents = false;
  let into = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') directories = true;
    else if (option == 'D') parents = true;
    else if (option == 'p') keepTimes = true;
    else if (option == 'v') verbose = true;
    else if (option == 't') into = options.argument;
    else if (option == 'm') mode = changedMode(options.argument, 0, 0, false);
    else if (option == 'o') uid = <i32>userNumber(options.argument);
    else if (option == 'g') gid = <i32>groupNumber(options.argument);
    if ((option == 'o' && uid < 0) || (option == 'g' && gid < 0) || mode < 0) {
      say('install: invalid argument: ' + options.argument + '\n');
      return 1;
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  let result = 0;
  if (directories) {
    for (let i = 0; i < operands.length; i++) if (!makeAll(operands[i]) || !finish(operands[i])) result = 1;
    return operands.length ? result : misused(USAGE);
  }
  if (into.length) operands.push(into);
  if (operands.length < 2) return misused(USAGE);
  const target = operands.pop();
  const directory = into.length > 0 || isDirectory(target);
  if (parents && !makeAll(directory ? target : parentOf(target))) return 1;
  if (!directory && operands.length > 1) {
    say('install: ' + target + ': not a directory\n');
    return 1;
  }
  for (let i = 0; i < operands.length; i++)
    if (!install(operands[i], directory ? joinPath(target, lastPart(operands[i])) : target)) result = 1;
  return result;
}

function makeAll(path: string): bool {
  if (isDirectory(path)) return true;
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) calls.mkdir(pathOf(path.substring(0, at)), 0o755);
  const error = isDirectory(path) ? 0 : calls.mkdir(pathOf(path), 0o755);
  if (error < 0) complain('install', path, error);
  return error >= 0;
}

function finish(path: string): bool {
  let error: i64 = 0;
  if (uid >= 0 || gid >= 0) error = calls.chown(pathOf(path), uid, gid);
  if (error >= 0) error = calls.chmod(pathOf(path), mode);
  if (error < 0) complain('install', path, error);
  return error >= 0;
}

/** The old file, if any, goes first: whoever runs it keeps it. */
function install(from: string, to: string): bool {
  const about = status(from, true);
  if (!about || about.isDirectory) {
    if (about) say('install: ' + from + ' is a directory\n');
    else complain('install', from, failure);
    return false;
  }
  const source = openFile(from, O_RDONLY);
  if (source < 0) {
    complain('install', from, source);
    return false;
  }
  calls.unlink(pathOf(to));
  const target = openFile(to, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  if (target < 0) {
    calls.close(source);
    complain('install', to, target);
    return false;
  }
  const error = copyData(source, target);
  calls.close(source);
  calls.close(target);
  if (error < 0) {
    complain('install', writing ? to : from, error);
    return false;
  }
  if (verbose) out(from + ' -> ' + to + '\n');
  if (!finish(to)) return false;
  return !keepTimes || setTimes(to, about, true) >= 0;
}
