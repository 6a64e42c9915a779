// SPDX-License-Identifier: MIT
/** @fileoverview mkdir(1): make directories */
/** @manual
 * OPTIONS
 *   -m mode   permissions, octal or as for chmod
 *   -p   parents that are missing too; what is there already is no error
 *   -v   tells what is done
 */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { changedMode } from '../../lib/mode';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'mkdir [-m mode] [-p] [-v] dirname ...';
const EEXIST: i64 = -17;

let verbose = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'm:pv', ['mode=m', 'parents=p', 'verbose=v']);
  let parents = false;
  let mode = -1;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'p') parents = true;
    else if (option == 'v') verbose = true;
    else {
      mode = changedMode(options.argument, 0o777, 0, true);
      if (mode < 0) {
        say('mkdir: invalid mode: ' + options.argument + '\n');
        return 1;
      }
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < operands.length; i++) if (!(parents ? makeAll(operands[i], mode) : make(operands[i], mode))) result = 1;
  return result;
}

function make(name: string, mode: i32): bool {
  const error = calls.mkdir(pathOf(name), mode < 0 ? 0o777 : mode & 0o777);
  if (error < 0) {
    complain('mkdir', 'Failed to make directory "' + name + '"', error);
    return false;
  }
  if (mode >= 0) calls.chmod(pathOf(name), mode);
  if (verbose) out('created directory ' + name + '\n');
  return true;
}

/** Parents keep write and search permission for their owner whatever the umask says (POSIX.1-2017, XCU mkdir). */
function makeAll(name: string, mode: i32): bool {
  const umask = calls.umask(0);
  calls.umask(<i32>umask);
  for (let at = name.indexOf('/', 1); at > 0; at = name.indexOf('/', at + 1)) {
    const part = name.substring(0, at);
    if (calls.mkdir(pathOf(part), 0o777) < 0) continue;
    if (umask & 0o300) calls.chmod(pathOf(part), (0o777 & ~(<i32>umask)) | 0o300);
    if (verbose) out('created directory ' + part + '\n');
  }
  const there = status(name, true);
  if (there && there.isDirectory) return true;
  if (there) {
    complain('mkdir', 'Failed to make directory "' + name + '"', EEXIST);
    return false;
  }
  return make(name, mode);
}
