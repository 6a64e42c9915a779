// SPDX-License-Identifier: MIT
/** @fileoverview split(1): a file in pieces */
/** @manual
 * DESCRIPTION
 * The pieces are called xaa, xab, ..., or with another prefix.
 *
 * OPTIONS
 *   -l n   so many lines each, 1000 otherwise
 *   -b n   so many bytes each, with a unit
 *   -a n   so many letters behind the prefix;  -d  digits instead of letters
 */
import * as calls from '../../lib/calls';
import { complain, O_CREAT, O_TRUNC, O_WRONLY, openFile, openInput, Reader, say, Writer } from '../../lib/io';
import { parseSize } from '../../lib/human';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'split [-l line_count | -b n[k|m]] [-a suffix_length] [-d] [file [name]]';

let suffixLength = 2;
let digits = false;
let prefix: string = 'x';
let made = 0;

export function main(args: string[]): i32 {
  const words = args.slice(0);
  for (let i = 1; i < words.length; i++)
    if (words[i].length > 1 && words[i].startsWith('-') && parseNumber(words[i].substring(1)) >= 0)
      words[i] = '-l' + words[i].substring(1);
  const options = new Options(words, USAGE, 'a:b:dl:', ['bytes=b', 'lines=l', 'suffix-length=a', 'numeric-suffixes=d']);
  let lines: i64 = 1000;
  let bytes: i64 = 0;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') digits = true;
    else {
      const number = parseSize(options.argument);
      if (number < 1) {
        say('split: invalid number: ' + options.argument + '\n');
        return 1;
      }
      if (option == 'a') suffixLength = <i32>number;
      else if (option == 'b') bytes = number;
      else lines = number;
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length > 2) return misused(USAGE);
  const descriptor = operands.length ? openInput('split', operands[0]) : 0;
  if (descriptor < 0) return 1;
  if (operands.length > 1) prefix = operands[1];
  const reader = new Reader(descriptor);
  let writer: Writer | null = null;
  let count: i64 = 0;
  while (true) {
    let text = '';
    if (bytes) {
      const c = reader.byte();
      if (c < 0) break;
      text = String.fromCharCode(c);
    } else {
      const line = reader.line();
      if (line == null) break;
      text = reader.unterminated ? line : line + '\n';
    }
    if (!writer || count == (bytes ? bytes : lines)) {
      if (writer && !finish(writer)) return 1;
      const file = openFile(nextName(), O_WRONLY | O_CREAT | O_TRUNC);
      if (file < 0) {
        complain('split', 'output file', file);
        return 1;
      }
      writer = new Writer(file);
      count = 0;
    }
    writer.write(text);
    count++;
  }
  return writer && !finish(writer) ? 1 : 0;
}

function finish(writer: Writer): bool {
  writer.flush();
  calls.close(writer.descriptor);
  if (writer.error) complain('split', 'write', writer.error);
  return !writer.error;
}

function nextName(): string {
  let suffix = '';
  let number = made++;
  const base = digits ? 10 : 26;
  for (let i = 0; i < suffixLength; i++) {
    suffix = String.fromCharCode((digits ? 0x30 : 0x61) + (number % base)) + suffix;
    number /= base;
  }
  return prefix + suffix;
}
