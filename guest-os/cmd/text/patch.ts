// SPDX-License-Identifier: MIT
/** @fileoverview patch(1): apply differences to files */
/** @manual
 * DESCRIPTION
 * Reads what diff -u has written, from standard input unless -i says otherwise, and changes the files that it names, or the one named. A hunk is looked
 * for further up and down where it does not fit, then without one or two lines of its ends. Hunks that fit nowhere are written to FILE.rej.
 *
 * OPTIONS
 *   -p count   leading directories that are taken off names; all unless said
 *   -i file    the differences;  -d dir  works there;  -o file  writes there
 *   -R         the other way round;  -N  passes over what is done already
 *   -b         keeps FILE.orig, as is done where hunks did not fit exactly;  --dry-run  changes nothing;  -s  says nothing but mistakes
 *
 * EXIT STATUS
 *   0   all is done
 *   1   hunks were rejected
 *   2   something else went wrong
 *
 * SEE ALSO
 * diff(1)
 */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { complain, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, openFile, openInput, out, readAll, say, Writer } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber, pathOf } from '../../lib/text';

export const USAGE: string = 'patch [-bNRs] [-d dir] [-i patchfile] [-o outfile] [-p num] [--dry-run] [file]';

/** Lines at the ends of a hunk that may be left out. */
const MOST_FUZZ: i32 = 2;

let given: string = '';
let strip: i64 = -1;
let output: string = '';
let target: string = '';

class Hunk {
  /** Lines with their mark in front: a blank, + or -. */
  readonly lines: string[] = [];
  /** The last line of the old or new side has no newline. */
  oldOpen: bool = false;
  newOpen: bool = false;
  constructor(
    readonly start: i32,
    readonly newStart: i32,
  ) {}

  /** One side; `mark`: - or +. */
  side(mark: string): string[] {
    const side: string[] = [];
    for (let i = 0; i < this.lines.length; i++)
      if (this.lines[i].charAt(0) == ' ' || this.lines[i].charAt(0) == mark) side.push(this.lines[i].substring(1));
    return side;
  }
  /** Lines that are the same on both sides, at the begin or at the end. */
  context(atEnd: bool): i32 {
    let count = 0;
    while (count < this.lines.length && this.lines[atEnd ? this.lines.length - 1 - count : count].charAt(0) == ' ') count++;
    return count;
  }
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'bd:i:No:p:Rstu', [
    'strip=p',
    'input=i',
    'reverse=R',
    'dry-run=t',
    'forward=N',
    'output=o',
    'directory=d',
    'backup=b',
    'quiet=s',
    'silent=s',
  ]);
  let input = '-';
  let directory = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'p') strip = parseNumber(options.argument);
    else if (option == 'i') input = options.argument;
    else if (option == 'o') output = options.argument;
    else if (option == 'd') directory = options.argument;
    else given += option;
  }
  const words = options.operands();
  if (options.failed || words.length > 2) return misused(USAGE, 2);
  if (words.length) target = words[0];
  if (words.length > 1) input = words[1];
  if (directory.length) {
    const error = calls.chdir(pathOf(directory));
    if (error < 0) {
      complain('patch', directory, error);
      return 2;
    }
  }
  const descriptor = openInput('patch', input);
  if (descriptor < 0) return 2;
  const lines = readAll(descriptor).split('\n');
  if (!lines[lines.length - 1].length) lines.pop();
  return read(lines);
}

function read(lines: string[]): i32 {
  let result = 0;
  let any = false;
  for (let i = 0; i < lines.length; ) {
    if (!lines[i].startsWith('--- ') || i + 1 >= lines.length || !lines[i + 1].startsWith('+++ ')) {
      i++;
      continue;
    }
    any = true;
    const old = lines[i].substring(4);
    const made = lines[i + 1].substring(4);
    i += 2;
    const hunks: Hunk[] = [];
    while (i < lines.length && lines[i].startsWith('@@ -')) {
      const hunk = heading(lines[i]);
      if (!hunk) {
        say('patch: malformed patch at line ' + (i + 1).toString() + ': ' + lines[i] + '\n');
        return 2;
      }
      i++;
      let left = oldCount;
      let right = newCount;
      while (i < lines.length && (left > 0 || right > 0 || lines[i].startsWith('\\'))) {
        let line = lines[i];
        // Mailers cut blanks off.
        if (!line.length) line = ' ';
        const mark = line.charAt(0);
        if (mark == '\\') {
          const last = hunk.lines.length ? hunk.lines[hunk.lines.length - 1].charAt(0) : '';
          if (last != '+') hunk.oldOpen = true;
          if (last != '-') hunk.newOpen = true;
        } else if (mark == ' ' || mark == '-' || mark == '+') {
          if (mark != '+') left--;
          if (mark != '-') right--;
          hunk.lines.push(line);
        } else break;
        i++;
      }
      if (left || right) {
        say('patch: malformed patch at line ' + (i + 1).toString() + '\n');
        return 2;
      }
      hunks.push(given.includes('R') ? turned(hunk) : hunk);
    }
    const outcome = given.includes('R') ? apply(made, old, hunks) : apply(old, made, hunks);
    if (outcome > result) result = outcome;
  }
  if (any) return result;
  say('patch: **** Only garbage was found in the patch input.\n');
  return 2;
}

