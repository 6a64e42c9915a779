// SPDX-License-Identifier: MIT
/** @fileoverview useradd(8): add a user */
/** @manual
 * DESCRIPTION
 * Adds a user to /etc/passwd and /etc/shadow, with a locked password: passwd(1) gives one. /etc is made anew at each boot.
 *
 * OPTIONS
 *   -u uid      the number; the next free one from 100 on unless said;  -o  although somebody has it
 *   -g group    the group, staff unless said;  -G group,...  further ones
 *   -d dir      the home directory, /home/NAME unless said;  -m  makes it
 *   -c text     who it is;  -s shell  /usr/bin/sh unless said
 *
 * EXIT STATUS
 *   0 done; 2 usage; 3 a bad value; 4 the number is taken; 6 no such group; 9 the name is taken; 10 a file could not be changed
 *
 * SEE ALSO
 * userdel(8), usermod(8), groupadd(8), passwd(1)
 */
import { findUser, findUserByName } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';
import {
  change,
  error,
  EX_BADARG,
  EX_EXISTS,
  EX_FAILURE,
  EX_NAME,
  EX_NO_ENTRY,
  EX_USAGE,
  freeUser,
  groupOf,
  idOf,
  isGoodName,
  mayAdminister,
  PASSWD,
  setMemberships,
  SHADOW,
} from './_administer';

export const USAGE: string = 'useradd [-c comment] [-d dir] [-g group] [-G group[,group...]] [-m] [-s shell] [-u uid [-o]] login';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'c:d:g:G:ms:u:o');
  let comment = '';
  let home = '';
  let group = 'staff';
  let further = '';
  let shell = '/usr/bin/sh';
  let uid: i64 = -1;
  let makes = false;
  let shared = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'c') comment = options.argument;
    else if (option == 'd') home = options.argument;
    else if (option == 'g') group = options.argument;
    else if (option == 'G') further = options.argument;
    else if (option == 's') shell = options.argument;
    else if (option == 'm') makes = true;
    else if (option == 'o') shared = true;
    else {
      uid = idOf(options.argument);
      if (uid < 0) return error('useradd', 'Invalid user id ' + options.argument + '.', EX_BADARG);
    }
  }
  const words = options.operands();
  if (options.failed || words.length != 1) return misused(USAGE, EX_USAGE);
  const name = words[0];
  if (!mayAdminister('useradd')) return EX_FAILURE;
  if (!isGoodName(name)) return error('useradd', name + ' is not a valid name. Choose another.', EX_BADARG);
  if ((comment + home + shell).includes(':')) return error('useradd', 'a colon cannot be stored.', EX_BADARG);
  if (findUserByName(name)) return error('useradd', name + ' is already in use. Choose another.', EX_NAME);
  if (uid < 0) uid = freeUser();
  if (!shared && findUser(<u32>uid))
    return error('useradd', 'uid ' + uid.toString() + ' is already in use. Choose another.', EX_EXISTS);
  const gid = groupOf(group);
  if (gid < 0) return error('useradd', 'Group ' + group + ' does not exist. Choose another.', EX_NO_ENTRY);
  const groups: string[] = further.length ? further.split(',') : [];
  for (let i = 0; i < groups.length; i++)
    if (groupOf(groups[i]) < 0) return error('useradd', 'Group ' + groups[i] + ' does not exist. Choose another.', EX_NO_ENTRY);
  if (!home.length) home = '/home/' + name;
  const today = (calls.time() / 86400).toString();
  if (!change('useradd', SHADOW, name, name + ':*LK*:' + today + '::::::')) return EX_FAILURE;
  const line = [name, 'x', uid.toString(), gid.toString(), comment, home, shell].join(':');
  if (!change('useradd', PASSWD, name, line)) return EX_FAILURE;
  if (groups.length && setMemberships(name, groups) < 0) return EX_FAILURE;
  if (!makes) return 0;
  const made = calls.mkdir(pathOf(home), 0o755);
  if (made < 0 && made != -17) {
    complain('useradd', home, made);
    return 12;
  }
  if (!made) calls.chown(pathOf(home), <i32>uid, <i32>gid);
  return 0;
}
