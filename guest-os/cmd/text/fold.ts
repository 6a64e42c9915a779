// SPDX-License-Identifier: MIT
/** @fileoverview fold(1): break long lines */
/** @manual
 * OPTIONS
 *   -b   counts bytes, not columns
 *   -s   breaks behind white space where there is some
 *   -w n   so wide; 80 otherwise
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'fold [-bs] [-w width] [file ...]';

export function main(args: string[]): i32 {
  const words = args.slice(0);
  for (let i = 1; i < words.length; i++)
    if (words[i].length > 1 && words[i].startsWith('-') && parseNumber(words[i].substring(1)) >= 0)
      words[i] = '-w' + words[i].substring(1);
  const options = new Options(words, USAGE, 'bsw:', ['bytes=b', 'spaces=s', 'width=w']);
  let width = 80;
  let bytes = false;
  let spaces = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'b') bytes = true;
    else if (option == 's') spaces = true;
    else {
      const number = parseNumber(options.argument);
      if (number < 1 || number > i32.MAX_VALUE) {
        say('fold: invalid width: ' + options.argument + '\n');
        return 1;
      }
      width = <i32>number;
    }
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('fold', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line())
      out(folded(line, width, bytes, spaces) + (reader.unterminated ? '' : '\n'));
  }
  return result;
}

function advance(column: i32, c: i32, bytes: bool): i32 {
  if (bytes) return column + 1;
  if (c == 8) return max(column - 1, 0);
  if (c == 13) return 0;
  return c == 9 ? (column & ~7) + 8 : column + 1;
}

function folded(line: string, width: i32, bytes: bool, spaces: bool): string {
  let result = '';
  let start = 0;
  let column = 0;
  for (let at = 0; at < line.length; at++) {
    const next = advance(column, line.charCodeAt(at), bytes);
    if (next <= width || at == start) {
      column = next;
      continue;
    }
    let cut = at;
    if (spaces) {
      let blank = at;
      while (blank > start && line.charAt(blank - 1) != ' ' && line.charAt(blank - 1) != '\t') blank--;
      if (blank > start) cut = blank;
    }
    result += line.substring(start, cut) + '\n';
    start = cut;
    column = 0;
    for (let k = start; k <= at; k++) column = advance(column, line.charCodeAt(k), bytes);
  }
  return result + line.substring(start);
}
