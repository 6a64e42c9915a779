// SPDX-License-Identifier: MIT
/** @fileoverview cut(1): parts of each line */
/** @manual
 * DESCRIPTION
 * A list has numbers and ranges with commas or spaces between: 1,3-5,7-
 *
 * OPTIONS
 *   -b list, -c list   these bytes
 *   -f list   these fields;  -d char  with this between, a tab otherwise;  -s  only lines that have it
 *   --complement   all others
 *   --output-delimiter=text   between what is printed
 */
import * as calls from '../../lib/calls';
import { openInput, out, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'cut -b list [-n] [file ...]\ncut -c list [file ...]\ncut -f list [-d delim] [-s] [file ...]';

const starts: i32[] = [];
const ends: i32[] = [];
let inverted = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'b:c:d:f:nsKO:z', [
    'bytes=b',
    'characters=c',
    'delimiter=d',
    'fields=f',
    'only-delimited=s',
    'complement=K',
    'output-delimiter=O',
  ]);
  let kind = '';
  let delimiter = '\t';
  let between = '';
  let hasBetween = false;
  let only = false;
  let delimited = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') {
      delimiter = options.argument.length ? options.argument : '\0';
      delimited = true;
      if (delimiter.length > 1) {
        say('cut: no delimiter of more than one byte\n');
        return 1;
      }
    } else if (option == 's') only = true;
    else if (option == 'K') inverted = true;
    else if (option == 'O') {
      between = options.argument;
      hasBetween = true;
    } else if (option != 'n' && option != 'z') {
      if (kind.length) return misused(USAGE);
      kind = option;
      if (!readList(options.argument)) {
        say('cut: bad list for ' + option + ' option\n');
        return 1;
      }
    }
  }
  if (options.failed) return 1;
  if (!kind.length || ((delimited || only) && kind != 'f')) return misused(USAGE);
  if (kind == 'f' && !hasBetween) between = delimiter;
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('cut', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line()) {
      if (kind != 'f') out(bytes(line, between) + '\n');
      else if (line.includes(delimiter)) out(fields(line, delimiter, between) + '\n');
      else if (!only) out(line + '\n');
    }
    if (descriptor) calls.close(descriptor);
  }
  return result;
}

function readList(text: string): bool {
  const parts = text.replaceAll(' ', ',').split(',');
  for (let i = 0; i < parts.length; i++) {
    const dash = parts[i].indexOf('-');
    const first = dash == 0 ? 1 : parseNumber(dash < 0 ? parts[i] : parts[i].substring(0, dash));
    const end = dash < 0 ? first : dash == parts[i].length - 1 ? i32.MAX_VALUE : parseNumber(parts[i].substring(dash + 1));
    if (first < 1 || end < first || parts[i] == '-') return false;
    starts.push(<i32>min<i64>(first, i32.MAX_VALUE));
    ends.push(<i32>min<i64>(end, i32.MAX_VALUE));
  }
  return true;
}

function chosen(number: i32): bool {
  for (let i = 0; i < starts.length; i++) if (number >= starts[i] && number <= ends[i]) return !inverted;
  return inverted;
}
/** Whether a range that was asked for begins here: output delimiters come in front of those. */
function beginsRange(number: i32): bool {
  if (inverted) return !chosen(number - 1);
  for (let i = 0; i < starts.length; i++) if (number == starts[i]) return true;
  return !chosen(number - 1);
}

function bytes(line: string, between: string): string {
  let text = '';
  for (let i = 0; i < line.length; i++) {
    if (!chosen(i + 1)) continue;
    if (between.length && text.length && beginsRange(i + 1)) text += between;
    text += line.charAt(i);
  }
  return text;
}

function fields(line: string, delimiter: string, between: string): string {
  const all = line.split(delimiter);
  let text = '';
  let any = false;
  for (let i = 0; i < all.length; i++) {
    if (!chosen(i + 1)) continue;
    text += any ? between + all[i] : all[i];
    any = true;
  }
  return text;
}
