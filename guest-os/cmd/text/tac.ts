// SPDX-License-Identifier: MIT
/** @fileoverview tac(1): files with their last line first */
/** @manual
 * DESCRIPTION
 * Writes the lines of files, the last first.
 */
import * as calls from '../../lib/calls';
import { openInput, out, Reader } from '../../lib/io';

export const USAGE: string = 'tac [file ...]';

export function main(args: string[]): i32 {
  const files = args.length > 1 ? args.slice(1) : ['-'];
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('tac', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    const lines: string[] = [];
    for (let line = reader.line(); line != null; line = reader.line()) lines.push(reader.unterminated ? line : line + '\n');
    for (let k = lines.length - 1; k >= 0; k--) out(lines[k]);
    if (descriptor) calls.close(descriptor);
  }
  return result;
}
