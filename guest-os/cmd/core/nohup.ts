// SPDX-License-Identifier: MIT
/** @fileoverview nohup(1): run a command that a hang-up does not end */
/** @manual
 * DESCRIPTION
 * Output to a terminal goes to nohup.out in the current directory instead, or in HOME.
 *
 * EXIT STATUS
 *   that of the command; 126 if it cannot be run, 127 if it is not found or something else went wrong
 */
import * as calls from '../../lib/calls';
import { isTerminal, variable } from '../../lib/columns';
import { complain, O_APPEND, O_CREAT, O_WRONLY, openFile, say } from '../../lib/io';
import { misused } from '../../lib/options';
import { environment, ignoreSignal, runPath, SIGHUP } from '../../lib/process';

export const USAGE: string = 'nohup command [argument ...]';
const F_DUP2FD: i32 = 9;

export function main(args: string[]): i32 {
  const first = args.length > 1 && args[1] == '--' ? 2 : 1;
  if (args.length <= first) return misused(USAGE, 127);
  if (isTerminal(1)) {
    let name = 'nohup.out';
    let file = openFile(name, O_WRONLY | O_CREAT | O_APPEND, 0o600);
    const home = variable('HOME');
    if (file < 0 && home != null) {
      name = home + '/nohup.out';
      file = openFile(name, O_WRONLY | O_CREAT | O_APPEND, 0o600);
    }
    if (file < 0) {
      complain('nohup', 'cannot open ' + name, file);
      return 127;
    }
    say('Sending output to ' + name + '\n');
    calls.fcntl(file, F_DUP2FD, 1);
    calls.close(file);
  }
  if (isTerminal(2)) calls.fcntl(1, F_DUP2FD, 2);
  ignoreSignal(SIGHUP);
  return runPath('nohup', args.slice(first), environment());
}
