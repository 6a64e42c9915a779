// SPDX-License-Identifier: MIT
/** @fileoverview read (POSIX.1-2017, XCU): a line into variables, split as fields are. */
import * as calls from '../../../lib/calls';
import { flush, say } from '../../../lib/io';
import { state } from '../state';
import { get, has, isReadOnly, setArray, setVariable } from '../variables/variables';
import { highResolutionTime } from '../../../lib/time';
import { parseNumber } from '../../../lib/text';
import { PollSet } from '../../../lib/pollSet';
import { isTerminal, Settings } from '../../../lib/tty';
import { runTraps } from '../run/traps';

const byte = memory.data(8);
/** The descriptor that is read. */
let from: i32 = 0;

/** The line, and beside it a mark for each character that a backslash made ordinary. */
class Line {
  text: string = '';
  mask: string = '';
  ended: bool = false;
  /** The time was over. */
  late: bool = false;
  add(c: i32, literal: bool): void {
    this.text += String.fromCharCode(c);
    this.mask += literal ? 'q' : ' ';
  }
}

/** Byte by byte: what follows the line belongs to others. -1: the end, or a signal. */
function next(): i32 {
  while (true) {
    const count = calls.read(from, byte, 1);
    if (count == 1) return load<u8>(byte);
    if (count != -4) return -1;
    if (runTraps()) {
      state.interrupted = true;
      return -1;
    }
  }
}

/** What read is asked for. -a -d -n -N -s -t -u are bash's. */
class Request {
  raw: bool = false;
  prompt: string = '';
  array: string = '';
  delimiter: i32 = 0x0a;
  /** Characters at most; -1: a line. */
  most: i32 = -1;
  /** Delimiters end nothing (-N). */
  exactly: bool = false;
  silent: bool = false;
  /** Milliseconds; -1: for ever. */
  timeout: i64 = -1;
}

/** Where the names begin; -1 after a complaint. */
function options(args: string[], request: Request): i32 {
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    const word = args[first];
    if (word == '--') return first + 1;
    for (let k = 1; k < word.length; k++) {
      const letter = word.charAt(k);
      if (letter == 'r') request.raw = true;
      else if (letter == 's' && state.bash) request.silent = true;
      else if (letter == 'e' && state.bash) continue;
      else if (letter == 'p' || (state.bash && 'adnNtu'.includes(letter))) {
        const value = k + 1 < word.length ? word.substring(k + 1) : first + 1 < args.length ? args[++first] : '';
        if (letter == 'p') request.prompt = value;
        else if (letter == 'a') request.array = value;
        else if (letter == 'd') request.delimiter = value.length ? value.charCodeAt(0) : 0;
        else if (letter == 'u') from = <i32>parseNumber(value);
        else if (letter == 't') request.timeout = <i64>(parseFloat(value) * 1000);
        else {
          request.most = <i32>parseNumber(value);
          request.exactly = letter == 'N';
        }
        break;
      } else {
        say(state.prefix + 'read: Illegal option ' + word + '\n');
        return -1;
      }
    }
  }
  return first;
}

export function read(args: string[]): i32 {
  const request = new Request();
  from = 0;
  const first = options(args, request);
  if (first < 0) return 2;
  const wanted = first < args.length ? args.slice(first) : ['REPLY'];
  for (let i = 0; i < wanted.length; i++) {
    if (!isReadOnly(wanted[i])) continue;
    say(state.prefix + 'read: ' + wanted[i] + ': is read only\n');
    return 2;
  }
  flush();
  if (request.prompt.length && (!state.bash || isTerminal(from))) say(request.prompt);
  const single = request.most >= 0 || request.delimiter != 0x0a;
  const settings = request.silent || single ? Settings.of(from) : null;
  if (settings) {
    let mode = request.silent ? settings.withoutEcho() : settings;
    if (single) mode = mode.byCharacters();
    mode.apply(from);
  }
  const line = new Line();
  takeLine(line, request);
  if (settings) settings.apply(from);
  if (line.late) return 142;
  if (request.array.length) setArray(request.array, fieldsOf(line));
  else if (first == args.length && state.bash) setVariable('REPLY', line.text);
  else assign(line, wanted);
  return line.ended ? 1 : 0;
}

/** Milliseconds on a clock that only goes forward. */
function now(): i64 {
  return <i64>(highResolutionTime() / 1000000);
}

/** Is there something to read within so many milliseconds? */
function isReadable(milliseconds: i64): bool {
  const set = new PollSet(1);
  set.add(from);
  return set.waitFor(milliseconds);
}

function takeLine(line: Line, request: Request): void {
  const deadline: i64 = request.timeout < 0 ? -1 : now() + request.timeout;
  while (request.most < 0 || line.text.length < request.most) {
    if (deadline >= 0 && !isReadable(max(deadline - now(), 0))) {
      line.late = true;
      return;
    }
    let c = next();
    if (c == request.delimiter && !request.exactly) return;
    if (c == 0x5c && !request.raw) {
      c = next();
      if (c == 0x0a) continue;
      if (c >= 0) {
        line.add(c, true);
        continue;
      }
    }
    if (c < 0) {
      line.ended = true;
      return;
    }
    line.add(c, false);
  }
}

/** All fields, for -a. */
function fieldsOf(line: Line): string[] {
  const ifs = has('IFS') ? get('IFS') : ' \t\n';
  const fields: string[] = [];
  let at = skipSpace(line, 0, ifs);
  while (at < line.text.length) {
    const start = at;
    while (at < line.text.length && !separates(line, at, ifs)) at++;
    fields.push(line.text.substring(start, at));
    at = skipSpace(line, at, ifs);
    if (at < line.text.length && separates(line, at, ifs)) at = skipSpace(line, at + 1, ifs);
  }
  return fields;
}

function assign(line: Line, wanted: string[]): void {
  const ifs = has('IFS') ? get('IFS') : ' \t\n';
  const text = line.text;
  let at = 0;
  for (let i = 0; i < wanted.length; i++) {
    at = skipSpace(line, at, ifs);
    if (i == wanted.length - 1) {
      setVariable(wanted[i], last(line, at, ifs));
      return;
    }
    const start = at;
    while (at < text.length && !separates(line, at, ifs)) at++;
    setVariable(wanted[i], text.substring(start, at));
    at = skipSpace(line, at, ifs);
    // One separator that is no white space, with white space around it.
    if (at < text.length && separates(line, at, ifs) && at > start) at++;
    else if (at < text.length && separates(line, at, ifs) && at == start) at++;
  }
}

function separates(line: Line, at: i32, ifs: string): bool {
  return line.mask.charCodeAt(at) != 0x71 && ifs.includes(line.text.charAt(at));
}
function isSpace(line: Line, at: i32, ifs: string): bool {
  const c = line.text.charCodeAt(at);
  return (c == 0x20 || c == 9 || c == 0x0a) && separates(line, at, ifs);
}
function skipSpace(line: Line, from: i32, ifs: string): i32 {
  let at = from;
  while (at < line.text.length && isSpace(line, at, ifs)) at++;
  return at;
}

/** All the rest, without white space at its end; a single separator at the end of one field goes too. */
function last(line: Line, from: i32, ifs: string): string {
  let end = line.text.length;
  while (end > from && isSpace(line, end - 1, ifs)) end--;
  let at = from;
  while (at < end && !separates(line, at, ifs)) at++;
  const field = at;
  at = skipSpace(line, at, ifs);
  if (at < end && separates(line, at, ifs)) at = skipSpace(line, at + 1, ifs);
  return at >= end ? line.text.substring(from, field) : line.text.substring(from, end);
}
