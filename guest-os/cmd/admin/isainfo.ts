// SPDX-License-Identifier: MIT
/** @fileoverview isainfo(1): describe instruction set architectures */
/** @manual
 * DESCRIPTION
 * Prints the instruction sets that programs of this system may use. There are 64-bit programs only.
 *
 * OPTIONS
 *   -b   the number of bits of the native one
 *   -k   the kernel's
 *   -n   the native one
 *   -v   in words
 */
import * as calls from '../../lib/calls';
import { out, say } from '../../lib/io';
import { zeroTerminated } from '../../lib/text';

export const USAGE: string = 'isainfo [-b | -k | -n | -v]';

const SI_ARCHITECTURE_64: i32 = 517;
const SI_ARCHITECTURE_K: i32 = 518;
const SI_ARCHITECTURE_NATIVE: i32 = 519;
const buffer = memory.data(257);

function ask(what: i32): string {
  return calls.systeminfo(what, buffer, 257) < 0 ? '' : zeroTerminated(buffer);
}

export function main(args: string[]): i32 {
  const option = args.length > 1 ? args[1] : '';
  if (args.length > 2 || (option.length && !(option == '-b' || option == '-k' || option == '-n' || option == '-v'))) {
    say('Usage: ' + USAGE + '\n');
    return 1;
  }
  if (option == '-b') out('64\n');
  else if (option == '-k') out(ask(SI_ARCHITECTURE_K) + '\n');
  else if (option == '-v') out('64-bit ' + ask(SI_ARCHITECTURE_64) + ' applications\n');
  else out(ask(SI_ARCHITECTURE_NATIVE) + '\n');
  return 0;
}
