// SPDX-License-Identifier: MIT
/** @fileoverview rev(1): each line the other way round */
/** @manual
 * DESCRIPTION
 * Writes each line with its characters in the reverse order.
 */
import { openInput, out, Reader } from '../../lib/io';

export const USAGE: string = 'rev [file ...]';

export function main(args: string[]): i32 {
  const files = args.length > 1 ? args.slice(1) : ['-'];
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('rev', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line()) {
      let text = '';
      for (let k = line.length - 1; k >= 0; k--) text += line.charAt(k);
      out(text + (reader.unterminated ? '' : '\n'));
    }
  }
  return result;
}