/** The name in a heading; a tab and a date may be behind it. */
function nameIn(heading: string): string {
  const tab = heading.indexOf('\t');
  return heading.substring(0, tab < 0 ? heading.length : tab).trim();
}
/** Whether a heading says that there is no file: by its name, or by a date from which nothing is. */
function isAbsent(heading: string): bool {
  return nameIn(heading) == '/dev/null' || heading.includes('\t1970-01-01 00:00:00');
}

let oldCount = 0;
let newCount = 0;
/** @@ -first,count +first,count @@; null: it is none. */
function heading(line: string): Hunk | null {
  const words = line.split(' ');
  if (words.length < 4) return null;
  const old = words[1].substring(1).split(',');
  const made = words[2].substring(1).split(',');
  oldCount = old.length > 1 ? <i32>parseNumber(old[1]) : 1;
  newCount = made.length > 1 ? <i32>parseNumber(made[1]) : 1;
  const first = <i32>parseNumber(old[0]);
  const second = <i32>parseNumber(made[0]);
  return first < 0 || second < 0 || oldCount < 0 || newCount < 0 ? null : new Hunk(first, second);
}

function turned(hunk: Hunk): Hunk {
  const other = new Hunk(hunk.newStart, hunk.start);
  other.oldOpen = hunk.newOpen;
  other.newOpen = hunk.oldOpen;
  for (let i = 0; i < hunk.lines.length; i++) {
    const mark = hunk.lines[i].charAt(0);
    other.lines.push((mark == '+' ? '-' : mark == '-' ? '+' : ' ') + hunk.lines[i].substring(1));
  }
  return other;
}

function stripped(name: string): string {
  if (name == '/dev/null') return name;
  if (strip < 0) return name.substring(name.lastIndexOf('/') + 1);
  let rest = name;
  for (let i: i64 = 0; i < strip; i++) {
    const slash = rest.indexOf('/');
    if (slash < 0) return rest;
    rest = rest.substring(slash + 1);
  }
  return rest;
}

/** With the headings of both sides. */
function apply(oldName: string, newName: string, hunks: Hunk[]): i32 {
  let name = target;
  if (!name.length) {
    const old = stripped(nameIn(oldName));
    const made = stripped(nameIn(newName));
    name = old != '/dev/null' && (made == '/dev/null' || status(old, true)) ? old : made;
  }
  if (!given.includes('s'))
    out(
      (given.includes('t') ? 'checking file ' : 'patching file ') +
        (output.length ? output + ' (read from ' + name + ')' : name) +
        '\n',
    );
  let lines: string[] = [];
  let open: bool = false;
  const about = status(name, true);
  if (about) {
    const descriptor = openFile(name, O_RDONLY);
    if (descriptor < 0) {
      complain('patch', name, descriptor);
      return 2;
    }
    const text = readAll(descriptor);
    calls.close(descriptor);
    if (text.length) {
      lines = text.split('\n');
      open = !text.endsWith('\n');
      if (!open) lines.pop();
    }
  } else if (hunks.length && hunks[0].side('-').length) {
    say("patch: can't find file to patch: " + name + '\n');
    return 1;
  }
  if (given.includes('N') && isDone(lines, hunks)) {
    out('Reversed (or previously applied) patch detected!  Skipping patch.\n');
    return 1;
  }
  const rejected: Hunk[] = [];
  let offset = 0;
  /** Something was not where, or not as, it was said to be: the file as it was is kept. */
  let inexact = false;
  // How far earlier hunks have moved the later ones.
  let grown = 0;
  for (let i = 0; i < hunks.length; i++) {
    const hunk = hunks[i];
    const old = hunk.side('-');
    // Hunks that only add say the line behind which they do.
    const wanted = (old.length ? hunk.start - 1 : hunk.start) + grown + offset;
    let fuzz = 0;
    let at = find(lines, old, wanted, 0, 0, hunk);
    let front = 0;
    let back = 0;
    for (; at < 0 && fuzz < MOST_FUZZ; ) {
      fuzz++;
      front = max(0, min(fuzz - max(0, hunk.context(true) - hunk.context(false)), hunk.context(false)));
      back = max(0, min(fuzz - max(0, hunk.context(false) - hunk.context(true)), hunk.context(true)));
      at = find(lines, old.slice(front, old.length - back), wanted + front, front, back, hunk);
    }
    const number = 'Hunk #' + (i + 1).toString();
    if (at < 0) {
      rejected.push(hunk);
      inexact = true;
      out(number + ' FAILED at ' + hunk.start.toString() + '.\n');
      continue;
    }
    const moved = at - front - wanted;
    if (moved || offset || fuzz) inexact = true;
    if ((moved || fuzz) && !given.includes('s')) {
      let note = number + ' succeeded at ' + (at - front + 1).toString();
      if (fuzz) note += ' with fuzz ' + fuzz.toString();
      const far = moved + offset;
      if (far) note += ' (offset ' + far.toString() + ' line' + (far == 1 || far == -1 ? '' : 's') + ')';
      out(note + '.\n');
    }
    offset += moved;
    const made = hunk.side('+');
    const middle = made.slice(front, made.length - back);
    const end = at + old.length - front - back;
    const touchesEnd = end >= lines.length;
    lines = lines.slice(0, at).concat(middle).concat(lines.slice(end));
    if (touchesEnd && !back) open = lines.length > 0 && (hunk.newOpen || (open && !hunk.oldOpen));
    grown += made.length - old.length;
  }
  if (rejected.length) reject(name, oldName, newName, rejected, hunks.length);
  if (given.includes('t')) return rejected.length ? 1 : 0;
  const place = output.length ? output : name;
  if ((given.includes('b') || inexact) && about && !output.length) calls.rename(pathOf(name), pathOf(name + '.orig'));
  const vanishes = isAbsent(newName) && !lines.length && !rejected.length;
  if (vanishes) {
    calls.unlink(pathOf(place));
    return 0;
  }
  const descriptor = openFile(place, O_WRONLY | O_CREAT | O_TRUNC, about ? about.permissions : 0o666);
  if (descriptor < 0) {
    complain('patch', place, descriptor);
    return 2;
  }
  const writer = new Writer(descriptor);
  for (let i = 0; i < lines.length; i++) writer.write(lines[i] + (i == lines.length - 1 && open ? '' : '\n'));
  writer.flush();
  calls.close(descriptor);
  if (writer.error) {
    complain('patch', place, writer.error);
    return 2;
  }
  return rejected.length ? 1 : 0;
}

