// SPDX-License-Identifier: MIT
/** @fileoverview w(1): who is on the system, and what they run */
/** @manual
 * DESCRIPTION
 * A line as uptime(1) has it, then each user who is logged in: terminal, since when, and the command in the terminal's foreground session that was
 * started last.
 *
 * OPTIONS
 *   -h   no headers
 *
 * SEE ALSO
 * who(1), uptime(1), ps(1)
 */
import * as calls from '../../lib/calls';
import { namesIn } from '../../lib/files';
import { O_RDONLY, openFile, out, say } from '../../lib/io';
import { padRight, parseNumber, zeroTerminated } from '../../lib/text';
import { readLogins, USER_PROCESS, UTMPX } from '../../lib/utmpx';
import { uptimeLine } from '../../lib/uptime';
import { Moment } from '../../lib/dates';

export const USAGE: string = 'w [-h] [user]';

const info = memory.data(416, 8);

export function main(args: string[]): i32 {
  let headers = true;
  let only = '';
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-h') headers = false;
    else if (args[i].startsWith('-')) {
      say('usage: ' + USAGE + '\n');
      return 1;
    } else only = args[i];
  }
  if (headers) out(uptimeLine() + '\nUser     tty           login@  what\n');
  const logins = readLogins(UTMPX);
  for (let i = 0; i < logins.length; i++) {
    const login = logins[i];
    if (login.type != USER_PROCESS || (only.length && login.user != only)) continue;
    const since = new Moment(<u64>login.time).clock;
    out(
      padRight(login.user, 8) + ' ' + padRight(login.line, 13) + ' ' + padRight(since, 7) + ' ' + lastCommand(login.pid) + '\n',
    );
  }
  return 0;
}

/** Arguments of the session's process that was started last. */
function lastCommand(session: i32): string {
  const names = namesIn('/proc');
  let best: u64 = 0;
  let text = '-';
  if (!names) return text;
  for (let i = 0; i < names.length; i++) {
    const descriptor = parseNumber(names[i]) < 0 ? -1 : openFile('/proc/' + names[i] + '/psinfo', O_RDONLY);
    if (descriptor < 0) continue;
    const count = calls.read(descriptor, info, 416);
    calls.close(descriptor);
    const started = load<u64>(info, 88) * 1000000000 + load<u64>(info, 96);
    if (count != 416 || load<i32>(info, 20) != session || started < best) continue;
    best = started;
    text = zeroTerminated(info + 152);
  }
  return text;
}
