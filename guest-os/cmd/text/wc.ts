// SPDX-License-Identifier: MIT
/** @fileoverview wc(1): count lines, words and bytes */
/** @manual
 * DESCRIPTION
 * Counts newlines, words between white space, and bytes of each file, and of all together where there are several.
 *
 * OPTIONS
 *   -l   lines only;  -w  words;  -c, -m  bytes;  -L  the longest line
 */
import * as calls from '../../lib/calls';
import { statusOf } from '../../lib/files';
import { complain, openInput, out } from '../../lib/io';
import { Options } from '../../lib/options';
import { padLeft } from '../../lib/text';

export const USAGE: string = 'wc [-c | -m] [-lwL] [file ...]';

const LINES: i32 = 0;
const WORDS: i32 = 1;
const BYTES: i32 = 2;
const LONGEST: i32 = 3;
const chunk = memory.data(16384);
const counts = new StaticArray<u64>(4);
const totals = new StaticArray<u64>(4);
let wanted: string = '';
let width = 1;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'cClLmw', ['bytes=c', 'chars=m', 'lines=l', 'max-line-length=L', 'words=w']);
  for (let option = options.next(); option != ''; option = options.next())
    wanted += option == 'm' || option == 'C' ? 'c' : option;
  if (options.failed) return 1;
  if (!wanted.length) wanted = 'lwc';
  const files = options.operands();
  if (!files.length) {
    const about = statusOf(0);
    width = wanted.length == 1 ? 1 : about && about.isRegular ? about.size.toString().length : 7;
    const error = count(0);
    if (error < 0) complain('wc', 'stdin', error);
    show(counts, '');
    return error < 0 ? 1 : 0;
  }
  const open: i32[] = [];
  let size: u64 = 0;
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    open.push(openInput('wc', files[i]));
    if (open[i] < 0) result = 1;
    const about = statusOf(open[i]);
    if (about && about.isRegular) size += about.size;
    else if (about) width = 7;
  }
  // Columns are as wide as the sum of all sizes needs.
  if (files.length > 1 || wanted.length > 1) width = max(width, size.toString().length);
  else width = 1;
  for (let i = 0; i < files.length; i++) {
    if (open[i] < 0) continue;
    const error = count(open[i]);
    if (open[i] > 0) calls.close(open[i]);
    if (error < 0) {
      complain('wc', files[i], error);
      result = 1;
    }
    show(counts, ' ' + files[i]);
    for (let k = 0; k < 3; k++) totals[k] += counts[k];
    totals[LONGEST] = max(totals[LONGEST], counts[LONGEST]);
  }
  if (files.length > 1) show(totals, ' total');
  return result;
}

function count(descriptor: i32): i64 {
  for (let i = 0; i < 4; i++) counts[i] = 0;
  let inWord = false;
  let column: u64 = 0;
  let lines: u64 = 0;
  let words: u64 = 0;
  let longest: u64 = 0;
  while (true) {
    const got = calls.read(descriptor, chunk, 16384);
    if (got <= 0) {
      counts[LINES] = lines;
      counts[WORDS] = words;
      counts[LONGEST] = max(longest, column);
      return got;
    }
    counts[BYTES] += got;
    for (let i: usize = 0; i < <usize>got; i++) {
      const c = <u32>load<u8>(chunk + i);
      if (c == 0x0a || c == 0x0d || c == 0x0c) {
        longest = max(longest, column);
        column = 0;
        if (c == 0x0a) lines++;
      } else if (c == 9) column = (column + 8) & ~7;
      else if (c >= 0x20 && c < 0x7f) column++;
      const space = c == 0x20 || c - 9 < 5;
      if (!space && !inWord) words++;
      inWord = !space;
    }
  }
}

function show(values: StaticArray<u64>, name: string): void {
  let line = '';
  for (let i = 0; i < 4; i++) {
    if (!wanted.includes('lwcL'.charAt(i))) continue;
    line += (line.length ? ' ' : '') + padLeft(values[i].toString(), width);
  }
  out(line + name + '\n');
}
