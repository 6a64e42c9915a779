// SPDX-License-Identifier: MIT
/** @fileoverview nl(1): number lines */
/** @manual
 * DESCRIPTION
 * Lines \:\:\: , \:\: and \: begin a page's header, body and footer; only bodies are numbered, unless -h or -f says so.
 *
 * OPTIONS
 *   -b type, -h type, -f type   what is numbered: a all, t lines that are not empty, n none, pRE those that match
 *   -d xx   instead of \:
 *   -i n   step;  -v n  first number;  -l n  so many empty lines count as one
 *   -n ln|rn|rz   left, right, right with zeros
 *   -p   numbers go on over pages
 *   -s text   between number and line, a tab otherwise;  -w n  width of numbers
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { compile, Regex } from '../../lib/regex/regex';
import { padLeft, padRight, parseNumber } from '../../lib/text';

export const USAGE: string =
  'nl [-p] [-b type] [-d delim] [-f type] [-h type] [-i incr] [-l num] [-n format] [-s sep] [-w width] [-v startnum] [file]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'b:d:f:h:i:l:n:ps:v:w:', []);
  // Header, body, footer.
  const types: string[] = ['n', 't', 'n'];
  let mark = '\\:';
  let step: i64 = 1;
  let first: i64 = 1;
  let blanks: i64 = 1;
  let width = 6;
  let format = 'rn';
  let between = '\t';
  let restart = true;
  for (let option = options.next(); option != ''; option = options.next()) {
    const text = options.argument;
    const number = text.startsWith('-') ? -parseNumber(text.substring(1)) : parseNumber(text);
    if ('ilwv'.includes(option) && parseNumber(text.startsWith('-') ? text.substring(1) : text) < 0) {
      say('nl: invalid number: ' + text + '\n');
      return 1;
    }
    if (option == 'h') types[0] = text;
    else if (option == 'b') types[1] = text;
    else if (option == 'f') types[2] = text;
    else if (option == 'd') mark = text.length == 1 ? text + ':' : text;
    else if (option == 'i') step = number;
    else if (option == 'v') first = number;
    else if (option == 'l') blanks = number;
    else if (option == 'w') width = <i32>number;
    else if (option == 'n') format = text;
    else if (option == 's') between = text;
    else restart = false;
  }
  if (options.failed) return 1;
  const regexes = new Array<Regex | null>(3);
  for (let i = 0; i < 3; i++) {
    regexes[i] = types[i].startsWith('p') ? compile(types[i].substring(1), 0) : null;
    if (!'atnp'.includes(types[i].charAt(0)) || (types[i].startsWith('p') && !regexes[i])) {
      say('nl: invalid type: ' + types[i] + '\n');
      return 1;
    }
  }
  const files = options.operands();
  if (!files.length) files.push('-');
  let number = first;
  let part = 1;
  let empty: i64 = 0;
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('nl', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line()) {
      const mark3 = mark + mark + mark;
      if (mark.length && (line == mark3 || line == mark + mark || line == mark)) {
        part = line == mark3 ? 0 : line == mark ? 2 : 1;
        if (part == 0 && restart) number = first;
        out('\n');
        continue;
      }
      const type = types[part].charAt(0);
      let numbered: bool = type == 'a' || (type == 't' && line.length > 0);
      if (type == 'a' && blanks > 1) {
        empty = line.length ? 0 : empty + 1;
        numbered = line.length > 0 || empty == blanks;
        if (empty == blanks) empty = 0;
      }
      if (type == 'p') numbered = regexes[part]!.test(line);
      if (numbered) {
        const digits = number.toString();
        const shown = format == 'ln' ? padRight(digits, width) : format == 'rz' ? zeros(digits, width) : padLeft(digits, width);
        out(shown + between + line + '\n');
        number += step;
      } else out(' '.repeat(width + between.length) + line + '\n');
    }
  }
  return result;
}

function zeros(digits: string, width: i32): string {
  if (digits.length >= width) return digits;
  const negative = digits.startsWith('-');
  return (negative ? '-' : '') + '0'.repeat(width - digits.length) + (negative ? digits.substring(1) : digits);
}
