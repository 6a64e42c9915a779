// SPDX-License-Identifier: MIT
/** @fileoverview usermod(8): change a user */
/** @manual
 * DESCRIPTION
 * Changes what /etc/passwd and /etc/group say of a user.
 *
 * OPTIONS
 *   -l name   another name;  -u uid  another number;  -g group  another group
 *   -G group,...   further groups, these and no others
 *   -d dir, -c text, -s shell   home directory, who it is, shell
 *
 * SEE ALSO
 * useradd(8), userdel(8), passwd(1)
 */
import { colonRecords, findUser, findUserByName } from '../../lib/accounts';
import { misused, Options } from '../../lib/options';
import {
  change,
  error,
  EX_BADARG,
  EX_EXISTS,
  EX_FAILURE,
  EX_NAME,
  EX_NO_ENTRY,
  EX_USAGE,
  groupOf,
  idOf,
  isGoodName,
  mayAdminister,
  PASSWD,
  setMemberships,
  SHADOW,
} from './_administer';

export const USAGE: string = 'usermod [-c comment] [-d dir] [-g group] [-G group[,group...]] [-l name] [-s shell] [-u uid] login';

function recordOf(path: string, name: string): string[] | null {
  const records = colonRecords(path);
  for (let i = 0; i < records.length; i++) if (records[i][0] == name) return records[i];
  return null;
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'c:d:g:G:l:s:u:');
  const given = new Map<string, string>();
  for (let option = options.next(); option != ''; option = options.next()) given.set(option, options.argument);
  const words = options.operands();
  if (options.failed || words.length != 1 || !given.size) return misused(USAGE, EX_USAGE);
  if (!mayAdminister('usermod')) return EX_FAILURE;
  const name = words[0];
  const fields = findUserByName(name) ? recordOf(PASSWD, name) : null;
  if (!fields) return error('usermod', name + ' does not exist.', EX_NO_ENTRY);
  const values = given.values();
  for (let i = 0; i < values.length; i++)
    if (values[i].includes(':')) return error('usermod', 'a colon cannot be stored.', EX_BADARG);
  if (given.has('u')) {
    const uid = idOf(given.get('u'));
    if (uid < 0) return error('usermod', 'Invalid user id ' + given.get('u') + '.', EX_BADARG);
    if (findUser(<u32>uid)) return error('usermod', 'uid ' + uid.toString() + ' is already in use. Choose another.', EX_EXISTS);
    fields[2] = uid.toString();
  }
  if (given.has('g')) {
    const gid = groupOf(given.get('g'));
    if (gid < 0) return error('usermod', 'Group ' + given.get('g') + ' does not exist.', EX_NO_ENTRY);
    fields[3] = gid.toString();
  }
  if (given.has('c')) fields[4] = given.get('c');
  if (given.has('d')) fields[5] = given.get('d');
  if (given.has('s')) fields[6] = given.get('s');
  const groups: string[] = given.has('G') && given.get('G').length ? given.get('G').split(',') : [];
  for (let i = 0; i < groups.length; i++)
    if (groupOf(groups[i]) < 0) return error('usermod', 'Group ' + groups[i] + ' does not exist.', EX_NO_ENTRY);
  if (given.has('l') && given.get('l') != name) {
    const next = given.get('l');
    if (!isGoodName(next)) return error('usermod', next + ' is not a valid name. Choose another.', EX_BADARG);
    if (findUserByName(next)) return error('usermod', next + ' is already in use. Choose another.', EX_NAME);
    fields[0] = next;
    const shadow = recordOf(SHADOW, name);
    if (shadow) {
      shadow[0] = next;
      if (!change('usermod', SHADOW, name, shadow.join(':'))) return EX_FAILURE;
    }
  }
  if (!change('usermod', PASSWD, name, fields.join(':'))) return EX_FAILURE;
  return given.has('G') && setMemberships(fields[0], groups) < 0 ? EX_FAILURE : 0;
}
