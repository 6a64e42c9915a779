// SPDX-License-Identifier: MIT
/** @fileoverview read (POSIX.1-2017, XCU): a line into variables, split as fields are. */
import * as calls from '../../lib/calls';
import { flush, say } from '../../lib/io';
import { get, has, isReadOnly, setVariable, state } from './state';
import { runTraps } from './traps';

const byte = memory.data(8);

/** The line, and beside it a mark for each character that a backslash made ordinary. */
class Line {
  text: string = '';
  mask: string = '';
  ended: bool = false;
  add(c: i32, literal: bool): void {
    this.text += String.fromCharCode(c);
    this.mask += literal ? 'q' : ' ';
  }
}

/** Byte by byte: what follows the line belongs to others. -1: the end, or a signal. */
function next(): i32 {
  while (true) {
    const count = calls.read(0, byte, 1);
    if (count == 1) return load<u8>(byte);
    if (count != -4) return -1;
    if (runTraps()) {
      state.interrupted = true;
      return -1;
    }
  }
}

export function read(args: string[]): i32 {
  let first = 1;
  let raw = false;
  let prompt = '';
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    if (args[first] == '-r') raw = true;
    else if (args[first] == '-p' && first + 1 < args.length) prompt = args[++first];
    else if (args[first] == '--') {
      first++;
      break;
    } else {
      say(state.name + ': read: Illegal option ' + args[first] + '\n');
      return 2;
    }
  }
  const wanted = first < args.length ? args.slice(first) : ['REPLY'];
  for (let i = 0; i < wanted.length; i++) {
    if (!isReadOnly(wanted[i])) continue;
    say(state.name + ': read: ' + wanted[i] + ': is read only\n');
    return 2;
  }
  flush();
  if (prompt.length) say(prompt);
  const line = new Line();
  while (true) {
    let c = next();
    if (c == 0x0a) break;
    if (c == 0x5c && !raw) {
      c = next();
      if (c == 0x0a) continue;
      if (c >= 0) {
        line.add(c, true);
        continue;
      }
    }
    if (c < 0) {
      line.ended = true;
      break;
    }
    line.add(c, false);
  }
  assign(line, wanted);
  return line.ended ? 1 : 0;
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
