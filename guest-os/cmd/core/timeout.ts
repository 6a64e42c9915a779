// SPDX-License-Identifier: MIT
/** @fileoverview timeout(1): run a command, but not for longer than this */
/** @manual
 * DESCRIPTION
 * A time is a number of seconds with an optional fraction and unit (s, m, h, d); 0 is none.
 *
 * OPTIONS
 *   -k time   kills it so much later, if it goes on
 *   -s signal   sends this one; TERM otherwise
 *   -p   the command's own status when it was ended, too
 *   --foreground   its children are left alone
 *
 * EXIT STATUS
 *   124   it was ended;  125  something else went wrong
 *   126   the command cannot be run;  127  it is not found
 *   otherwise that of the command
 */
import * as calls from '../../lib/calls';
import { say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import {
  ChildNews,
  defaultSignal,
  environment,
  onSignal,
  sleepFor,
  startPath,
  takeSignal,
  waitFor,
  WNOHANG,
} from '../../lib/process';
import { signalNumber } from '../../lib/signals';
import { duration } from './sleep';

export const USAGE: string = 'timeout [--foreground] [-p] [-k time] [-s signal] time command [argument ...]';
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIGCLD: i32 = 18;
const SIGCONT: i32 = 25;
/** How long it sleeps at most before it looks again: a child may end between the look and the sleep. */
const LOOK: u64 = 20000000;
const timespec = memory.data(16, 8);

function now(): u64 {
  calls.clock_gettime(4, timespec);
  return load<u64>(timespec) * 1000000000 + load<u64>(timespec, 8);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'fk:ps:', ['foreground=f', 'kill-after=k', 'preserve-status=p', 'signal=s']);
  let foreground = false;
  let preserve = false;
  let signal = SIGTERM;
  let later: i64 = 0;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'f') foreground = true;
    else if (option == 'p') preserve = true;
    else if (option == 's') signal = signalNumber(options.argument);
    else later = duration(options.argument);
  }
  if (options.failed) return 125;
  const operands = options.operands();
  if (operands.length < 2) return misused(USAGE, 125);
  const limit = duration(operands[0]);
  if (limit < 0 || later < 0 || signal < 0) {
    say('timeout: invalid ' + (signal < 0 ? 'signal' : 'time') + '\n');
    return 125;
  }
  // A group of its own, so that the signal reaches the command's children too.
  if (!foreground) calls.pgrpsys(5, 0, 0);
  onSignal(SIGCLD);
  // Ignored, it would be so in the command too, which it is to end.
  defaultSignal(signal);
  const child = startPath('timeout', operands.slice(1), environment());
  if (child < 0) return 125;
  let end = limit ? now() + <u64>limit : u64.MAX_VALUE;
  let ended = false;
  let news: ChildNews;
  while (true) {
    news = waitFor(child, WNOHANG);
    if (news.pid) break;
    const time = now();
    if (time >= end) {
      const next = ended ? SIGKILL : signal;
      if (!foreground && next != SIGKILL) {
        onSignal(next);
        calls.kill(0, next);
        takeSignal();
      } else calls.kill(child, next);
      if (next != SIGKILL) calls.kill(child, SIGCONT);
      ended = true;
      end = later && next != SIGKILL ? time + <u64>later : u64.MAX_VALUE;
      continue;
    }
    sleepFor(min(end - time, LOOK));
  }
  if (!ended || preserve) return news.status;
  return news.signal == SIGKILL ? 128 + SIGKILL : 124;
}
