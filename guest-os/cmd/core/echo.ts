// SPDX-License-Identifier: MIT
/** @fileoverview echo(1): words with spaces between; -n: no newline; backslash sequences as XSI has them (and dash). */
/** @manual
 * DESCRIPTION
 * Writes its arguments with blanks between them and a newline behind them. Backslash sequences are understood: \a \b \c (no more) \f \n \r \t \v \\ \0nnn.
 *
 * OPTIONS
 *   -n   no newline
 */
import { out } from '../../lib/io';

export const USAGE: string = 'echo [-n] [string ...]';

export function main(args: string[]): i32 {
  let first = 1;
  const newline = !(args.length > 1 && args[1] == '-n');
  if (!newline) first++;
  for (let i = first; i < args.length; i++) {
    if (i > first) out(' ');
    const text = args[i];
    for (let k = 0; k < text.length; k++) {
      const c = text.charAt(k);
      if (c != '\\' || k + 1 == text.length) {
        out(c);
        continue;
      }
      const letter = text.charAt(++k);
      if (letter == 'c') return 0;
      const at = 'abfnrtv\\'.indexOf(letter);
      if (at >= 0) out('\x07\b\f\n\r\t\v\\'.charAt(at));
      else if (letter == '0') {
        let value = 0;
        for (let digits = 0; digits < 3 && k + 1 < text.length && <u32>(text.charCodeAt(k + 1) - 0x30) < 8; digits++)
          value = value * 8 + text.charCodeAt(++k) - 0x30;
        out(String.fromCharCode(value & 0xff));
      } else out('\\' + letter);
    }
  }
  if (newline) out('\n');
  return 0;
}
