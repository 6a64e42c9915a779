// SPDX-License-Identifier: MIT
/** @fileoverview grep(1): lines that match a pattern */
/** @manual
 * DESCRIPTION
 * Prints the lines of each file that match one of the patterns, which are basic regular expressions; egrep and fgrep are grep -E and grep -F.
 *
 * OPTIONS
 *   -E   extended regular expressions;  -F  strings
 *   -e pattern   one pattern of several;  -f file  those in a file, one a line
 *   -i   letters of either case are equal
 *   -v   lines that do not match
 *   -w   whole words only;  -x  whole lines only
 *   -c   how many;  -l  names of files that have some;  -L  that have none
 *   -n   line numbers;  -b  offsets in bytes
 *   -h, -H   without, with names of files
 *   -o   only what matched, a line for each
 *   -q   prints nothing;  -s  says nothing of files that cannot be read
 *   -m n   stops after so many lines
 *   -A n, -B n, -C n   so many lines behind, before, around too
 *   -r, -R   all files in directories; --include=glob, --exclude=glob, --exclude-dir=glob by name
 *   -a   files of other data too;  -I  never
 *   -Z   a zero byte behind names;  -z  lines end with a zero byte
 *   --color[=when]   what matched in colour
 *
 * EXIT STATUS
 *   0   a line was chosen;  1  none was;  2  something went wrong
 */
import * as calls from '../../lib/calls';
import { isTerminal } from '../../lib/columns';
import { entriesOf, failure, joinPath, lastPart, status } from '../../lib/files';
import { globMatches } from '../../lib/glob';
import { complain, O_RDONLY, openFile, out, readAll, Reader, say } from '../../lib/io';
import { misused, Options, programName } from '../../lib/options';
import { compileAny, EXTENDED, IGNORE_CASE, LITERAL, Regex, regexError, WHOLE, WORDS } from '../../lib/regex/regex';
import { parseNumber } from '../../lib/text';

export const USAGE: string =
  'grep [-E | -F] [-bchHilLnoqrRsvwxZ] [-A num] [-B num] [-C num] [-m num] [-e pattern] [-f file] [pattern] [file ...]';
const MATCH_COLOUR: string = '\x1b[01;31m';
const NAME_COLOUR: string = '\x1b[35m';
const NUMBER_COLOUR: string = '\x1b[32m';
const MARK_COLOUR: string = '\x1b[36m';

let regex: Regex | null = null;
let given: string = '';
let before = 0;
let behind = 0;
let most: i64 = i64.MAX_VALUE;
let named: bool = false;
let coloured: bool = false;
let end: u8 = 0x0a;
let context = false;
let printed = false;
/** No file was named: the current directory is searched, and not shown. */
let bare: bool = false;
let anyLine = false;
let anyError = false;
const includes: string[] = [];
const excludes: string[] = [];
const excludedDirectories: string[] = [];

function has(letter: string): bool {
  return given.includes(letter);
}

export function main(args: string[]): i32 {
  return grep(args, programName(args) == 'egrep' ? 'E' : programName(args) == 'fgrep' ? 'F' : '');
}

