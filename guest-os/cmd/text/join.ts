// SPDX-License-Identifier: MIT
/** @fileoverview join(1): lines of two files that have a field in common */
/** @manual
 * DESCRIPTION
 * Both files are sorted by the field. For each pair of lines with the same one it prints the field and then the others of both.
 *
 * OPTIONS
 *   -1 field, -2 field   which one it is in either file; -j field  in both; the first otherwise
 *   -a file   lines of file 1 or 2 without a partner too;  -v file  only those
 *   -e text   for fields that are empty
 *   -o list   what is printed: 1.2 for field 2 of file 1, 0 for the common one
 *   -t char   fields are separated by this; by white space otherwise
 *   -i   letters of either case are equal
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string =
  'join [-a file_number | -v file_number] [-e string] [-o list] [-t char] [-1 field] [-2 field] file1 file2';

let delimiter = '';
let empty = '';
let format: string[] = [];
let folded = false;
const fields: StaticArray<i32> = [0, 0];
let reader1: Reader | null = null;
let reader2: Reader | null = null;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'a:e:ij:o:t:v:1:2:', ['ignore-case=i']);
  let alone = '';
  let paired = true;
  for (let option = options.next(); option != ''; option = options.next()) {
    const text = options.argument;
    if (option == 'a' || option == 'v') {
      if (text != '1' && text != '2') {
        say('join: invalid file number: ' + text + '\n');
        return 1;
      }
      alone += text;
      if (option == 'v') paired = false;
    } else if (option == 'e') empty = text;
    else if (option == 'i') folded = true;
    else if (option == 'o') format = format.concat(text.replaceAll(' ', ',').split(','));
    else if (option == 't') delimiter = text;
    else {
      const field = parseNumber(text);
      if (field < 1) {
        say('join: invalid field number: ' + text + '\n');
        return 1;
      }
      if (option != '2') fields[0] = <i32>field - 1;
      if (option != '1') fields[1] = <i32>field - 1;
    }
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (files.length != 2) return misused(USAGE);
  const first = openInput('join', files[0]);
  const second = openInput('join', files[1]);
  if (first < 0 || second < 0) return 1;
  reader1 = new Reader(first);
  reader2 = new Reader(second);
  merge(alone, paired);
  return 0;
}

function next(reader: Reader): string[] | null {
  const line = reader.line();
  if (line == null) return null;
  if (delimiter.length) return line.split(delimiter);
  const parts: string[] = [];
  let start = -1;
  for (let i = 0; i <= line.length; i++) {
    const blank = i == line.length || line.charAt(i) == ' ' || line.charAt(i) == '\t';
    if (blank && start >= 0) {
      parts.push(line.substring(start, i));
      start = -1;
    } else if (!blank && start < 0) start = i;
  }
  return parts;
}

function keyOf(parts: string[], file: i32): string {
  const key = fields[file] < parts.length ? parts[fields[file]] : '';
  return folded ? key.toUpperCase() : key;
}

function merge(alone: string, paired: bool): void {
  let a = next(reader1!);
  let b = next(reader2!);
  while (a && b) {
    const x = keyOf(a, 0);
    const y = keyOf(b, 1);
    if (x < y) {
      if (alone.includes('1')) show(a, null);
      a = next(reader1!);
    } else if (x > y) {
      if (alone.includes('2')) show(null, b);
      b = next(reader2!);
    } else {
      const group: string[][] = [];
      while (b && keyOf(b, 1) == x) {
        group.push(b);
        b = next(reader2!);
      }
      while (a && keyOf(a, 0) == x) {
        if (paired) for (let i = 0; i < group.length; i++) show(a, group[i]);
        a = next(reader1!);
      }
    }
  }
  for (; a; a = next(reader1!)) if (alone.includes('1')) show(a, null);
  for (; b; b = next(reader2!)) if (alone.includes('2')) show(null, b);
}

function field(parts: string[] | null, index: i32): string {
  const text = parts && index < parts.length ? parts[index] : '';
  return text.length ? text : empty;
}

function show(a: string[] | null, b: string[] | null): void {
  const between = delimiter.length ? delimiter : ' ';
  const texts: string[] = [];
  const common = a ? field(a, fields[0]) : field(b, fields[1]);
  if (format.length) {
    for (let i = 0; i < format.length; i++) {
      if (format[i] == '0') texts.push(common);
      else texts.push(field(format[i].startsWith('1') ? a : b, <i32>parseNumber(format[i].substring(2)) - 1));
    }
  } else {
    texts.push(common);
    if (a) for (let i = 0; i < a.length; i++) if (i != fields[0]) texts.push(a[i]);
    if (b) for (let i = 0; i < b.length; i++) if (i != fields[1]) texts.push(b[i]);
  }
  out(texts.join(between) + '\n');
}
