// SPDX-License-Identifier: MIT
/** @fileoverview diff(1): how two files differ */
/** @manual
 * DESCRIPTION
 * Prints what has to be changed in the first file to get the second. For two directories it compares files of the same name.
 *
 * OPTIONS
 *   -u, -U n   with 3, or n, lines around, for patch(1);  -c, -C n  in the older form
 *   -b   white space of any length is equal;  -w  none counts;  -B  without empty lines
 *   -i   letters of either case are equal
 *   -q   only whether they differ;  -s  and whether they do not
 *   -r   what is in directories below too;  -N  missing files are empty
 *   --label text   instead of name and time;  -a  files of other data too
 *
 * EXIT STATUS
 *   0   no difference;  1  some;  2  something went wrong
 */
import * as calls from '../../lib/calls';
import { Differences, Hunk } from '../../lib/differences';
import { formatDate } from '../../lib/dates';
import { entriesOf, failure, joinPath, lastPart, Status, status } from '../../lib/files';
import { complain, O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'diff [-abBcinNqrsuw] [-C number | -U number] file1 file2';

let given: string = '';
let form = '';
let around = 3;
let labels: string[] = [];
let words: string[] = [];
let result = 0;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'abBcC:diL:NqrsuU:wp', [
    'text=a',
    'ignore-space-change=b',
    'ignore-blank-lines=B',
    'context?=C',
    'ignore-case=i',
    'label=L',
    'new-file=N',
    'brief=q',
    'recursive=r',
    'report-identical-files=s',
    'unified?=U',
    'ignore-all-space=w',
  ]);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'u' || option == 'c') form = option;
    else if (option == 'U' || option == 'C') {
      form = option.toLowerCase();
      around = options.argument.length ? <i32>parseNumber(options.argument) : 3;
      if (around >= 0) continue;
      say('diff: invalid context length ' + options.argument + '\n');
      return 2;
    } else if (option == 'L') labels.push(options.argument);
    else given += option;
  }
  if (options.failed) return 2;
  for (let i = 1; i < args.length && args[i].startsWith('-') && args[i].length > 1; i++) words.push(args[i]);
  const files = options.operands();
  if (files.length != 2) return misused(USAGE, 2);
  compare(files[0], files[1], true);
  return result;
}

function has(letter: string): bool {
  return given.includes(letter);
}
function note(value: i32): void {
  result = max(result, value);
}

function aboutOf(path: string): Status | null {
  return status(path == '-' ? '/dev/stdin' : path, true);
}

function compare(first: string, second: string, top: bool): void {
  let a = first;
  let b = second;
  let firstAbout: Status | null = null;
  if (a != '-') firstAbout = aboutOf(a);
  let secondAbout: Status | null = null;
  if (b != '-') secondAbout = aboutOf(b);
  if (firstAbout && secondAbout && firstAbout.isDirectory && secondAbout.isDirectory) {
    directories(a, b);
    return;
  }
  // A file and a directory: the file of that name in it.
  if (firstAbout && firstAbout.isDirectory) a = joinPath(a, lastPart(b));
  else if (secondAbout && secondAbout.isDirectory) b = joinPath(b, lastPart(a));
  const x = content(a);
  if (x == null) return;
  const y = content(b);
  if (y == null) return;
  files(a, b, x, y, top);
}

function content(path: string): string | null {
  if (path == '-') return readAll(0);
  if (has('N') && !status(path, true)) return '';
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    complain('diff', path, descriptor);
    note(2);
    return null;
  }
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}

function directories(a: string, b: string): void {
  const x = entriesOf(a);
  const y = entriesOf(b);
  if (!x || !y) {
    complain('diff', x ? b : a, failure);
    note(2);
    return;
  }
  let i = 0;
  let k = 0;
  while (i < x.length || k < y.length) {
    const order = i >= x.length ? 1 : k >= y.length ? -1 : x[i] < y[k] ? -1 : x[i] > y[k] ? 1 : 0;
    if (order < 0) only(a, b, x[i++], false);
    else if (order > 0) only(a, b, y[k++], true);
    else {
      pair(joinPath(a, x[i]), joinPath(b, y[k]));
      i++;
      k++;
    }
  }
}

function only(a: string, b: string, name: string, inSecond: bool): void {
  if (has('N')) {
    const about = status(joinPath(inSecond ? b : a, name), true);
    if (about && !about.isDirectory) {
      pair(joinPath(a, name), joinPath(b, name));
      return;
    }
  }
  out('Only in ' + (inSecond ? b : a) + ': ' + name + '\n');
  note(1);
}

function pair(a: string, b: string): void {
  const x = status(a, true);
  const y = status(b, true);
  if (x && y && x.isDirectory && y.isDirectory) {
    if (has('r')) directories(a, b);
    else out('Common subdirectories: ' + a + ' and ' + b + '\n');
    return;
  }
  if (x && y && x.isDirectory != y.isDirectory) {
    out('File ' + a + ' is a ' + kind(x) + ' while file ' + b + ' is a ' + kind(y) + '\n');
    note(1);
    return;
  }
  const first = content(a);
  if (first == null) return;
  const second = content(b);
  if (second != null) files(a, b, first, second, false);
}
function kind(about: Status): string {
  return about.isDirectory ? 'directory' : about.size ? 'regular file' : 'regular empty file';
}

