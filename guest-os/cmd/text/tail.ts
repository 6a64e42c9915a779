// SPDX-License-Identifier: MIT
/** @fileoverview tail(1): the end of files */
/** @manual
 * OPTIONS
 *   -n count, -count   so many lines, 10 otherwise; +count: from this line on
 *   -c count   so many bytes; +count: from this byte on
 *   -f   goes on as the file grows; -F  and opens it again when it is replaced
 *   -r   the other way round
 *   -q, -v   never, always a title above each file; otherwise where there are several
 */
import * as calls from '../../lib/calls';
import { Status, status, statusOf } from '../../lib/files';
import { parseSize } from '../../lib/human';
import { flush, O_RDONLY, openFile, openInput, out, outBytes, outputError, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { sleepFor } from '../../lib/process';

export const USAGE: string = 'tail [-fFqrv] [-n number | -c number | -number | +number] [file ...]';
/** How often -f looks. */
const PAUSE: u64 = 200000000;
const chunk = memory.data(16384);

let bytes = false;
let count: i64 = 10;
let fromStart: bool = false;
let reversed = false;

export function main(args: string[]): i32 {
  const words = args.slice(0);
  if (words.length > 1) oldForm(words);
  const options = new Options(words, USAGE, 'c:fFn:qrvs:', [
    'bytes=c',
    'follow?=f',
    'lines=n',
    'quiet=q',
    'silent=q',
    'verbose=v',
    'sleep-interval=s',
  ]);
  let titles = '';
  let follow = '';
  let counted = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'q' || option == 'v') titles = option;
    else if (option == 'f' || option == 'F') follow = option;
    else if (option == 'r') reversed = true;
    else if (option != 's') {
      counted = true;
      bytes = option == 'c';
      const text = options.argument;
      fromStart = text.startsWith('+');
      count = parseSize(fromStart || text.startsWith('-') ? text.substring(1) : text);
      if (count < 0) {
        say('tail: invalid number: ' + text + '\n');
        return misused(USAGE);
      }
    }
  }
  if (options.failed) return 1;
  if (reversed && !counted) count = i64.MAX_VALUE;
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  let shown = 0;
  const open: i32[] = [];
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('tail', files[i]);
    open.push(descriptor);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    if (titles == 'v' || (titles != 'q' && files.length > 1)) title(files[i], shown++ > 0);
    if (reversed) showReversed(descriptor);
    else if (fromStart) showFrom(descriptor);
    else if (bytes) showBytes(descriptor);
    else showLines(descriptor);
    if (descriptor && !follow.length) calls.close(descriptor);
  }
  if (follow.length) followAll(files, open, follow == 'F');
  return result;
}

function title(name: string, separated: bool): void {
  out((separated ? '\n' : '') + '==> ' + (name == '-' ? 'standard input' : name) + ' <==\n');
}

/** -5, +5, with l or c and f behind: as words of today. */
function oldForm(words: string[]): void {
  const word = words[1];
  if (word.length < 2 || (!word.startsWith('-') && !word.startsWith('+')) || <u32>(word.charCodeAt(1) - 0x30) > 9) return;
  let at = 1;
  while (at < word.length && <u32>(word.charCodeAt(at) - 0x30) < 10) at++;
  const letters = word.substring(at);
  const number = (word.startsWith('+') ? '+' : '') + word.substring(1, at);
  words[1] = (letters.includes('c') ? '-c' : '-n') + number;
  if (!letters.includes('f')) return;
  words.push('');
  for (let i = words.length - 1; i > 2; i--) words[i] = words[i - 1];
  words[2] = '-f';
}

function showFrom(descriptor: i32): void {
  const reader = new Reader(descriptor);
  if (bytes) {
    for (let skip = count - 1; skip > 0; skip--) if (reader.byte() < 0) return;
    for (let c = reader.byte(); c >= 0; c = reader.byte()) out(String.fromCharCode(c));
    return;
  }
  for (let skip = count - 1; skip > 0; skip--) if (reader.line() == null) return;
  for (let line = reader.line(); line != null; line = reader.line()) out(reader.unterminated ? line : line + '\n');
}

