// SPDX-License-Identifier: MIT
/** @fileoverview `  1:32pm  up 3 day(s),  2:05,  1 user`: the line of uptime(1) and w(1). */
import { Moment, two } from './dates';
import { padLeft } from './text';
import { currentTime } from './time';
import { bootTime, readLogins, USER_PROCESS, UTMPX } from './utmpx';

export function uptimeLine(): string {
  const now = currentTime();
  const moment = new Moment(<u64>now);
  const hour = moment.second / 3600;
  const minute = (moment.second / 60) % 60;
  let line = ' ' + padLeft((hour % 12 ? hour % 12 : 12).toString(), 2) + ':' + two(minute) + (hour < 12 ? 'am' : 'pm');
  const booted = bootTime();
  if (booted) {
    const up = now - booted;
    const days = up / 86400;
    const hours = (up / 3600) % 24;
    const minutes = <i32>((up / 60) % 60);
    line += '  up';
    if (days) line += ' ' + days.toString() + ' day(s),';
    line += hours ? ' ' + padLeft(hours.toString(), 2) + ':' + two(minutes) + ',' : ' ' + minutes.toString() + ' min(s),';
  }
  let users = 0;
  const logins = readLogins(UTMPX);
  for (let i = 0; i < logins.length; i++) if (logins[i].type == USER_PROCESS) users++;
  return line + '  ' + users.toString() + ' user' + (users == 1 ? '' : 's');
}
