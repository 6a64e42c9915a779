// SPDX-License-Identifier: MIT
/** @fileoverview id(1): who one is */
/** @manual
 * OPTIONS
 *   -u, -g, -G   only the user, the group, all groups: numbers
 *   -n   names instead, with one of these
 *   -r   the real one, with one of these
 *   -a   all groups too
 */
import { effectiveGroup, effectiveUser, ownGroups, realGroup, realUser } from '../../lib/identity';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { allGroups, groupName, userByName, userName } from '../../lib/users';

export const USAGE: string = 'id [-a] [user]\nid -G [-n] [user]\nid -g [-nr] [user]\nid -u [-nr] [user]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'agGnru', ['group=g', 'groups=G', 'name=n', 'real=r', 'user=u']);
  let given = '';
  for (let option = options.next(); option != ''; option = options.next()) given += option;
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length > 1) return misused(USAGE, 1);
  let uid = given.includes('r') || !given.includes('u') ? realUser() : effectiveUser();
  let gid = given.includes('r') || !given.includes('g') ? realGroup() : effectiveGroup();
  let groups = ownGroups();
  if (operands.length) {
    const user = userByName(operands[0]);
    if (!user) {
      say('id: invalid user name: "' + operands[0] + '"\n');
      return 1;
    }
    uid = user.uid;
    gid = user.gid;
    groups = groupsOf(user.name, gid);
  }
  const names = given.includes('n');
  if (given.includes('u')) out((names ? userName(uid) : uid.toString()) + '\n');
  else if (given.includes('g')) out((names ? groupName(gid) : gid.toString()) + '\n');
  else if (given.includes('G')) {
    const texts: string[] = [];
    for (let i = 0; i < groups.length; i++) texts.push(names ? groupName(groups[i]) : groups[i].toString());
    out(texts.join(' ') + '\n');
  } else {
    let text = 'uid=' + uid.toString() + '(' + userName(uid) + ') gid=' + gid.toString() + '(' + groupName(gid) + ')';
    if (given.includes('a')) {
      const texts: string[] = [];
      for (let i = 0; i < groups.length; i++) texts.push(groups[i].toString() + '(' + groupName(groups[i]) + ')');
      text += ' groups=' + texts.join(',');
    }
    out(text + '\n');
  }
  return 0;
}

/** Groups that the files give a user, the first of them being `gid`. */
export function groupsOf(name: string, gid: u32): u32[] {
  const result: u32[] = [gid];
  const all = allGroups();
  for (let i = 0; i < all.length; i++) if (all[i].gid != gid && all[i].members.includes(name)) result.push(all[i].gid);
  return result;
}
