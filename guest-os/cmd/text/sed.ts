// SPDX-License-Identifier: MIT
/** @fileoverview sed(1): edit lines as they pass */
/** @manual
 * DESCRIPTION
 * Reads each line into the pattern space, runs the script on it, and prints it. A command may have an address or two in front: a line number, $ for the
 * last line, /RE/ or \cREc; first~step; addr,+n; ! in front of the command is for all other lines. Commands: { } = a b c d D g G h H i l n N p P q Q r s t T
 * w W x y : and #. Flags of s: a number, g, p, i or I, m or M, w file.
 *
 * OPTIONS
 *   -e script   one part of several;  -f file  a script in a file
 *   -E, -r   extended regular expressions
 *   -i[suffix]   changes the files themselves, and keeps a copy under name and suffix
 *   -n   prints only what the script says;  -s  each file on its own
 *   -u   output is not held back;  -z  lines end with a zero byte
 *
 * EXIT STATUS
 *   0   all went well;  1  the script is wrong;  2  a file could not be read; or what q says
 */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import {
  complain,
  flush,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  openFile,
  openInput,
  out,
  readAll,
  Reader,
  redirectOutput,
  say,
} from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { Regex } from '../../lib/regex/regex';
import { pathOf } from '../../lib/text';
import { ADDRESS_LAST, ADDRESS_LINE, ADDRESS_NONE, ADDRESS_PATTERN, ADDRESS_STEP, Command, Script } from './Script';

export const USAGE: string =
  'sed [-nEsuz] [-i[suffix]] script [file ...]\nsed [-nEsuz] [-i[suffix]] [-e script] ... [-f script_file] ... [file ...]';

let quiet: bool = false;
let separate: bool = false;
let inPlace: bool = false;
let suffix: string = '';
let unbuffered: bool = false;
let end: u8 = 0x0a;
let endText: string = '\n';

let script: Script = new Script(false);
let files: string[] = [];
let nextFile = 0;
let reader: Reader | null = null;
let ahead: string | null = null;
let aheadUnterminated: bool = false;
let aheadKnown: bool = false;
let output = 1;
let replaced: string = '';
let target: string = '';

let pattern: string = '';
let hold: string = '';
let lineNumber: u64 = 0;
/** The line just read had no newline. */
let unterminated: bool = false;
let missingNewline: bool = false;
let appended: string[] = [];
let substituted: bool = false;
let quitting: bool = false;
let result = 0;

export function main(args: string[]): i32 {
  // -i takes what is joined to it only.
  const words: string[] = [];
  let options_ = true;
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (word == '--') options_ = false;
    if (i && options_ && (word.startsWith('-i') || word.startsWith('--in-place'))) {
      inPlace = separate = true;
      const equals = word.indexOf('=');
      suffix = word.startsWith('--') ? (equals < 0 ? '' : word.substring(equals + 1)) : word.substring(2);
    } else words.push(word);
  }
  const options = new Options(words, USAGE, 'e:f:nErsuz', [
    'expression=e',
    'file=f',
    'quiet=n',
    'silent=n',
    'regexp-extended=E',
    'separate=s',
    'unbuffered=u',
    'null-data=z',
  ]);
  const parts: string[] = [];
  let extended = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'e') parts.push(options.argument);
    else if (option == 'f') {
      const descriptor = options.argument == '-' ? 0 : openFile(options.argument, O_RDONLY);
      if (descriptor < 0) {
        complain('sed', options.argument, descriptor);
        return 1;
      }
      const text = readAll(descriptor);
      parts.push(text.endsWith('\n') ? text.substring(0, text.length - 1) : text);
    } else if (option == 'n') quiet = true;
    else if (option == 'E' || option == 'r') extended = true;
    else if (option == 's') separate = true;
    else if (option == 'u') unbuffered = true;
    else {
      end = 0;
      endText = '\0';
    }
  }
  if (options.failed) return 1;
  files = options.operands();
  if (!parts.length) {
    if (!files.length) return misused(USAGE, 1);
    parts.push(files.shift());
  }
  script = new Script(extended);
  script.parse(parts.join('\n'));
  if (script.error.length) {
    say('sed: ' + script.error + '\n');
    return 1;
  }
  if (script.silent) quiet = true;
  if (!files.length) files.push('-');
  run();
  finishFile();
  for (let i = 0; i < script.writers.length; i++) script.writers[i].flush();
  return result;
}

