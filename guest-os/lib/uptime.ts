// SPDX-License-Identifier: MIT
/** @fileoverview `  1:32pm  up 3 day(s),  2:05,  1 user,  load average: 0.02, 0.01, 0.00`: the line of uptime(1) and w(1). */
import * as calls from './calls';
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
  return line + '  ' + users.toString() + ' user' + (users == 1 ? '' : 's') + ',  load average: ' + loadAverages();
}

const loads = memory.data(16, 8);

/** `0.01, 0.02, 0.00`: of 1, 5 and 15 minutes. */
export function loadAverages(): string {
  calls.getloadavg(loads, 3);
  let text = '';
  for (let i: usize = 0; i < 3; i++) {
    // Fixed point with eight bits behind.
    const hundredths = (load<u32>(loads + 4 * i) * 100 + 128) >> 8;
    text += (i ? ', ' : '') + (hundredths / 100).toString() + '.' + two(<i32>(hundredths % 100));
  }
  return text;
}