function grep(args: string[], kind: string): i32 {
  const options = new Options(args, USAGE, 'EFGPA:B:C:abce:f:hHiIlLm:noqrRsvwxyzZK:X:Y:D:0123456789', [
    'extended-regexp=E',
    'fixed-strings=F',
    'basic-regexp=G',
    'after-context=A',
    'before-context=B',
    'context=C',
    'text=a',
    'byte-offset=b',
    'count=c',
    'regexp=e',
    'file=f',
    'no-filename=h',
    'with-filename=H',
    'ignore-case=i',
    'files-with-matches=l',
    'files-without-match=L',
    'max-count=m',
    'line-number=n',
    'only-matching=o',
    'quiet=q',
    'silent=q',
    'recursive=r',
    'dereference-recursive=R',
    'no-messages=s',
    'invert-match=v',
    'word-regexp=w',
    'line-regexp=x',
    'null=Z',
    'null-data=z',
    'color?=K',
    'colour?=K',
    'include=X',
    'exclude=Y',
    'exclude-dir=D',
  ]);
  const patterns: string[] = [];
  let some = false;
  /** What `-12` has come to so far. */
  let lines = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    const text = options.argument;
    if (option == 'E' || option == 'F' || option == 'G') kind = option;
    else if (option == 'P') {
      options.fail('no Perl expressions');
    } else if (option == 'e') {
      addPatterns(patterns, text);
      some = true;
    } else if (option == 'f') {
      const descriptor = text == '-' ? 0 : openFile(text, O_RDONLY);
      if (descriptor < 0) {
        complain('grep', text, descriptor);
        return 2;
      }
      const content = readAll(descriptor);
      if (content.length) addPatterns(patterns, content.endsWith('\n') ? content.substring(0, content.length - 1) : content);
      some = true;
    } else if (option == 'A' || option == 'B' || option == 'C' || option == 'm') {
      const number = parseNumber(text);
      if (number < 0) {
        say('grep: invalid number: ' + text + '\n');
        return 2;
      }
      if (option == 'm') most = number;
      else context = true;
      if (option == 'A' || option == 'C') behind = <i32>min<i64>(number, i32.MAX_VALUE);
      if (option == 'B' || option == 'C') before = <i32>min<i64>(number, i32.MAX_VALUE);
    } else if (option == 'K') coloured = text == 'always' || (text != 'never' && isTerminal(1));
    else if (option == 'X') includes.push(text);
    else if (option == 'Y') excludes.push(text);
    else if (option == 'D') excludedDirectories.push(text.endsWith('/') ? text.substring(0, text.length - 1) : text);
    else if (option == 'z') end = 0;
    else if (option >= '0' && option <= '9') {
      lines += option;
      context = true;
      before = behind = <i32>min<i64>(parseNumber(lines), i32.MAX_VALUE);
    } else given += option == 'y' ? 'i' : option;
  }
  if (options.failed) return 2;
  const files = options.operands();
  if (!some) {
    if (!files.length) return misused(USAGE, 2);
    addPatterns(patterns, files.shift());
  }
  let flags = kind == 'E' ? EXTENDED : kind == 'F' ? LITERAL : 0;
  if (has('i')) flags |= IGNORE_CASE;
  if (has('x')) flags |= WHOLE;
  else if (has('w')) flags |= WORDS;
  regex = patterns.length ? compileAny(patterns, flags) : null;
  if (patterns.length && !regex) {
    say('grep: RE error: ' + regexError + '\n');
    return 2;
  }
  const recursive = has('r') || has('R');
  bare = !files.length && recursive;
  if (!files.length) files.push(recursive ? '.' : '-');
  named = has('H') || (!has('h') && (files.length > 1 || recursive));
  for (let i = 0; i < files.length && !(has('q') && anyLine); i++) search(files[i], files[i], recursive, true);
  return has('q') && anyLine ? 0 : anyError ? 2 : anyLine ? 0 : 1;
}

function addPatterns(patterns: string[], text: string): void {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) patterns.push(lines[i]);
}

function matchesAny(name: string, globs: string[]): bool {
  for (let i = 0; i < globs.length; i++) if (globMatches(globs[i], name)) return true;
  return false;
}

function search(path: string, shown: string, recursive: bool, top: bool): void {
  if (path == '-') {
    searchFile(0, '(standard input)');
    return;
  }
  const about = status(path, top || has('R'));
  if (about && about.isDirectory) {
    if (!recursive) {
      if (!has('s')) say('grep: ' + path + ': Is a directory\n');
      anyError = true;
      return;
    }
    if (matchesAny(lastPart(path), excludedDirectories) && !(top && path == '.')) return;
    const names = entriesOf(path);
    if (!names) {
      report(path, failure);
      return;
    }
    // Where no directory is named, names are shown without it.
    const plain = top && bare;
    for (let i = 0; i < names.length; i++)
      search(joinPath(path, names[i]), plain ? names[i] : joinPath(shown, names[i]), true, false);
    return;
  }
  // Links, pipes and devices that are met on the way are left alone.
  if (!top && about && !about.isRegular) return;
  if (includes.length && !matchesAny(lastPart(path), includes)) return;
  if (matchesAny(lastPart(path), excludes)) return;
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    report(path, descriptor);
    return;
  }
  searchFile(descriptor, shown);
  calls.close(descriptor);
}

function report(path: string, error: i64): void {
  anyError = true;
  if (!has('s')) complain('grep', path, error);
}