// ---- input

function finishFile(): void {
  if (!inPlace || !replaced.length) return;
  redirectOutput(1);
  calls.close(output);
  output = 1;
  if (suffix.length) {
    const kept = suffix.includes('*') ? suffix.replaceAll('*', replaced) : replaced + suffix;
    calls.rename(pathOf(replaced), pathOf(kept));
  }
  const error = calls.rename(pathOf(target), pathOf(replaced));
  if (error < 0) {
    complain('sed', replaced, error);
    result = 4;
  }
  replaced = '';
}

/** Opens the next file that can be read. */
function open(): bool {
  while (nextFile < files.length) {
    const name = files[nextFile++];
    const about = status(name, true);
    if (about && about.isDirectory) {
      say("sed: couldn't edit " + name + ': not a regular file\n');
      result = inPlace ? 4 : 2;
      continue;
    }
    const descriptor = openInput('sed', name);
    if (descriptor < 0) {
      result = 2;
      continue;
    }
    reader = new Reader(descriptor);
    if (inPlace && about && name != '-') {
      target = name + '.sed' + calls.getpid().toString();
      output = openFile(target, O_WRONLY | O_CREAT | O_TRUNC, <i32>about.permissions);
      if (output < 0) {
        complain('sed', target, output);
        result = 4;
        continue;
      }
      redirectOutput(output);
      replaced = name;
    }
    return true;
  }
  return false;
}

/** Reads a line ahead, so that $ can be known. With -s it stays within its file. */
function lookAhead(): void {
  if (aheadKnown) return;
  aheadKnown = true;
  ahead = null;
  while (true) {
    if (!reader) {
      if (!open()) return;
    }
    const line = reader!.line(end);
    if (line != null) {
      ahead = line;
      aheadUnterminated = reader!.unterminated;
      return;
    }
    if (reader!.descriptor) calls.close(reader!.descriptor);
    if (separate) return;
    reader = null;
  }
}

function isLast(): bool {
  lookAhead();
  return ahead == null;
}

/** The next line, which becomes {@link fetched}. False at the end of everything. */
let fetched: string = '';
function nextLine(): bool {
  lookAhead();
  while (ahead == null && separate && reader) {
    finishFile();
    reader = null;
    aheadKnown = false;
    lookAhead();
    lineNumber = inPlace || separate ? 0 : lineNumber;
  }
  if (ahead == null) return false;
  fetched = ahead!;
  unterminated = aheadUnterminated;
  aheadKnown = false;
  lineNumber++;
  return true;
}

// ---- output

function print(text: string): void {
  if (missingNewline) out(endText);
  missingNewline = false;
  out(text);
  // The last line of all is as it came.
  if (unterminated && isLast()) missingNewline = true;
  else out(endText);
  if (unbuffered) flush();
}

function printRaw(text: string): void {
  if (missingNewline) out(endText);
  missingNewline = false;
  out(text);
}

function flushAppended(): void {
  for (let i = 0; i < appended.length; i++) {
    const item = appended[i];
    if (item.startsWith('t')) printRaw(item.substring(1));
    else {
      const name = item.substring(1);
      const descriptor = name == '/dev/stdin' ? 0 : openFile(name, O_RDONLY);
      if (descriptor < 0) continue;
      const text = readAll(descriptor);
      calls.close(descriptor);
      if (text.length) printRaw(text);
    }
  }
  appended = [];
}

// ---- the cycle

function run(): void {
  while (!quitting) {
    if (!nextLine()) return;
    pattern = fetched;
    substituted = false;
    while (cycle()) {}
  }
}

/** What is printed at the end of a cycle. */
function endCycle(): void {
  if (!quiet) print(pattern);
  flushAppended();
}

