// SPDX-License-Identifier: MIT
/** @fileoverview who(1): who is on the system */
/** @manual
 * DESCRIPTION
 * Lists who is logged in: name, line, since when.
 *
 * OPTIONS
 *   -b     when the system was booted
 *   -H     a header
 *   -l     lines that wait for somebody to log in
 *   -r     the run level
 *   -u     the process too
 *   am i   only whoever asks
 *
 * FILES
 *   /var/adm/utmpx
 */
import * as calls from '../../lib/calls';
import { findUser } from '../../lib/accounts';
import { Moment } from '../../lib/dates';
import { out, say } from '../../lib/io';
import { padLeft, padRight } from '../../lib/text';
import { BOOT_TIME, Login, LOGIN_PROCESS, readLogins, RUN_LVL, USER_PROCESS, UTMPX } from '../../lib/utmpx';

export const USAGE: string = 'who [-bHlru] [am i]';

export function main(args: string[]): i32 {
  let flags = '';
  const onlyMe = args.length == 3 && args[1] == 'am' && (args[2] == 'i' || args[2] == 'I');
  for (let i = 1; i < args.length && !onlyMe; i++) {
    for (let k = 1; k < args[i].length; k++) if (!'bHlru'.includes(args[i].charAt(k))) return usage();
    if (!args[i].startsWith('-')) return usage();
    flags += args[i].substring(1);
  }
  const logins = readLogins(UTMPX);
  if (flags.includes('H')) out('NAME       LINE         TIME' + (flags.includes('u') ? '          PID' : '') + '\n');
  const own = calls.getuid();
  const user = findUser(<u32>own);
  for (let i = 0; i < logins.length; i++) {
    const login = logins[i];
    let shown: bool = login.type == USER_PROCESS;
    if (flags.includes('b') || flags.includes('r') || flags.includes('l'))
      shown =
        (flags.includes('b') && login.type == BOOT_TIME) ||
        (flags.includes('r') && login.type == RUN_LVL) ||
        (flags.includes('l') && login.type == LOGIN_PROCESS);
    if (onlyMe) shown = login.type == USER_PROCESS && user != null && user.name == login.user;
    if (shown) out(line(login, flags.includes('u')));
    if (shown && onlyMe) break;
  }
  return 0;
}

function usage(): i32 {
  say('usage: ' + USAGE + '\n');
  return 1;
}

/** `Nov 26 11:02` */
export function shortDate(seconds: i64): string {
  const moment = new Moment(<u64>seconds);
  return moment.monthName + ' ' + padLeft(moment.day.toString(), 2) + ' ' + moment.clock;
}

function line(login: Login, withProcess: bool): string {
  const name = login.type == BOOT_TIME || login.type == RUN_LVL ? '.' : login.user;
  let text = padRight(name, 10) + ' ' + padRight(login.line, 12) + ' ' + shortDate(login.time);
  if (login.type == RUN_LVL) {
    const level = login.line.substring(login.line.length - 1);
    text += '     ' + level + '      0  S';
  } else if (withProcess) text += '  ' + padLeft(login.pid.toString(), 6);
  if (login.host.length) text += '\t(' + login.host + ')';
  return text + '\n';
}
