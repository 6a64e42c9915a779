// SPDX-License-Identifier: MIT
/** @fileoverview userdel(8): remove a user */
/** @manual
 * DESCRIPTION
 * Removes a user from /etc/passwd, /etc/shadow and the groups of /etc/group.
 *
 * OPTIONS
 *   -r   the home directory too
 *
 * SEE ALSO
 * useradd(8), usermod(8)
 */
import { findUserByName } from '../../lib/accounts';
import { removeTree } from '../../lib/copy';
import { status } from '../../lib/files';
import { misused, Options } from '../../lib/options';
import { change, error, EX_FAILURE, EX_NO_ENTRY, EX_USAGE, mayAdminister, PASSWD, setMemberships, SHADOW } from './_administer';

export const USAGE: string = 'userdel [-r] login';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'r');
  let removes = false;
  for (let option = options.next(); option != ''; option = options.next()) removes = true;
  const words = options.operands();
  if (options.failed || words.length != 1) return misused(USAGE, EX_USAGE);
  if (!mayAdminister('userdel')) return EX_FAILURE;
  const user = findUserByName(words[0]);
  if (!user) return error('userdel', words[0] + ' does not exist.', EX_NO_ENTRY);
  if (!change('userdel', PASSWD, user.name, '') || !change('userdel', SHADOW, user.name, '')) return EX_FAILURE;
  if (setMemberships(user.name, []) < 0) return EX_FAILURE;
  const home = removes ? status(user.home, true) : null;
  if (!home) return 0;
  // Only what is the user's own.
  if (home.uid != user.uid || user.home == '/') return error('userdel', user.home + ' is not owned by ' + user.name + '.', 12);
  return removeTree('userdel', user.home) ? 0 : 12;
}
