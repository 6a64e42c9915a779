// SPDX-License-Identifier: MIT
/** @fileoverview cmp(1): whether two files are the same */
/** @manual
 * OPTIONS
 *   -l   every difference: where, and both bytes in octal
 *   -s   prints nothing
 *   -n count   compares so many bytes;  -i skip[:skip]  leaves out so many first
 *
 * EXIT STATUS
 *   0   they are;  1  they are not;  2  something went wrong
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { parseSize } from '../../lib/human';
import { misused, Options } from '../../lib/options';
import { padLeft } from '../../lib/text';

export const USAGE: string = 'cmp [-l | -s] [-n count] [-i skip] file1 file2 [skip1 [skip2]]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'bi:ln:s', ['silent=s', 'quiet=s', 'verbose=l', 'bytes=n', 'ignore-initial=i']);
  let how = '';
  let left: i64 = i64.MAX_VALUE;
  let skips: string[] = [];
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'n') left = parseSize(options.argument);
    else if (option == 'i') skips = options.argument.split(':');
    else if (option != 'b') how = option;
  }
  if (options.failed) return 2;
  const operands = options.operands();
  if (operands.length == 1) operands.push('-');
  if (operands.length < 2 || operands.length > 4) return misused(USAGE, 2);
  if (operands.length > 2) skips = operands.slice(2);
  const first = openInput('cmp', operands[0]);
  if (first < 0) return 2;
  const second = openInput('cmp', operands[1]);
  if (second < 0) return 2;
  const a = new Reader(first);
  const b = new Reader(second);
  for (let i: i64 = skips.length ? parseSize(skips[0]) : 0; i > 0; i--) a.byte();
  for (
    let i: i64 = skips.length > 1 ? parseSize(skips[1]) : skips.length && operands.length < 3 ? parseSize(skips[0]) : 0;
    i > 0;
    i--
  )
    b.byte();
  let at: u64 = 0;
  let line: u64 = 1;
  let result = 0;
  let newline = true;
  for (; left > 0; left--) {
    const x = a.byte();
    const y = b.byte();
    if (x < 0 && y < 0) return result;
    at++;
    if (x < 0 || y < 0) {
      const name = x < 0 ? operands[0] : operands[1];
      if (how != 's')
        say(
          'cmp: EOF on ' +
            name +
            (at > 1
              ? ' after byte ' +
                (at - 1).toString() +
                (how == 'l' ? '' : newline ? ', line ' + (line - 1).toString() : ', in line ' + line.toString())
              : ' which is empty') +
            '\n',
        );
      return 1;
    }
    newline = x == 0x0a;
    if (x == y) {
      if (newline) line++;
      continue;
    }
    result = 1;
    if (how == 's') return 1;
    if (how != 'l') {
      out(operands[0] + ' ' + operands[1] + ' differ: char ' + at.toString() + ', line ' + line.toString() + '\n');
      return 1;
    }
    out(padLeft(at.toString(), 6) + ' ' + padLeft(x.toString(8), 3) + ' ' + padLeft(y.toString(8), 3) + '\n');
    if (newline) line++;
  }
  return result;
}
