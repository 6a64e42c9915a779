// SPDX-License-Identifier: MIT
/** @fileoverview sort(1): sort lines */
/** @manual
 * DESCRIPTION
 * Sorts the lines of all files by the keys given, by the whole line without one. Bytes decide; lines that are equal by their keys are then compared as a
 * whole, unless -s or -u is given.
 *
 * OPTIONS
 *   -k start[,end]   a key: field and optional character (2.3), with its own bdfghinMrV
 *   -t char   fields are separated by this; by white space otherwise, which belongs to the field behind
 *   -b   without leading white space;  -d  letters, digits and white space only
 *   -f   small letters as capitals;  -i  printable characters only
 *   -n   by number;  -g  by number with exponent;  -h  with units (2K, 1G)
 *   -M   by month (JAN);  -V  by version (a10 behind a9)
 *   -r   the other way round
 *   -s   equal lines stay in order;  -u  one line of equal ones only
 *   -c   only checks, and says where order breaks;  -C  silently
 *   -m   files are sorted already;  -o file  to this file
 *   -z   lines end with a zero byte
 */
import * as calls from '../../lib/calls';
import { complain, O_CREAT, O_TRUNC, O_WRONLY, openFile, openInput, out, Reader, redirectOutput, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { compareKeysOnly, compareLines, Key, Line, parseKey, setSeparator, sortLines } from '../../lib/sorting';

export const USAGE: string = 'sort [-bcCdfgihmMnrsuVz] [-k keydef] [-o output] [-t char] [file ...]';

export function main(args: string[]): i32 {
  const options = new Options(oldKeys(args), USAGE, 'bcCdfghik:mMno:rst:T:S:uVz', [
    'check=c',
    'dictionary-order=d',
    'field-separator=t',
    'general-numeric-sort=g',
    'human-numeric-sort=h',
    'ignore-case=f',
    'ignore-leading-blanks=b',
    'key=k',
    'merge=m',
    'month-sort=M',
    'numeric-sort=n',
    'output=o',
    'reverse=r',
    'stable=s',
    'unique=u',
    'version-sort=V',
    'zero-terminated=z',
  ]);
  const keys: Key[] = [];
  let flags = '';
  let check = '';
  let output = '';
  let unique = false;
  let stable = false;
  let end: u8 = 0x0a;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'k') {
      const key = parseKey(options.argument);
      if (!key) {
        say('sort: invalid key: ' + options.argument + '\n');
        return 2;
      }
      keys.push(key);
    } else if (option == 't') {
      const text = options.argument == '\\0' ? '\0' : options.argument;
      if (text.length != 1) {
        say('sort: the separator must be one character\n');
        return 2;
      }
      setSeparator(text.charCodeAt(0));
    } else if (option == 'o') output = options.argument;
    else if (option == 'c' || option == 'C') check = option;
    else if (option == 'u') unique = true;
    else if (option == 's') stable = true;
    else if (option == 'z') end = 0;
    else if (option != 'm' && option != 'T' && option != 'S') flags += option;
  }
  if (options.failed) return 2;
  for (let i = 0; i < keys.length; i++) keys[i].inherit(flags);
  const whole = !keys.length;
  if (whole) keys.push(new Key(flags));
  const files = options.operands();
  if (!files.length) files.push('-');
  if (check.length && files.length > 1) {
    say('sort: extra operand ' + files[1] + ' not allowed with -' + check + '\n');
    return 2;
  }
  const lines: Line[] = [];
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('sort', files[i]);
    if (descriptor < 0) return 2;
    const reader = new Reader(descriptor);
    for (let text = reader.line(end); text != null; text = reader.line(end)) lines.push(new Line(text, keys));
    if (reader.error) {
      complain('sort', files[i], reader.error);
      return 2;
    }
    if (descriptor) calls.close(descriptor);
  }
  const lastResort = !stable && !unique && !(whole && !flags.replaceAll('r', '').length);
  const reversed = flags.includes('r');
  if (check.length) return checkOrder(lines, keys, unique, lastResort, reversed, check == 'c', files[0]);
  sortLines(lines, keys, lastResort, reversed);
  if (output.length) {
    const descriptor = openFile(output, O_WRONLY | O_CREAT | O_TRUNC);
    if (descriptor < 0) {
      complain('sort', output, descriptor);
      return 2;
    }
    redirectOutput(descriptor);
  }
  const behind = end ? '\n' : '\0';
  for (let i = 0; i < lines.length; i++) {
    if (unique && i && compareKeysOnly(lines[i - 1], lines[i], keys) == 0) continue;
    out(lines[i].text);
    out(behind);
  }
  return 0;
}

function checkOrder(lines: Line[], keys: Key[], unique: bool, lastResort: bool, reversed: bool, loud: bool, name: string): i32 {
  for (let i = 1; i < lines.length; i++) {
    const order = compareLines(lines[i - 1], lines[i], keys, lastResort, reversed);
    if (order < 0 || (order == 0 && !unique)) continue;
    if (loud) say('sort: ' + name + ':' + (i + 1).toString() + ': disorder: ' + lines[i].text + '\n');
    return 1;
  }
  return 0;
}

/** +1 -2, the form before POSIX, as -k. */
function oldKeys(args: string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (i && word.length > 1 && word.startsWith('+') && <u32>(word.charCodeAt(1) - 0x30) < 10) {
      const dot = word.indexOf('.');
      const field = I32.parseInt(word.substring(1)) + 1;
      let key = '-k' + field.toString() + (dot > 0 ? '.' + (I32.parseInt(word.substring(dot + 1)) + 1).toString() : '');
      if (
        i + 1 < args.length &&
        args[i + 1].length > 1 &&
        args[i + 1].startsWith('-') &&
        <u32>(args[i + 1].charCodeAt(1) - 0x30) < 10
      )
        key += ',' + args[++i].substring(1);
      words.push(key);
    } else words.push(word);
  }
  return words;
}
