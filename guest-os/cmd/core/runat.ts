// SPDX-License-Identifier: MIT
/** @fileoverview runat(1): execute command in extended attribute name space */
/** @manual
 * DESCRIPTION
 * Runs a command of the shell, or without one a shell, whose current directory is that of a file's extended attributes, which are files there.
 *
 * EXIT STATUS
 *   that of the command; 125 if there are no attributes there, 126 or 127 if the shell cannot be run
 *
 * EXAMPLES
 *   runat report cp /tmp/notes .   gives the file report an attribute
 *   runat report cat notes         shows it
 *   runat report ls                lists all
 *
 * SEE ALSO
 * cp(1), ls(1)
 */
import * as calls from '../../lib/calls';
import { openAttribute } from '../../lib/extended';
import { complain, O_RDONLY, openFile } from '../../lib/io';
import { misused } from '../../lib/options';
import { environment, runPath } from '../../lib/process';

export const USAGE: string = 'runat file [command]';
const NO_ATTRIBUTES: i32 = 125;

export function main(args: string[]): i32 {
  const first = args.length > 1 && args[1] == '--' ? 2 : 1;
  if (args.length <= first) return misused(USAGE, NO_ATTRIBUTES);
  const path = args[first];
  const file = openFile(path, O_RDONLY);
  if (file < 0) {
    complain('runat', 'cannot open ' + path, file);
    return NO_ATTRIBUTES;
  }
  const directory = openAttribute(file, '.', O_RDONLY);
  calls.close(file);
  const error = directory < 0 ? <i64>directory : calls.fchdir(directory);
  if (error < 0) {
    complain('runat', 'cannot open attribute directory of ' + path, error);
    return NO_ATTRIBUTES;
  }
  calls.close(directory);
  const words = ['/bin/sh'];
  if (args.length > first + 1) {
    words.push('-c');
    words.push(args.slice(first + 1).join(' '));
  }
  return runPath('runat', words, environment());
}
