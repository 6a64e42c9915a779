// SPDX-License-Identifier: MIT
/** @fileoverview cat(1): show files one after the other */
/** @manual
 * DESCRIPTION
 * Writes the files to standard output, one after the other. Without a file, or where one is called -, it reads standard input.
 *
 * OPTIONS
 *   -u   Accepted: output is not held back beyond what was read.
 *
 * EXIT STATUS
 *   0   everything was written
 *   1   a file could not be read
 */
import * as calls from '../../lib/calls';
import { complain, O_RDONLY, openFile, outBytes } from '../../lib/io';

export const USAGE: string = 'cat [-u] [file ...]';

const chunk = memory.data(4096);

export function main(args: string[]): i32 {
  let status = 0;
  const first = args.length > 1 && (args[1] == '-u' || args[1] == '--') ? 2 : 1;
  for (let i = first; i < max(args.length, first + 1); i++) {
    const name = i < args.length ? args[i] : '-';
    const descriptor = name == '-' ? 0 : openFile(name, O_RDONLY);
    const error = descriptor < 0 ? <i64>descriptor : copy(descriptor);
    if (descriptor > 0) calls.close(descriptor);
    if (error >= 0) continue;
    complain('cat', name, error);
    status = 1;
  }
  return status;
}

function copy(descriptor: i32): i64 {
  while (true) {
    const count = calls.read(descriptor, chunk, 4096);
    if (count <= 0) return count;
    outBytes(chunk, <i32>count);
  }
}
