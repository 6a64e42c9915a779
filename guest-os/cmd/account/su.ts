// SPDX-License-Identifier: MIT
/**
 * @fileoverview su(8): become another user
 *
 * @path /usr/bin/su
 * @path /sbin/su
 */
/** @manual
 * DESCRIPTION
 * Starts a shell as another user, root unless one is named. Root is not asked for a password. With - the shell is a login shell with a fresh
 * environment, in the user's home directory. Further arguments are the shell's: su user -c command.
 *
 * FILES
 *   /etc/passwd, /etc/shadow
 *
 * SEE ALSO
 * login(1), sh(1)
 */
import { findUserByName, passwordHash } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { verifies } from '../../lib/crypt';
import { errorText } from '../../lib/errors';
import { say } from '../../lib/io';
import { environment, execute } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { askSecretly, becomeUser, loginEnvironment } from './_session';

export const USAGE: string = 'su [-] [username [arg ...]]';

export function main(args: string[]): i32 {
  const login = args.length > 1 && args[1] == '-';
  let at = login ? 2 : 1;
  const name = at < args.length && !args[at].startsWith('-') ? args[at++] : 'root';
  const user = findUserByName(name);
  if (!user) {
    say('su: Unknown id: ' + name + '\n');
    return 1;
  }
  if (calls.getuid() != 0) {
    const hash = passwordHash(name);
    if (hash == null || hash.length) {
      const typed = askSecretly('Password: ');
      if (typed == null || hash == null || !verifies(typed, hash)) {
        say('su: Sorry\n');
        return 1;
      }
    }
  }
  if (!becomeUser(user)) {
    say('su: Unable to set credentials\n');
    return 1;
  }
  const shell = user.shell.length ? user.shell : '/usr/bin/sh';
  let variables = environment();
  if (login) {
    let terminal = '';
    for (let i = 0; i < variables.length; i++) if (variables[i].startsWith('TERM=')) terminal = variables[i].substring(5);
    variables = loginEnvironment(user, terminal);
    calls.chdir(pathOf(user.home));
  }
  const base = shell.substring(shell.lastIndexOf('/') + 1);
  const error = execute(shell, [login ? '-' + base : base].concat(args.slice(at)), variables);
  say('su: No shell: ' + errorText(-error) + '\n');
  return 1;
}
