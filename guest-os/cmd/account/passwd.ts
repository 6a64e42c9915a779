// SPDX-License-Identifier: MIT
/** @fileoverview passwd(1): change passwords */
/** @manual
 * DESCRIPTION
 * Asks twice for a new password and stores its hash (sha512-crypt) in /etc/shadow. Root may change anybody's.
 *
 * OPTIONS
 *   -d   no password: the user is not asked for one
 *   -l   lock: no password fits
 *   -s   say whether the user has a password (PS), none (NP), or is locked (LK)
 *   -u   unlock
 *
 * FILES
 *   /etc/shadow
 *
 * SEE ALSO
 * login(1)
 */
import { colonRecords, findUser, findUserByName } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { crypt, saltFrom } from '../../lib/crypt';
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { askSecretly, randomBytes, replaceRecord } from './_session';

export const USAGE: string = 'passwd [-d | -l | -s | -u] [name]';

const LOCK: string = '*LK*';

export function main(args: string[]): i32 {
  let option = '';
  let name = '';
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-d' || args[i] == '-l' || args[i] == '-s' || args[i] == '-u') option = args[i];
    else if (args[i].startsWith('-') || name.length) {
      say('usage: ' + USAGE + '\n');
      return 2;
    } else name = args[i];
  }
  const own = findUser(<u32>calls.getuid());
  if (!name.length && own) name = own.name;
  if (!findUserByName(name)) {
    say('passwd: User unknown: ' + name + '\n');
    return 4;
  }
  if (calls.getuid() != 0) {
    say('passwd: Permission denied\n');
    return 1;
  }
  const records = colonRecords('/etc/shadow');
  let record: string[] = [name, '', '', '', '', '', '', '', ''];
  for (let i = 0; i < records.length; i++) if (records[i][0] == name && records[i].length > 1) record = records[i];
  if (option == '-s') {
    out(name + '  ' + (!record[1].length ? 'NP' : record[1].startsWith('$') ? 'PS' : 'LK') + '\n');
    return 0;
  }
  if (option == '-d') record[1] = '';
  else if (option == '-l') record[1] = LOCK + record[1].replace(LOCK, '');
  else if (option == '-u') record[1] = record[1].replace(LOCK, '');
  else {
    const hash = newHash(name);
    if (!hash.length) return 1;
    record[1] = hash;
  }
  record[2] = (calls.time() / 86400).toString();
  const error = replaceRecord('/etc/shadow', name, record.join(':'), 0o400);
  if (error < 0) {
    say('passwd: /etc/shadow: ' + errorText(-error) + '\n');
    return 1;
  }
  out('passwd: password information changed for ' + name + '\n');
  return 0;
}

/** Nothing after a complaint. */
function newHash(name: string): string {
  say('passwd: Changing password for ' + name + '\n');
  const first = askSecretly('New Password: ');
  if (first == null || !first.length) {
    say('passwd: Password unchanged.\n');
    return '';
  }
  const second = askSecretly('Re-enter new Password: ');
  if (second == null || first != second) {
    say("passwd: They don't match.\n");
    return '';
  }
  const bytes = randomBytes(16);
  if (!bytes) {
    say('passwd: /dev/urandom gives no salt\n');
    return '';
  }
  return crypt(first, '$6$' + saltFrom(bytes));
}
