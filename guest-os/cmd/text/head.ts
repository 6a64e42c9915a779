// SPDX-License-Identifier: MIT
/** @fileoverview head(1): the beginning of files */
/** @manual
 * OPTIONS
 *   -n count, -count   so many lines, 10 otherwise; -count from the end back: all but these
 *   -c count   so many bytes, with a unit (b, k, m)
 *   -q, -v   never, always a title above each file; otherwise where there are several
 */
import * as calls from '../../lib/calls';
import { parseSize } from '../../lib/human';
import { openInput, out, outBytes, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'head [-qv] [-n number | -c number | -number] [file ...]';

let bytes = false;
let count: i64 = 10;
let fromEnd: bool = false;

export function main(args: string[]): i32 {
  // The old form: -5.
  const words = args.slice(0);
  if (words.length > 1 && words[1].length > 1 && words[1].startsWith('-') && <u32>(words[1].charCodeAt(1) - 0x30) < 10) {
    const digits = words[1].substring(1);
    words[1] = '-n' + digits;
  }
  const options = new Options(words, USAGE, 'c:n:qvz', ['bytes=c', 'lines=n', 'quiet=q', 'silent=q', 'verbose=v']);
  let titles = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'q' || option == 'v') titles = option;
    else if (option == 'c' || option == 'n') {
      bytes = option == 'c';
      fromEnd = options.argument.startsWith('-');
      count = parseSize(fromEnd || options.argument.startsWith('+') ? options.argument.substring(1) : options.argument);
      if (count < 0) {
        say('head: invalid number: ' + options.argument + '\n');
        return misused(USAGE);
      }
    }
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  let shown = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('head', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    if (titles == 'v' || (titles != 'q' && files.length > 1))
      out((shown ? '\n' : '') + '==> ' + (files[i] == '-' ? 'standard input' : files[i]) + ' <==\n');
    shown++;
    if (bytes) headBytes(descriptor);
    else headLines(descriptor);
    if (descriptor) calls.close(descriptor);
  }
  return result;
}

const chunk = memory.data(8192);

function headBytes(descriptor: i32): void {
  if (fromEnd) {
    let kept = '';
    const reader = new Reader(descriptor);
    for (let c = reader.byte(); c >= 0; c = reader.byte()) {
      kept += String.fromCharCode(c);
      if (kept.length >= 8192 + count) {
        out(kept.substring(0, kept.length - <i32>count));
        kept = kept.substring(kept.length - <i32>count);
      }
    }
    out(kept.substring(0, max(kept.length - <i32>count, 0)));
    return;
  }
  for (let left = count; left > 0; ) {
    const got = calls.read(descriptor, chunk, min<i64>(left, 8192));
    if (got <= 0) return;
    outBytes(chunk, <i32>got);
    left -= got;
  }
}

function headLines(descriptor: i32): void {
  const reader = new Reader(descriptor);
  if (!fromEnd) {
    for (let left = count; left > 0; left--) {
      const line = reader.line();
      if (line == null) return;
      out(reader.unterminated ? line : line + '\n');
    }
    return;
  }
  const kept: string[] = [];
  let first = 0;
  for (let line = reader.line(); line != null; line = reader.line()) {
    kept.push(reader.unterminated ? line : line + '\n');
    if (<i64>kept.length - <i64>first <= count) continue;
    out(kept[first]);
    kept[first++] = '';
  }
}