function prefix(name: string, number: u64, offset: u64, mark: string): string {
  const colon = coloured ? MARK_COLOUR + mark + '\x1b[0m' : mark;
  let text = '';
  if (named) text += (coloured ? NAME_COLOUR + name + '\x1b[0m' : name) + (has('Z') ? '\0' : colon);
  if (has('n')) text += (coloured ? NUMBER_COLOUR + number.toString() + '\x1b[0m' : number.toString()) + colon;
  if (has('b')) text += (coloured ? NUMBER_COLOUR + offset.toString() + '\x1b[0m' : offset.toString()) + colon;
  return text;
}

function searchFile(descriptor: i32, name: string): void {
  const reader = new Reader(descriptor);
  const quiet = has('q') || has('l') || has('L') || has('c');
  const behindLine = end ? '\n' : '\0';
  let count: i64 = 0;
  let number: u64 = 0;
  let offset: u64 = 0;
  // Lines kept for -B, and how many more -A wants.
  const kept: string[] = [];
  const offsets: u64[] = [];
  let left = 0;
  let lastShown: u64 = 0;
  let binary = false;
  for (let line = reader.line(end); line != null; line = reader.line(end)) {
    number++;
    if (!binary && end && !has('a') && line.includes('\0')) {
      binary = true;
      if (has('I')) break;
    }
    const matched = regex != null && regex!.test(line);
    if (matched != has('v') && count < most) {
      count++;
      anyLine = true;
      if (has('q')) return;
      if (has('l') || has('L')) break;
      if (binary && !quiet) {
        say('grep: ' + name + ': binary file matches\n');
        return;
      }
      if (!quiet) {
        if (context && printed && (!lastShown || number - <u64>kept.length > lastShown + 1))
          out(coloured ? MARK_COLOUR + '--\x1b[0m\n' : '--\n');
        for (let i = 0; i < kept.length; i++)
          out(prefix(name, number - <u64>kept.length + <u64>i, offsets[i], '-') + kept[i] + behindLine);
        kept.length = 0;
        offsets.length = 0;
        if (!has('o')) out(prefix(name, number, offset, ':') + painted(line) + behindLine);
        else if (!has('v')) parts(line, name, number, offset);
        lastShown = number;
        printed = true;
        left = behind;
      }
      if (count == most && !left) break;
    } else if (left > 0 && !quiet) {
      if (!has('o')) out(prefix(name, number, offset, '-') + line + behindLine);
      lastShown = number;
      if (--left == 0 && count == most) break;
    } else if (count == most) break;
    else if (before && !quiet && !has('o')) {
      kept.push(line);
      offsets.push(offset);
      if (kept.length > before) {
        kept.shift();
        offsets.shift();
      }
    }
    offset += <u64>line.length + 1;
  }
  if (reader.error) {
    report(name, reader.error);
    return;
  }
  const shown = (coloured ? NAME_COLOUR + name + '\x1b[0m' : name) + (has('Z') ? '\0' : '\n');
  if (has('l')) {
    if (count) out(shown);
  } else if (has('L')) {
    if (!count) {
      out(shown);
      anyLine = true;
    }
  } else if (has('c') && !has('q')) out((named ? name + (has('Z') ? '\0' : ':') : '') + count.toString() + '\n');
}

/** Each match of a line on a line of its own. */
function parts(line: string, name: string, number: u64, offset: u64): void {
  for (let from = 0; from <= line.length && regex!.find(line, from); ) {
    const start = regex!.start;
    const stop = regex!.end;
    if (stop > start) {
      const text = line.substring(start, stop);
      out(
        prefix(name, number, offset + <u64>start, ':') +
          (coloured ? MATCH_COLOUR + text + '\x1b[0m' : text) +
          (end ? '\n' : '\0'),
      );
    }
    from = stop > start ? stop : start + 1;
  }
}

function painted(line: string): string {
  if (!coloured || has('v') || !regex) return line;
  let text = '';
  let from = 0;
  while (from <= line.length && regex!.find(line, from)) {
    const start = regex!.start;
    const stop = regex!.end;
    text += line.substring(from, start);
    if (stop > start) text += MATCH_COLOUR + line.substring(start, stop) + '\x1b[0m';
    else text += line.substring(start, start + 1);
    from = stop > start ? stop : start + 1;
  }
  return text + (from < line.length ? line.substring(from) : '');
}
