// SPDX-License-Identifier: MIT
/** @fileoverview kill(1): send signals to processes */
/** @manual
 * OPTIONS
 *   -s name, -name, -number   this signal, TERM otherwise; 0 only asks whether the process is there
 *   -l [number]   names of signals, of one, or for an exit status
 *
 * A number below 0 is a process group.
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { misused } from '../../lib/options';
import { SIGNALS, signalName, signalNumber } from '../../lib/signals';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'kill [-s signal_name | -signal] pid ...\nkill -l [exit_status]';

export function main(args: string[]): i32 {
  let at = 1;
  let signal = 15;
  if (args.length < 2) return misused(USAGE, 2);
  if (args[1] == '-l') {
    if (args.length > 2) {
      const status = parseNumber(args[2]);
      const name = signalName(<i32>(status > 128 ? status - 128 : status));
      if (status >= 0 ? !name.length : signalNumber(args[2]) < 0) {
        say('kill: ' + args[2] + ': bad signal\n');
        return 1;
      }
      out((status >= 0 ? name : signalNumber(args[2]).toString()) + '\n');
      return 0;
    }
    for (let i = 1; i < SIGNALS; i++) out(signalName(i) + (i % 8 == 0 || i == SIGNALS - 1 ? '\n' : ' '));
    return 0;
  }
  if (args[1] == '-s' && args.length > 2) {
    signal = signalNumber(args[2]);
    at = 3;
  } else if (args[1] != '--' && args[1].startsWith('-')) {
    signal = signalNumber(args[1].substring(1));
    at = 2;
  }
  if (signal < 0) {
    say('kill: bad signal\n');
    return misused(USAGE, 2);
  }
  if (at < args.length && args[at] == '--') at++;
  if (at >= args.length) return misused(USAGE, 2);
  let result = 0;
  for (; at < args.length; at++) {
    const group = args[at].startsWith('-');
    const number = parseNumber(group ? args[at].substring(1) : args[at]);
    if (number < 0) {
      say('kill: ' + args[at] + ': invalid id\n');
      result = 1;
      continue;
    }
    const error = calls.kill(<i32>(group ? -number : number), signal);
    if (error >= 0) continue;
    complain('kill', args[at], error);
    result = 1;
  }
  return result;
}