/** Where the lines stand, nearest to where they are wanted; -1: nowhere. */
function find(lines: string[], old: string[], wanted: i32, front: i32, back: i32, hunk: Hunk): i32 {
  const last = lines.length - old.length;
  // Without context in front it is the beginning; without any behind, the end.
  if (hunk.context(false) < hunk.context(true) && hunk.start <= 1 && !front) return fits(lines, old, 0) ? 0 : -1;
  if (hunk.context(true) < hunk.context(false) && !back) return fits(lines, old, last) ? last : -1;
  for (let far = 0; far <= max(wanted, lines.length); far++) {
    if (fits(lines, old, wanted + far)) return wanted + far;
    if (far && fits(lines, old, wanted - far)) return wanted - far;
  }
  return -1;
}
function fits(lines: string[], old: string[], at: i32): bool {
  if (at < 0 || at + old.length > lines.length) return false;
  for (let i = 0; i < old.length; i++) if (lines[at + i] != old[i]) return false;
  return true;
}

/** Whether the new side stands there already. */
function isDone(lines: string[], hunks: Hunk[]): bool {
  for (let i = 0; i < hunks.length; i++) {
    const made = hunks[i].side('+');
    if (!fits(lines, made, max(hunks[i].newStart - 1, 0)) || fits(lines, hunks[i].side('-'), max(hunks[i].start - 1, 0)))
      return false;
  }
  return hunks.length > 0;
}

function reject(name: string, oldName: string, newName: string, hunks: Hunk[], all: i32): void {
  const place = (output.length ? output : name) + '.rej';
  out(hunks.length.toString() + ' out of ' + all.toString() + ' hunk' + (all == 1 ? '' : 's') + ' FAILED');
  if (given.includes('t')) return out('\n');
  out(' -- saving rejects to file ' + place + '\n');
  const descriptor = openFile(place, O_WRONLY | O_CREAT | O_TRUNC);
  if (descriptor < 0) return complain('patch', place, descriptor);
  const writer = new Writer(descriptor);
  writer.write('--- ' + oldName + '\n+++ ' + newName + '\n');
  for (let i = 0; i < hunks.length; i++) {
    const hunk = hunks[i];
    writer.write(
      '@@ -' + range(hunk.start, hunk.side('-').length) + ' +' + range(hunk.newStart, hunk.side('+').length) + ' @@\n',
    );
    for (let k = 0; k < hunk.lines.length; k++) writer.write(hunk.lines[k] + '\n');
  }
  writer.flush();
  calls.close(descriptor);
}
function range(start: i32, count: i32): string {
  return start.toString() + (count == 1 ? '' : ',' + count.toString());
}
