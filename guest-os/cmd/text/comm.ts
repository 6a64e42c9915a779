// SPDX-License-Identifier: MIT
/** @fileoverview comm(1): lines that two sorted files have in common */
/** @manual
 * DESCRIPTION
 * Three columns: lines of the first file only, of the second only, of both.
 *
 * OPTIONS
 *   -1, -2, -3   without this column
 */
import { openInput, out, Reader } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'comm [-123] file1 file2';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '123', []);
  let without = '';
  for (let option = options.next(); option != ''; option = options.next()) without += option;
  if (options.failed) return 1;
  const files = options.operands();
  if (files.length != 2) return misused(USAGE);
  const first = openInput('comm', files[0]);
  if (first < 0) return 1;
  const second = openInput('comm', files[1]);
  if (second < 0) return 1;
  const one = new Reader(first);
  const two = new Reader(second);
  const tab2 = without.includes('1') ? '' : '\t';
  const tab3 = tab2 + (without.includes('2') ? '' : '\t');
  let a = one.line();
  let b = two.line();
  while (a != null || b != null) {
    const order = a == null ? 1 : b == null ? -1 : a < b ? -1 : a > b ? 1 : 0;
    if (order < 0) {
      if (!without.includes('1')) out(a! + '\n');
      a = one.line();
    } else if (order > 0) {
      if (!without.includes('2')) out(tab2 + b! + '\n');
      b = two.line();
    } else {
      if (!without.includes('3')) out(tab3 + a! + '\n');
      a = one.line();
      b = two.line();
    }
  }
  return 0;
}