/** One run of the script. True: again, without a new line. */
function cycle(): bool {
  const commands = script.commands;
  for (let at = 0; at < commands.length; at++) {
    const command = commands[at];
    if (command.name == '}' || command.name == ':') continue;
    if (!selected(command)) {
      if (command.name == '{') at = command.jump;
      continue;
    }
    switch (command.name) {
      case '=':
        printRaw(lineNumber.toString() + '\n');
        break;
      case 'a':
        appended.push('t' + command.text + '\n');
        break;
      case 'i':
        printRaw(command.text + '\n');
        break;
      case 'c':
        if (!command.second || command.inverted || !command.inRange) printRaw(command.text + '\n');
        flushAppended();
        return false;
      case 'b':
        at = command.jump;
        break;
      case 't':
        if (substituted) at = command.jump;
        substituted = false;
        break;
      case 'T':
        if (!substituted) at = command.jump;
        substituted = false;
        break;
      case 'd':
        flushAppended();
        return false;
      case 'D': {
        const newline = pattern.indexOf('\n');
        flushAppended();
        if (newline < 0) return false;
        pattern = pattern.substring(newline + 1);
        return true;
      }
      case 'g':
        pattern = hold;
        unterminated = false;
        break;
      case 'G':
        pattern += '\n' + hold;
        unterminated = false;
        break;
      case 'h':
        hold = pattern;
        break;
      case 'H':
        hold += '\n' + pattern;
        break;
      case 'x': {
        const other = hold;
        hold = pattern;
        pattern = other;
        unterminated = false;
        break;
      }
      case 'l':
        printRaw(visible(pattern, command.number));
        break;
      case 'n':
        if (isLast() && !moreFiles()) {
          if (!quiet) print(pattern);
          flushAppended();
          quitting = true;
          return false;
        }
        if (!quiet) print(pattern);
        flushAppended();
        nextLine();
        pattern = fetched;
        break;
      case 'N':
        if (isLast() && !moreFiles()) {
          // What has been collected is printed, as GNU does and users expect.
          endCycle();
          quitting = true;
          return false;
        }
        flushAppended();
        nextLine();
        pattern += '\n' + fetched;
        break;
      case 'p':
        print(pattern);
        break;
      case 'P': {
        const newline = pattern.indexOf('\n');
        if (newline < 0) print(pattern);
        else printRaw(pattern.substring(0, newline) + endText);
        break;
      }
      case 'q':
        endCycle();
        result = command.number;
        quitting = true;
        return false;
      case 'Q':
        result = command.number;
        quitting = true;
        return false;
      case 'r':
        appended.push('f' + command.text);
        break;
      case 's':
        if (substitute(command)) substituted = true;
        break;
      case 'w':
        command.writer!.write(pattern + '\n');
        command.writer!.flush();
        break;
      case 'W': {
        const newline = pattern.indexOf('\n');
        command.writer!.write((newline < 0 ? pattern : pattern.substring(0, newline)) + '\n');
        command.writer!.flush();
        break;
      }
      case 'y': {
        let text = '';
        for (let i = 0; i < pattern.length; i++) {
          const found = command.from.indexOf(pattern.charAt(i));
          text += found < 0 ? pattern.charAt(i) : command.text.charAt(found);
        }
        pattern = text;
        break;
      }
      case 'z':
        pattern = '';
        break;
    }
  }
  endCycle();
  return false;
}

function moreFiles(): bool {
  return separate && nextFile < files.length;
}

// ---- addresses

let lastRegex: Regex | null = null;
function matchesPattern(regex: Regex | null): bool {
  // An empty expression is the one used last.
  if (regex) lastRegex = regex;
  return lastRegex != null && lastRegex!.test(pattern);
}

function selected(command: Command): bool {
  return inRange(command) != command.inverted;
}

