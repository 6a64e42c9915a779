// SPDX-License-Identifier: MIT
/** @fileoverview uniq(1): lines that differ from the one before */
/** @manual
 * OPTIONS
 *   -c   how often each came, in front
 *   -d   only lines that were repeated, once each;  -D  all of them
 *   -u   only lines that were not
 *   -f n   does not compare the first n fields;  -s n  the next n characters
 *   -w n   compares so many characters at most
 *   -i   letters of either case are equal
 */
import { complain, O_CREAT, O_TRUNC, O_WRONLY, openFile, openInput, out, Reader, redirectOutput, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { padLeft, parseNumber } from '../../lib/text';

export const USAGE: string = 'uniq [-c | -d | -D | -u] [-i] [-f fields] [-s char] [-w char] [input_file [output_file]]';

let given: string = '';
let fields: i64 = 0;
let characters: i64 = 0;
let width: i64 = i32.MAX_VALUE;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'cdDf:is:uw:', [
    'count=c',
    'repeated=d',
    'all-repeated=D',
    'skip-fields=f',
    'ignore-case=i',
    'skip-chars=s',
    'unique=u',
    'check-chars=w',
  ]);
  for (let option = options.next(); option != ''; option = options.next()) {
    const number = 'fsw'.includes(option) ? parseNumber(options.argument) : 0;
    if (number < 0) {
      say('uniq: invalid number: ' + options.argument + '\n');
      return 1;
    }
    if (option == 'f') fields = number;
    else if (option == 's') characters = number;
    else if (option == 'w') width = number;
    else given += option;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length > 2) return misused(USAGE);
  const descriptor = operands.length ? openInput('uniq', operands[0]) : 0;
  if (descriptor < 0) return 1;
  if (operands.length > 1 && operands[1] != '-') {
    const output = openFile(operands[1], O_WRONLY | O_CREAT | O_TRUNC);
    if (output < 0) {
      complain('uniq', operands[1], output);
      return 1;
    }
    redirectOutput(output);
  }
  const reader = new Reader(descriptor);
  const group: string[] = [];
  let key = '';
  for (let line = reader.line(); line != null; line = reader.line()) {
    const next = keyOf(line);
    if (group.length && next != key) {
      show(group);
      group.length = 0;
    }
    key = next;
    if (group.length && !given.includes('D')) group.push('');
    else group.push(line);
  }
  if (group.length) show(group);
  return 0;
}

function keyOf(line: string): string {
  let at = 0;
  for (let i: i64 = 0; i < fields && at < line.length; i++) {
    while (at < line.length && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) at++;
    while (at < line.length && line.charAt(at) != ' ' && line.charAt(at) != '\t') at++;
  }
  at = <i32>min<i64>(<i64>at + characters, line.length);
  const key = line.substring(at, <i32>min<i64>(<i64>at + width, line.length));
  return given.includes('i') ? key.toUpperCase() : key;
}

function show(group: string[]): void {
  const repeated = group.length > 1;
  if (given.includes('D')) {
    if (repeated) for (let i = 0; i < group.length; i++) out(group[i] + '\n');
    return;
  }
  if (given.includes('d') && !repeated) return;
  if (given.includes('u') && repeated) return;
  out((given.includes('c') ? padLeft(group.length.toString(), 7) + ' ' : '') + group[0] + '\n');
}
