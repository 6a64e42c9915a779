// SPDX-License-Identifier: MIT
/** @fileoverview uname(1): -a all, -s -n -r -v -m -p -i one each; sysname alone without options. */
/** @manual
 * DESCRIPTION
 * Prints names of the system: its own without options.
 *
 * OPTIONS
 *   -a   all of them
 *   -i   platform;  -m  machine;  -n  host;  -p  processor
 *   -r   release;  -s  system;  -v  version
 *   -S   gives the host another name until the next boot
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { SI_ARCHITECTURE, SI_PLATFORM, SI_SET_HOSTNAME, systemInformation } from '../../lib/systemInformation';
import { pathOf, zeroTerminated } from '../../lib/text';

export const USAGE: string = 'uname [-aimnprsv]\n       uname [-S system_name]';

const FIELD: usize = 257;
const names = memory.data(1285);

export function main(args: string[]): i32 {
  if (args.length > 1 && args[1] == '-S') return rename(args);
  calls.uname(names);
  let wanted = '';
  for (let i = 1; i < args.length; i++) {
    for (let k = 1; k < args[i].length; k++) {
      const letter = args[i].charAt(k);
      if (!'asnrvmpi'.includes(letter) || !args[i].startsWith('-')) {
        say('usage: ' + USAGE + '\n');
        return 1;
      }
      wanted += letter == 'a' ? 'snrvmpi' : letter;
    }
  }
  if (!wanted.length) wanted = 's';
  let line = '';
  for (let i = 0; i < 7; i++) {
    const letter = 'snrvmpi'.charAt(i);
    if (!wanted.includes(letter)) continue;
    // The instruction set's and the platform's names, which uname(2) does not have.
    const text =
      letter == 'p'
        ? systemInformation(SI_ARCHITECTURE)
        : letter == 'i'
          ? systemInformation(SI_PLATFORM)
          : zeroTerminated(names + <usize>i * FIELD);
    line += (line.length ? ' ' : '') + text;
  }
  out(line + '\n');
  return 0;
}

function rename(args: string[]): i32 {
  if (args.length != 3) {
    say('usage: ' + USAGE + '\n');
    return 1;
  }
  const result = calls.systeminfo(SI_SET_HOSTNAME, pathOf(args[2]), 0);
  if (result >= 0) return 0;
  complain('uname', 'cannot set the name', result);
  return 1;
}
