// SPDX-License-Identifier: MIT
/** @fileoverview wc(1): lines, words and bytes; -l -w -c choose. */
import * as calls from '../../lib/calls';
import { complain, O_RDONLY, openFile, out, say } from '../../lib/io';
import { padLeft } from '../../lib/text';

const chunk = memory.data(4096);
const counts = new StaticArray<u64>(3);
const totals = new StaticArray<u64>(3);
let wanted: string = '';
let width = 7;

export function main(args: string[]): i32 {
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++)
    wanted += args[first].substring(1);
  for (let i = 0; i < wanted.length; i++) {
    if ('lwc'.includes(wanted.charAt(i))) continue;
    say('usage: wc [-c] [-lw] [file ...]\n');
    return 2;
  }
  if (!wanted.length) wanted = 'lwc';
  if (first >= args.length) {
    const error = count(0);
    if (error < 0) complain('wc', 'stdin', error);
    show(counts, '');
    return error < 0 ? 1 : 0;
  }
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const descriptor = openFile(args[i], O_RDONLY);
    const error = descriptor < 0 ? <i64>descriptor : count(descriptor);
    if (descriptor >= 0) calls.close(descriptor);
    if (error < 0) {
      complain('wc', args[i], error);
      result = 1;
      continue;
    }
    show(counts, ' ' + args[i]);
    for (let k = 0; k < 3; k++) totals[k] += counts[k];
  }
  if (args.length - first > 1) show(totals, ' total');
  return result;
}

function count(descriptor: i32): i64 {
  for (let i = 0; i < 3; i++) counts[i] = 0;
  let inWord = false;
  while (true) {
    const got = calls.read(descriptor, chunk, 4096);
    if (got <= 0) return got;
    counts[2] += got;
    for (let i: usize = 0; i < <usize>got; i++) {
      const c = <u32>load<u8>(chunk + i);
      if (c == 0x0a) counts[0]++;
      const space = c == 0x20 || c - 9 < 5;
      if (!space && !inWord) counts[1]++;
      inWord = !space;
    }
  }
}

function show(values: StaticArray<u64>, name: string): void {
  let line = '';
  for (let i = 0; i < 3; i++) {
    if (!wanted.includes('lwc'.charAt(i))) continue;
    line += (line.length ? ' ' : '') + padLeft(values[i].toString(), width);
  }
  out(line + name + '\n');
}