/** Long files that can be read from any place are read from near their end only. */
function skipBeginning(descriptor: i32, wanted: i64): void {
  const about = statusOf(descriptor);
  if (about && about.isRegular && <i64>about.size > wanted) calls.lseek(descriptor, <i64>about.size - wanted, 0);
}

function showBytes(descriptor: i32): void {
  const about = statusOf(descriptor);
  if (about && about.isRegular) {
    skipBeginning(descriptor, count);
    copyRest(descriptor);
    return;
  }
  const reader = new Reader(descriptor);
  let kept = '';
  for (let c = reader.byte(); c >= 0; c = reader.byte()) {
    kept += String.fromCharCode(c);
    if (kept.length > 2 * count + 8192) kept = kept.substring(kept.length - <i32>count);
  }
  out(kept.substring(<i32>max<i64>(<i64>kept.length - count, 0)));
}

function copyRest(descriptor: i32): void {
  while (true) {
    const got = calls.read(descriptor, chunk, 16384);
    if (got <= 0) return;
    outBytes(chunk, <i32>got);
  }
}

function showLines(descriptor: i32): void {
  const about = statusOf(descriptor);
  if (about && about.isRegular && about.size > 65536) {
    calls.lseek(descriptor, lineStart(descriptor, about.size), 0);
    copyRest(descriptor);
    return;
  }
  if (count <= 0) {
    const reader = new Reader(descriptor);
    while (reader.line() != null) {}
    return;
  }
  const reader = new Reader(descriptor);
  const ring = new Array<string>(<i32>min<i64>(count, 1 << 20));
  for (let i = 0; i < ring.length; i++) ring[i] = '';
  let next = 0;
  for (let line = reader.line(); line != null; line = reader.line()) {
    ring[next] = reader.unterminated ? line : line + '\n';
    next = (next + 1) % ring.length;
  }
  for (let i = 0; i < ring.length; i++) out(ring[(next + i) % ring.length]);
}

/** Where the last `count` lines begin: newlines are counted from the end back. */
function lineStart(descriptor: i32, size: u64): i64 {
  let end = <i64>size;
  let left = count;
  let last = true;
  if (!left) return end;
  while (end > 0) {
    const start = max<i64>(end - 16384, 0);
    calls.lseek(descriptor, start, 0);
    const got = calls.read(descriptor, chunk, end - start);
    if (got <= 0) return start;
    for (let i = <i32>got - 1; i >= 0; i--) {
      // The newline that ends the last line begins none.
      if (load<u8>(chunk + i) == 0x0a && !last && --left == 0) return start + i + 1;
      last = false;
    }
    end = start;
  }
  return 0;
}

function showReversed(descriptor: i32): void {
  const reader = new Reader(descriptor);
  const lines: string[] = [];
  for (let line = reader.line(); line != null; line = reader.line()) lines.push(line + '\n');
  for (let i = lines.length - 1, left = count; i >= 0 && left > 0; i--, left--) out(lines[i]);
}

function followAll(files: string[], open: i32[], again: bool): void {
  let last = files.length - 1;
  while (!outputError()) {
    flush();
    for (let i = 0; i < files.length; i++) {
      if (again && files[i] != '-') reopen(files[i], open, i);
      if (open[i] < 0) continue;
      const about = statusOf(open[i]);
      const at = calls.lseek(open[i], 0, 1);
      // A file that has become shorter is read from its start.
      if (about && about.isRegular && at > <i64>about.size) calls.lseek(open[i], 0, 0);
      const got = calls.read(open[i], chunk, 16384);
      if (got <= 0) continue;
      if (files.length > 1 && last != i) title(files[i], true);
      last = i;
      outBytes(chunk, <i32>got);
      copyRest(open[i]);
    }
    flush();
    sleepFor(PAUSE);
  }
}

function reopen(name: string, open: i32[], index: i32): void {
  const there = status(name, true);
  let have: Status | null = null;
  if (open[index] >= 0) have = statusOf(open[index]);
  if (!there || (have && have.isSameFile(there))) return;
  if (open[index] >= 0) calls.close(open[index]);
  open[index] = openFile(name, O_RDONLY);
}
