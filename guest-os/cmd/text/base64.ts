// SPDX-License-Identifier: MIT
/** @fileoverview base64(1): bytes as text of 64 characters, and back (RFC 4648, section 4) */
/** @manual
 * DESCRIPTION
 * Writes the file, or standard input, in lines of 76 characters.
 *
 * OPTIONS
 *   -d   the other way
 *   -i   with -d: what is no character of the alphabet is passed over
 *   -w count   characters in a line; 0: all in one
 *
 * EXIT STATUS
 *   0   done
 *   1   the input could not be read, or was no such text
 */
import { ALPHABET, toBase64 } from '../../lib/base64';
import { flush, openInput, out, readAll, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'base64 [-di] [-w columns] [file]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'diw:', ['decode=d', 'ignore-garbage=i', 'wrap=w']);
  let decodes = false;
  let lenient = false;
  let width: i64 = 76;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') decodes = true;
    else if (option == 'i') lenient = true;
    else width = parseNumber(options.argument);
  }
  const words = options.operands();
  if (options.failed || words.length > 1 || width < 0) return misused(USAGE);
  const descriptor = words.length ? openInput('base64', words[0]) : 0;
  if (descriptor < 0) return 1;
  const text = readAll(descriptor);
  if (decodes) return decode(text, lenient);
  const code = toBase64(text);
  if (!width) out(code);
  for (let at: i64 = 0; width && at < code.length; at += width) {
    out(code.substring(<i32>at, <i32>min(at + width, <i64>code.length)));
    out('\n');
  }
  return 0;
}

function decode(text: string, lenient: bool): i32 {
  let bits: u32 = 0;
  let count = 0;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    const value = ALPHABET.indexOf(c);
    if (value < 0 && (c == '\n' || (lenient && c != '='))) continue;
    // Padding is for the last two of four.
    if ((value < 0 && (c != '=' || count + padding < 2)) || (value >= 0 && padding)) return invalid();
    if (value < 0) padding++;
    bits = (bits << 6) | (value < 0 ? 0 : value);
    if (value >= 0) count++;
    if (count + padding < 4) continue;
    for (let k = 0; k < count - 1; k++) out(String.fromCharCode((bits >> (16 - 8 * k)) & 0xff));
    bits = 0;
    count = padding = 0;
  }
  if (!count) return 0;
  for (let k = 0; k < count - 1; k++) out(String.fromCharCode(((bits << (6 * (4 - count))) >> (16 - 8 * k)) & 0xff));
  return invalid();
}

function invalid(): i32 {
  flush();
  say('base64: invalid input\n');
  return 1;
}
