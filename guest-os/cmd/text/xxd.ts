// SPDX-License-Identifier: MIT
/** @fileoverview xxd(1): bytes in hexadecimal, and back */
/** @manual
 * OPTIONS
 *   -c n   so many bytes a line, 16 otherwise;  -g n  so many in a group, 2 otherwise
 *   -l n   at most so many;  -s n  leaves out so many first
 *   -p   hexadecimal only;  -u  capitals
 *   -r   back: bytes from such a list
 */
import { openInput, out, Reader } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseSize } from '../../lib/human';

export const USAGE: string = 'xxd [-pu] [-c cols] [-g bytes] [-l len] [-s seek] [file]\nxxd -r [-p] [file]';
const HEX: string = '0123456789abcdef';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'c:g:l:prs:u', ['ps=p', 'plain=p', 'revert=r']);
  let columns: i64 = 0;
  let group: i64 = 2;
  let left: i64 = i64.MAX_VALUE;
  let skip: i64 = 0;
  let plain = false;
  let back = false;
  let upper = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'p') plain = true;
    else if (option == 'r') back = true;
    else if (option == 'u') upper = true;
    else {
      const number = parseSize(options.argument);
      if (option == 'c') columns = number;
      else if (option == 'g') group = number;
      else if (option == 'l') left = number;
      else skip = number;
    }
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (columns < 0 || columns > 256 || group < 0 || left < 0 || skip < 0 || files.length > 1) return misused(USAGE);
  if (!columns) columns = plain ? 30 : 16;
  if (!group) group = columns;
  const descriptor = files.length ? openInput('xxd', files[0]) : 0;
  if (descriptor < 0) return 2;
  const reader = new Reader(descriptor);
  if (back) revert(reader, plain);
  else {
    for (let i = skip; i > 0; i--) reader.byte();
    dump(reader, <i32>columns, <i32>group, left, skip, plain, upper);
  }
  return 0;
}

function dump(reader: Reader, columns: i32, group: i32, most: i64, start: i64, plain: bool, upper: bool): void {
  let left = most;
  let offset = start;
  while (left > 0) {
    let digits = '';
    let text = '';
    let count = 0;
    for (; count < columns && left > 0; count++, left--) {
      const c = reader.byte();
      if (c < 0) {
        left = 0;
        break;
      }
      if (count && !plain && count % group == 0) digits += ' ';
      digits += HEX.charAt(c >> 4) + HEX.charAt(c & 15);
      text += c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : '.';
    }
    if (!count) return;
    if (upper) digits = digits.toUpperCase();
    const width = 2 * columns + (columns - 1) / group;
    out(plain ? digits + '\n' : offset.toString(16).padStart(8, '0') + ': ' + digits.padEnd(width) + '  ' + text + '\n');
    offset += count;
  }
}

function revert(reader: Reader, plain: bool): void {
  for (let line = reader.line(); line != null; line = reader.line()) {
    let at = plain ? 0 : line.indexOf(':') + 2;
    let high = -1;
    let spaces = 0;
    for (; at < line.length; at++) {
      const digit = HEX.indexOf(line.charAt(at).toLowerCase());
      if (digit < 0) {
        // Two spaces, and the text begins.
        if (line.charAt(at) == ' ' && ++spaces > 1 && !plain && high < 0) break;
        continue;
      }
      spaces = 0;
      if (high < 0) high = digit;
      else {
        out(String.fromCharCode(high * 16 + digit));
        high = -1;
      }
    }
  }
}
