// SPDX-License-Identifier: MIT
/** @fileoverview last(1): who was on the system, the latest first */
/** @manual
 * DESCRIPTION
 * Lists logins, shutdowns and boots from /var/adm/wtmpx, the latest first.
 *
 * OPTIONS
 *   -n number   only as many
 *
 * FILES
 *   /var/adm/wtmpx
 */
import { Moment, two } from '../../lib/dates';
import { out, say } from '../../lib/io';
import { padLeft, padRight, parseNumber } from '../../lib/text';
import { BOOT_TIME, DEAD_PROCESS, Login, readLogins, USER_PROCESS, WTMPX } from '../../lib/utmpx';
import { shortDate } from './who';

export const USAGE: string = 'last [-n number] [name | line ...]';

export function main(args: string[]): i32 {
  let limit: i64 = 0x7fffffff;
  const names: string[] = [];
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-n' && i + 1 < args.length) limit = parseNumber(args[++i]);
    else if (args[i].startsWith('-')) limit = parseNumber(args[i].substring(1));
    else names.push(args[i]);
  }
  if (limit < 0) {
    say('usage: ' + USAGE + '\n');
    return 1;
  }
  const logins = readLogins(WTMPX);
  let shown: i64 = 0;
  for (let i = logins.length - 1; i >= 0 && shown < limit; i--) {
    const login = logins[i];
    if (login.type != USER_PROCESS && login.type != BOOT_TIME) continue;
    const user = login.type == BOOT_TIME ? 'reboot' : login.user;
    const line = login.line;
    if (names.length && !names.includes(user) && !names.includes(line)) continue;
    const day = new Moment(<u64>login.time).dayName;
    out(
      padRight(user, 9) +
        ' ' +
        padRight(line, 12) +
        ' ' +
        padRight(login.host, 16) +
        ' ' +
        day +
        ' ' +
        shortDate(login.time) +
        until(logins, i) +
        '\n',
    );
    shown++;
  }
  if (logins.length) out('\nwtmp begins ' + new Moment(<u64>logins[0].time).dayName + ' ' + shortDate(logins[0].time) + '\n');
  return 0;
}

/** When that login ended, and how long it was. */
function until(logins: Login[], at: i32): string {
  const login = logins[at];
  if (login.type == BOOT_TIME) return '';
  for (let i = at + 1; i < logins.length; i++) {
    const later = logins[i];
    if (later.type == BOOT_TIME) return ' - crash';
    if (later.type != DEAD_PROCESS || later.line != login.line) continue;
    const minutes = <i32>((later.time - login.time) / 60);
    return ' - ' + new Moment(<u64>later.time).clock + '  (' + two(minutes / 60) + ':' + two(minutes % 60) + ')';
  }
  return '   still logged in';
}
