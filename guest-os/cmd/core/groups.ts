// SPDX-License-Identifier: MIT
/** @fileoverview groups(1): the groups of a user */
/** @manual
 * DESCRIPTION
 * Prints the names of the groups that a user is in.
 */
import { ownGroups } from '../../lib/identity';
import { out, say } from '../../lib/io';
import { groupName, userByName } from '../../lib/users';
import { groupsOf } from './id';

export const USAGE: string = 'groups [user ...]';

export function main(args: string[]): i32 {
  if (args.length < 2) {
    show('', ownGroups());
    return 0;
  }
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    const user = userByName(args[i]);
    if (user) show(args[i] + ' : ', groupsOf(user.name, user.gid));
    else {
      say('groups: ' + args[i] + ' : No such user\n');
      result = 1;
    }
  }
  return result;
}

function show(front: string, groups: u32[]): void {
  const names: string[] = [];
  for (let i = 0; i < groups.length; i++) names.push(groupName(groups[i]));
  out(front + names.join(' ') + '\n');
}