function files(a: string, b: string, x: string, y: string, top: bool): void {
  if (x == y) {
    if (has('s')) out('Files ' + a + ' and ' + b + ' are identical\n');
    return;
  }
  const binary = !has('a') && (x.includes('\0') || y.includes('\0'));
  if (binary) {
    out((has('q') ? 'Files ' : 'Binary files ') + a + ' and ' + b + ' differ\n');
    note(1);
    return;
  }
  const differences = new Differences(x, y, has('b'), has('w'), has('i'), has('B'));
  if (!differences.hunks.length) {
    if (has('s')) out('Files ' + a + ' and ' + b + ' are identical\n');
    return;
  }
  note(1);
  if (has('q')) {
    out('Files ' + a + ' and ' + b + ' differ\n');
    return;
  }
  if (!top) out('diff ' + (words.length ? words.join(' ') + ' ' : '') + a + ' ' + b + '\n');
  if (form == 'u') unified(a, b, differences);
  else if (form == 'c') context(a, b, differences);
  else normal(differences);
}

function line(mark: string, lines: string[], index: i32, unterminated: bool): void {
  out(mark + lines[index] + '\n');
  if (unterminated && index == lines.length - 1) out('\\ No newline at end of file\n');
}

function range(from: i32, to: i32): string {
  return to - from <= 1 ? max(to, 0).toString() : (from + 1).toString() + ',' + to.toString();
}

function normal(all: Differences): void {
  for (let i = 0; i < all.hunks.length; i++) {
    const hunk = all.hunks[i];
    const removed = hunk.endA > hunk.startA;
    const added = hunk.endB > hunk.startB;
    const letter = removed ? (added ? 'c' : 'd') : 'a';
    const first = removed ? range(hunk.startA, hunk.endA) : hunk.startA.toString();
    const second = added ? range(hunk.startB, hunk.endB) : hunk.startB.toString();
    out(first + letter + second + '\n');
    for (let k = hunk.startA; k < hunk.endA; k++) line('< ', all.a, k, all.unterminatedA);
    if (removed && added) out('---\n');
    for (let k = hunk.startB; k < hunk.endB; k++) line('> ', all.b, k, all.unterminatedB);
  }
}

function heading(path: string, index: i32): string {
  if (index < labels.length) return labels[index];
  const about = aboutOf(path);
  const time = about ? <i64>about.modified : 0;
  const part = about ? about.modifiedPart : 0;
  return (
    path + '\t' + (form == 'u' ? formatDate('%Y-%m-%d %H:%M:%S.%N %z', time, part) : formatDate('%a %b %e %H:%M:%S %Y', time))
  );
}

/** Hunks that lie close together are shown as one. */
function groupEnd(hunks: Hunk[], from: i32): i32 {
  let end = from + 1;
  while (end < hunks.length && hunks[end].startA - hunks[end - 1].endA <= 2 * around) end++;
  return end;
}

function span(start: i32, count: i32): string {
  if (count == 1) return (start + 1).toString();
  return (count ? start + 1 : start).toString() + ',' + count.toString();
}

function unified(a: string, b: string, all: Differences): void {
  out('--- ' + heading(a, 0) + '\n+++ ' + heading(b, 1) + '\n');
  for (let i = 0; i < all.hunks.length; ) {
    const end = groupEnd(all.hunks, i);
    const first = all.hunks[i];
    const last = all.hunks[end - 1];
    const startA = max(first.startA - around, 0);
    const startB = max(first.startB - around, 0);
    const endA = min(last.endA + around, all.a.length);
    const endB = min(last.endB + around, all.b.length);
    out('@@ -' + span(startA, endA - startA) + ' +' + span(startB, endB - startB) + ' @@\n');
    let at = startA;
    for (; i < end; i++) {
      const hunk = all.hunks[i];
      for (; at < hunk.startA; at++) line(' ', all.a, at, all.unterminatedA);
      for (; at < hunk.endA; at++) line('-', all.a, at, all.unterminatedA);
      for (let k = hunk.startB; k < hunk.endB; k++) line('+', all.b, k, all.unterminatedB);
    }
    for (; at < endA; at++) line(' ', all.a, at, all.unterminatedA);
  }
}

function bounds(start: i32, end: i32): string {
  return end - start <= 1 ? end.toString() : (start + 1).toString() + ',' + end.toString();
}

function context(a: string, b: string, all: Differences): void {
  out('*** ' + heading(a, 0) + '\n--- ' + heading(b, 1) + '\n');
  for (let i = 0; i < all.hunks.length; ) {
    const end = groupEnd(all.hunks, i);
    const first = all.hunks[i];
    const last = all.hunks[end - 1];
    const startA = max(first.startA - around, 0);
    const startB = max(first.startB - around, 0);
    const endA = min(last.endA + around, all.a.length);
    const endB = min(last.endB + around, all.b.length);
    out('***************\n*** ' + bounds(startA, endA) + ' ****\n');
    side(all, i, end, startA, endA, true);
    out('--- ' + bounds(startB, endB) + ' ----\n');
    side(all, i, end, startB, endB, false);
    i = end;
  }
}

/** One side of a group; nothing where that side has no changes. */
function side(all: Differences, from: i32, end: i32, start: i32, stop: i32, isA: bool): void {
  let any = false;
  for (let i = from; i < end; i++)
    if (isA ? all.hunks[i].endA > all.hunks[i].startA : all.hunks[i].endB > all.hunks[i].startB) any = true;
  if (!any) return;
  const lines = isA ? all.a : all.b;
  const unterminated = isA ? all.unterminatedA : all.unterminatedB;
  let at = start;
  for (let i = from; i < end; i++) {
    const hunk = all.hunks[i];
    const changed = hunk.endA > hunk.startA && hunk.endB > hunk.startB;
    const mark = changed ? '! ' : isA ? '- ' : '+ ';
    const from_ = isA ? hunk.startA : hunk.startB;
    const to = isA ? hunk.endA : hunk.endB;
    for (; at < from_; at++) line('  ', lines, at, unterminated);
    for (; at < to; at++) line(mark, lines, at, unterminated);
  }
  for (; at < stop; at++) line('  ', lines, at, unterminated);
}