function inRange(command: Command): bool {
  const first = command.first;
  if (!first) return true;
  const second = command.second;
  if (!second) return matches(first.kind, first.line, first.step, first.regex);
  if (command.inRange) {
    if (second.kind == ADDRESS_LINE) {
      if (lineNumber >= second.line) command.inRange = false;
      return lineNumber <= second.line;
    }
    if (second.kind == ADDRESS_NONE || second.kind == ADDRESS_STEP) {
      if (lineNumber >= command.until) command.inRange = false;
      return true;
    }
    if (matches(second.kind, second.line, second.step, second.regex)) command.inRange = false;
    return true;
  }
  const zero = first.kind == ADDRESS_LINE && first.line == 0;
  if (zero ? lineNumber != 1 : !matches(first.kind, first.line, first.step, first.regex)) return false;
  command.inRange = true;
  if (second.kind == ADDRESS_LINE && second.line <= lineNumber) command.inRange = false;
  // addr,+n and addr,~n
  if (second.kind == ADDRESS_NONE) command.until = lineNumber + second.line;
  if (second.kind == ADDRESS_STEP)
    command.until = second.step ? ((lineNumber + second.step - 1) / second.step) * second.step : lineNumber;
  if ((second.kind == ADDRESS_NONE || second.kind == ADDRESS_STEP) && command.until <= lineNumber) command.inRange = false;
  if (zero && second.kind == ADDRESS_PATTERN && matchesPattern(second.regex)) command.inRange = false;
  if (second.kind == ADDRESS_LAST && isLast()) command.inRange = false;
  return true;
}

function matches(kind: i32, line: u64, step: u64, regex: Regex | null): bool {
  if (kind == ADDRESS_LINE) return lineNumber == line;
  if (kind == ADDRESS_LAST) return isLast() && !(moreFiles() && !inPlace && !separate);
  if (kind == ADDRESS_STEP) return step ? lineNumber >= line && (lineNumber - line) % step == 0 : lineNumber == line;
  return matchesPattern(regex);
}

// ---- s and l

function substitute(command: Command): bool {
  if (command.regex) lastRegex = command.regex;
  const regex = lastRegex;
  if (!regex) return false;
  let text = '';
  let from = 0;
  let copied = 0;
  let count = 0;
  let done = false;
  while (from <= pattern.length && regex.find(pattern, from)) {
    const start = regex.start;
    const stop = regex.end;
    // An empty match right behind another is none.
    if (start == stop && start == copied && count && copied == from && from > 0 && lastEnd == start) {
      from = start + 1;
      lastEnd = -1;
      continue;
    }
    count++;
    lastEnd = stop;
    if (count >= command.number || command.number == 0) {
      text += pattern.substring(copied, start) + replacement(command, regex);
      copied = stop;
      done = true;
      if (!command.global) break;
    }
    if (stop == start) {
      from = stop + 1;
    } else from = stop;
  }
  lastEnd = -1;
  if (!done) return false;
  pattern = text + pattern.substring(copied);
  if (command.print) print(pattern);
  if (command.writer) {
    command.writer!.write(pattern + '\n');
    command.writer!.flush();
  }
  return true;
}
let lastEnd = -1;

/** The replacement's parts: text, or & and \1 as numbers; \U \L \u \l \E change case. */
function replacement(command: Command, regex: Regex): string {
  let result_ = '';
  let mode = '';
  let once = '';
  for (let i = 0; i < command.parts.length; i++) {
    const part = command.parts[i];
    const kind = part.charAt(0);
    if (kind == 'c') {
      const letter = part.charAt(1);
      if (letter == 'E') mode = '';
      else if (letter == 'u' || letter == 'l') once = letter;
      else mode = letter;
      continue;
    }
    let text = kind == 't' ? part.substring(1) : regex.groupText(pattern, part.charCodeAt(1) - 0x30);
    if (!text.length) continue;
    if (mode == 'U') text = text.toUpperCase();
    else if (mode == 'L') text = text.toLowerCase();
    if (once.length) {
      const first = text.charAt(0);
      text = (once == 'u' ? first.toUpperCase() : first.toLowerCase()) + text.substring(1);
      once = '';
    }
    result_ += text;
  }
  return result_;
}

function visible(text: string, width: i32): string {
  const limit = width == -1 ? 70 : width;
  let line = '';
  let all = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const named = '\\\x07\b\f\n\r\t\v'.indexOf(text.charAt(i));
    const shown =
      named >= 0
        ? '\\' + '\\abfnrtv'.charAt(named)
        : c >= 0x20 && c < 0x7f
          ? text.charAt(i)
          : '\\' + c.toString(8).padStart(3, '0');
    if (limit > 1 && line.length + shown.length > limit - 1) {
      all += line + '\\\n';
      line = '';
    }
    line += shown;
  }
  return all + line + '$\n';
}
