// SPDX-License-Identifier: MIT
/** @fileoverview uname(1): -a all, -s -n -r -v -m -p -i one each; sysname alone without options. */
import * as calls from '../../lib/calls';
import { out, say } from '../../lib/io';
import { zeroTerminated } from '../../lib/text';

const FIELD: usize = 257;
const names = memory.data(1285);

export function main(args: string[]): i32 {
  calls.uname(names);
  let wanted = '';
  for (let i = 1; i < args.length; i++) {
    for (let k = 1; k < args[i].length; k++) {
      const letter = args[i].charAt(k);
      if (!'asnrvmpi'.includes(letter) || !args[i].startsWith('-')) {
        say('usage: uname [-amnprsvi]\n');
        return 2;
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
    const text = letter == 'p' ? 'i386' : letter == 'i' ? 'i86pc' : zeroTerminated(names + <usize>i * FIELD);
    line += (line.length ? ' ' : '') + text;
  }
  out(line + '\n');
  return 0;
}
