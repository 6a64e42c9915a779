// SPDX-License-Identifier: MIT
/** @fileoverview Ends the system: in order, by init's run levels, or at once by uadmin(2). */
import * as calls from '../../lib/calls';
import { complain, say } from '../../lib/io';
import { onSignal, SIGHUP, SIGTERM, sleepFor } from '../../lib/process';
import { send } from '../../lib/smf/door';

const INIT_PIPE: string = '/etc/svc/volatile/initpipe';
const A_SHUTDOWN: i32 = 2;
const A_DUMP: i32 = 5;
const FOREVER: u64 = 3600000000000;

/** `level`: 0, 5 or 6; `quick`: nothing is stopped first. Returns only if it cannot. */
export function endSystem(command: string, level: string, quick: bool): i32 {
  if (calls.getuid() != 0) {
    say(command + ': permission denied\n');
    return 1;
  }
  if (dumps) {
    complain(command, 'uadmin', calls.uadmin(A_DUMP, functionOf(level), 0));
    return 1;
  }
  if (!quick && send(INIT_PIPE, level) >= 0) {
    // The prompt would only disturb what the services say on their way, until this session is one of those that are stopped.
    onSignal(SIGHUP);
    onSignal(SIGTERM);
    sleepFor(FOREVER);
    return 0;
  }
  const error = calls.uadmin(A_SHUTDOWN, functionOf(level), 0);
  complain(command, 'uadmin', error);
  return 1;
}
function functionOf(level: string): i32 {
  return level == '6' ? 1 : level == '5' ? 6 : 0;
}

/** A crash dump comes first, at once. */
let dumps: bool = false;

/** Options of halt, poweroff and reboot: -q at once; -d after a crash dump; -l, -n and -y change nothing here. -1: wrong usage. */
export function isQuick(command: string, usage: string, args: string[]): i32 {
  let quick = 0;
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-q') quick = 1;
    else if (args[i] == '-d') dumps = true;
    else if (args[i] != '-l' && args[i] != '-n' && args[i] != '-y') {
      say('usage: ' + usage + '\n');
      return -1;
    }
  }
  return quick;
}
