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
import { out, say } from '../../lib/io';
import { SI_ARCHITECTURE_64, SI_ARCHITECTURE_K, SI_ARCHITECTURE_NATIVE, systemInformation } from '../../lib/systemInformation';

export const USAGE: string = 'isainfo [-b | -k | -n | -v]';

export function main(args: string[]): i32 {
  const option = args.length > 1 ? args[1] : '';
  if (args.length > 2 || (option.length && !(option == '-b' || option == '-k' || option == '-n' || option == '-v'))) {
    say('Usage: ' + USAGE + '\n');
    return 1;
  }
  if (option == '-b') out('64\n');
  else if (option == '-k') out(systemInformation(SI_ARCHITECTURE_K) + '\n');
  else if (option == '-v') out('64-bit ' + systemInformation(SI_ARCHITECTURE_64) + ' applications\n');
  else out(systemInformation(SI_ARCHITECTURE_NATIVE) + '\n');
  return 0;
}
