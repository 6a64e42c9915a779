// SPDX-License-Identifier: MIT
/** @fileoverview shuf(1): lines in random order */
/** @manual
 * DESCRIPTION
 * Writes the lines of the file, or of standard input, in an order that /dev/urandom gives.
 *
 * OPTIONS
 *   -e        the operands are the lines
 *   -i A-B    the numbers from A to B are
 *   -n count  at most so many
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { randomBytes } from '../../lib/random';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'shuf [-n count] [file]\nshuf [-n count] -e [word ...]\nshuf [-n count] -i low-high';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'ei:n:', ['echo=e', 'input-range=i', 'head-count=n']);
  let words = false;
  let range = '';
  let most: i64 = i64.MAX_VALUE;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'e') words = true;
    else if (option == 'i') range = options.argument;
    else most = parseNumber(options.argument);
  }
  const operands = options.operands();
  if (options.failed || most < 0 || (!words && operands.length > (range.length ? 0 : 1))) return misused(USAGE);
  let lines: string[] = [];
  if (words) lines = operands;
  else if (range.length) {
    const ends = range.split('-');
    const low = parseNumber(ends[0]);
    const high = ends.length == 2 ? parseNumber(ends[1]) : -1;
    if (low < 0 || high < low - 1 || high - low > 10000000) {
      say('shuf: invalid input range: ' + range + '\n');
      return 1;
    }
    for (let i = low; i <= high; i++) lines.push(i.toString());
  } else {
    const descriptor = operands.length ? openInput('shuf', operands[0]) : 0;
    if (descriptor < 0) return 1;
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line()) lines.push(line);
  }
  // Fisher and Yates, from the front.
  for (let i = 0; i < lines.length && i < most; i++) {
    const other = i + <i32>(random() % (<u64>lines.length - i));
    const line = lines[other];
    lines[other] = lines[i];
    lines[i] = line;
    out(line + '\n');
  }
  return 0;
}

let pool: StaticArray<u8> = new StaticArray<u8>(0);
let used = 0;
function random(): u64 {
  if (used + 8 > pool.length) {
    pool = randomBytes(1024);
    used = 0;
  }
  used += 8;
  return load<u64>(changetype<usize>(pool) + used - 8);
}
