// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lines that begin with a colon: files, addresses, substitutions, options (POSIX.1-2017, XCU ex, as far as people use it).
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { flush, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, openFile, out, readAll, writeAll } from '../../lib/io';
import { environment, startPath, waitFor } from '../../lib/process';
import { bytesOf, parseNumber } from '../../lib/text';
import {
  beginChange,
  lines,
  load_,
  marks,
  modified,
  moveTo,
  redo,
  replaceLines,
  row,
  setLine,
  setMark,
  setModified,
  store_,
  undo,
} from './buffer';
import { joinLines, put, shift } from './editing';
import { nextKey } from './keys';
import { search } from './motion';
import { forgetScreen } from './screen';
import { leaveScreen, enterScreen } from './terminal';
import { regexOf, state } from './state';

let text: string = '';
let at: i32 = 0;
/** Addresses, from 0, and how many there are. */
let first: i32 = 0;
let last: i32 = 0;
let addresses: i32 = 0;
let lastReplacement: string = '';
let lastFlags: string = '';

function fail(message: string): void {
  state.message = message;
}

export function runLine(line: string): void {
  text = line;
  at = 0;
  while (at < text.length && ': \t'.includes(text.charAt(at))) at++;
  if (!range()) return;
  let name = '';
  const start = at;
  const c = text.charAt(at);
  if (c == '!' || c == '&' || c == '<' || c == '>' || c == '=') at++;
  else {
    while (at < text.length && <u32>((text.charCodeAt(at) | 0x20) - 0x61) < 26) at++;
    // `s/a/b/` and `g/x/d`: the letter ends where no letter follows; `sx` is no command.
  }
  name = text.substring(start, at);
  const force = at < text.length && text.charAt(at) == '!' && name != '!';
  if (force) at++;
  const rest = text.substring(at).trimStart();
  execute(name, force, rest);
}

/** One address; -1: there is none, -2: it is wrong. */
function address(current: i32): i32 {
  let value = -1;
  const c = at < text.length ? text.charAt(at) : '';
  if (c == '.') {
    at++;
    value = current;
  } else if (c == '$') {
    at++;
    value = lines.length - 1;
  } else if (c.length && c >= '0' && c <= '9') {
    let number = 0;
    while (at < text.length && <u32>(text.charCodeAt(at) - 0x30) < 10)
      number = min(number * 10 + text.charCodeAt(at++) - 0x30, 100000000);
    value = number - 1;
    if (value < 0) value = lines.length ? -3 : -2;
  } else if (c == "'") {
    const name = text.charAt(at + 1);
    at += 2;
    if (!marks.has(name)) {
      fail('Mark not set');
      return -2;
    }
    value = marks.get(name).row;
  } else if (c == '/' || c == '?') {
    const end = delimited(c);
    const found = search(end, c == '?', 1);
    if (!found) return -2;
    value = found.place.row;
  }
  while (at < text.length && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
    const sign = text.charAt(at++) == '+' ? 1 : -1;
    let number = 0;
    let digits = false;
    while (at < text.length && <u32>(text.charCodeAt(at) - 0x30) < 10) {
      number = number * 10 + text.charCodeAt(at++) - 0x30;
      digits = true;
    }
    value = (value == -1 ? current : value) + sign * (digits ? number : 1);
  }
  return value;
}

/** Text from the delimiter at {@link at} to the next one; behind it is `at`. A delimiter behind a backslash is itself. */
function delimited(delimiter: string): string {
  let result = '';
  at++;
  while (at < text.length && text.charAt(at) != delimiter) {
    if (text.charAt(at) == '\\' && at + 1 < text.length) {
      result += text.charAt(at + 1) == delimiter ? delimiter : '\\' + text.charAt(at + 1);
      at += 2;
    } else result += text.charAt(at++);
  }
  at++;
  return result;
}

function range(): bool {
  first = last = row;
  addresses = 0;
  if (text.charAt(at) == '%') {
    at++;
    first = 0;
    last = lines.length - 1;
    addresses = 2;
    return true;
  }
  while (true) {
    const value = address(last);
    if (value == -2) return false;
    if (value != -1) {
      // Line 0, before the first.
      first = last;
      last = value == -3 ? -1 : value;
      addresses++;
    }
    while (at < text.length && text.charAt(at) == ' ') at++;
    if (at >= text.length || (text.charAt(at) != ',' && text.charAt(at) != ';')) break;
    if (!addresses) addresses = 1;
    at++;
  }
  if (addresses < 2) first = last;
  if (addresses && (last >= lines.length || first > last || first < -1)) {
    fail('Not that many lines in buffer');
    return false;
  }
  return true;
}

function isOne(name: string, short: string, long: string): bool {
  return name.length >= short.length && long.startsWith(name) && name.startsWith(short);
}

function execute(name: string, force: bool, rest: string): void {
  if (!name.length) {
    if (addresses) {
      setMark("'");
      moveTo(last, 0);
    }
    return;
  }
  if (name == 'wq' || isOne(name, 'x', 'xit')) {
    if (name == 'wq' || modified) if (!write(rest, force)) return;
    state.ends = true;
  } else if (isOne(name, 'w', 'write')) write(rest, force);
  else if (isOne(name, 'q', 'quit')) {
    if (modified && !force) fail('No write since last change (:quit! overrides)');
    else state.ends = true;
  } else if (isOne(name, 'e', 'edit') || isOne(name, 'vi', 'visual')) edit(rest, force);
  else if (isOne(name, 'r', 'read')) read(rest);
  else if (isOne(name, 'f', 'file')) {
    if (rest.length) state.file = rest;
    describe();
  } else if (isOne(name, 's', 'substitute')) substitute(rest);
  else if (name == '&') again();
  else if (isOne(name, 'g', 'global') || isOne(name, 'v', 'vglobal')) global(rest, name.startsWith('v') || force);
  else if (isOne(name, 'd', 'delete')) {
    store_('"', lines.slice(max(first, 0), last + 1), true);
    beginChange();
    replaceLines(max(first, 0), last - max(first, 0) + 1, []);
    moveTo(min(first, lines.length - 1), 0);
  } else if (isOne(name, 'y', 'yank')) store_('"', lines.slice(max(first, 0), last + 1), true);
  else if (isOne(name, 'pu', 'put')) {
    moveTo(last, 0);
    put('"', true, 1);
  } else if (isOne(name, 'm', 'move') || isOne(name, 't', 't') || isOne(name, 'co', 'copy')) transfer(rest, name.startsWith('m'));
  else if (isOne(name, 'j', 'join')) {
    const end = addresses > 1 ? last : min(last + 1, lines.length - 1);
    if (end > first) joinLines(first, end - first + 1);
  } else if (name == '<' || name == '>') shift(max(first, 0), last, name == '>');
  else if (isOne(name, 'u', 'undo')) undo();
  else if (isOne(name, 'red', 'redo')) redo();
  else if (name == '=') state.message = (addresses ? last + 1 : lines.length).toString();
  else if (isOne(name, 'k', 'k') || isOne(name, 'ma', 'mark')) {
    moveTo(last, 0);
    setMark(rest.substring(0, 1));
  } else if (isOne(name, 'se', 'set')) set(rest);
  else if (name == '!') shell(rest);
  else if (isOne(name, 'sh', 'shell')) shell('exec ${SHELL:-sh}');
  else fail('Not an editor command: ' + name);
}

// ---- files

/** Loads a file; one that is not there is new. */
export function edit(name: string, force: bool): bool {
  if (modified && !force) {
    fail('No write since last change (:edit! overrides)');
    return false;
  }
  if (name.length) state.file = name;
  if (!state.file.length) {
    fail('No file name');
    return false;
  }
  const descriptor = openFile(state.file, O_RDONLY);
  if (descriptor < 0) {
    load_([]);
    forgetScreen();
    state.message = '"' + state.file + '"' + (descriptor == -2 ? ' [New file]' : ' ' + errorText(-descriptor));
    return descriptor == -2;
  }
  const content = readAll(descriptor);
  calls.close(descriptor);
  load_(split(content));
  state.top = 0;
  forgetScreen();
  const count = content.length ? lines.length : 0;
  state.message = '"' + state.file + '" ' + count.toString() + ' lines, ' + content.length.toString() + ' characters';
  if (content.length && !content.endsWith('\n')) state.message += ' [Incomplete last line]';
  return true;
}

function split(content: string): string[] {
  const parts = content.split('\n');
  if (parts.length > 1 && !parts[parts.length - 1].length) parts.pop();
  return parts;
}

export function describe(): void {
  state.message = '"' + (state.file.length ? state.file : '[No file]') + '"' + (modified ? ' [Modified]' : '') + ' line ';
  state.message += (row + 1).toString() + ' of ' + lines.length.toString();
}

function write(rest: string, force: bool): bool {
  let name = rest;
  let flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (name.startsWith('!')) {
    fail('Writing to commands is not possible here');
    return false;
  }
  if (name.startsWith('>>')) {
    name = name.substring(2).trimStart();
    flags = O_WRONLY | O_CREAT | 8;
  }
  if (!name.length) name = state.file;
  if (!name.length) {
    fail('No file name');
    return false;
  }
  if (state.readOnly && name == state.file && !force) {
    fail('"' + name + '" is read only (:write! overrides)');
    return false;
  }
  const whole = addresses < 1;
  const other = name != state.file && state.file.length > 0;
  if (other && !force && !(flags & 8) && calls.access(changetype<usize>(bytesOf(name)), 0) >= 0) {
    fail('"' + name + '" exists (:write! overrides)');
    return false;
  }
  const part = whole ? lines : lines.slice(max(first, 0), last + 1);
  // An empty text is an empty file.
  const content = part.length == 1 && !part[0].length && whole ? '' : part.join('\n') + '\n';
  const descriptor = openFile(name, flags);
  let error: i64 = descriptor;
  if (descriptor >= 0) {
    error = writeAll(descriptor, changetype<usize>(bytesOf(content)), content.length);
    const closed = calls.close(descriptor);
    if (error >= 0) error = closed;
  }
  if (error < 0) {
    fail('"' + name + '" ' + errorText(-error));
    return false;
  }
  if (!state.file.length) state.file = name;
  if (whole && name == state.file) setModified(false);
  state.message =
    '"' + name + '" ' + (content.length ? part.length : 0).toString() + ' lines, ' + content.length.toString() + ' characters';
  return true;
}

function read(rest: string): void {
  let content = '';
  if (rest.startsWith('!')) {
    const name = '/tmp/vi' + calls.getpid().toString();
    run('( ' + rest.substring(1) + ' ) > ' + name + ' 2>&1');
    const descriptor = openFile(name, O_RDONLY);
    if (descriptor >= 0) {
      content = readAll(descriptor);
      calls.close(descriptor);
    }
    calls.unlink(changetype<usize>(bytesOf(name)));
  } else {
    const name = rest.length ? rest : state.file;
    const descriptor = openFile(name, O_RDONLY);
    if (descriptor < 0) return fail('"' + name + '" ' + errorText(-descriptor));
    content = readAll(descriptor);
    calls.close(descriptor);
  }
  if (!content.length) return;
  beginChange();
  replaceLines(last + 1, 0, split(content));
  moveTo(last + 1, 0);
}

function run(command: string): void {
  const child = startPath('vi', ['sh', '-c', command], environment());
  while (child > 0 && waitFor(child).pid == -4) {}
}

function shell(command: string): void {
  leaveScreen();
  run(command.replaceAll('%', state.file));
  out('\r\n[Press any key to continue] ');
  flush();
  enterScreen();
  nextKey();
  forgetScreen();
}

// ---- substitution

function substitute(rest: string): void {
  if (!rest.length) return again();
  const delimiter = rest.charAt(0);
  if (<u32>((rest.charCodeAt(0) | 0x20) - 0x61) < 26 || delimiter == ' ') return again();
  text = rest;
  at = 0;
  const pattern = delimited(delimiter);
  at--;
  const replacement = at < text.length ? delimited(delimiter) : '';
  lastReplacement = replacement;
  lastFlags = at < text.length ? text.substring(at).trim() : '';
  if (pattern.length) state.pattern = pattern;
  again();
}

function again(): void {
  const regex = regexOf('');
  if (!regex) return;
  const all = lastFlags.includes('g');
  let count = 0;
  let lastRow = row;
  beginChange();
  let end = last;
  for (let i = max(first, 0); i <= end; i++) {
    const source = lines[i];
    let result = '';
    let copied = 0;
    let from = 0;
    while (from <= source.length && regex.find(source, from)) {
      const start = regex.start;
      const stop = regex.end;
      if (start == stop && copied == start && copied > 0 && result.length) {
        from = stop + 1;
        continue;
      }
      result += source.substring(copied, start);
      let upper = 0;
      for (let k = 0; k < lastReplacement.length; k++) {
        let part = lastReplacement.charAt(k);
        if (part == '&') part = source.substring(start, stop);
        else if (part == '\\' && k + 1 < lastReplacement.length) {
          const next = lastReplacement.charAt(++k);
          if (next >= '1' && next <= '9') part = regex.groupText(source, next.charCodeAt(0) - 0x30);
          else if (next == 'u' || next == 'U') {
            upper = next == 'U' ? 2 : 1;
            continue;
          } else if (next == 'E') {
            upper = 0;
            continue;
          } else part = next == 'n' ? '\n' : next == 't' ? '\t' : next;
        }
        if (upper && part.length) {
          part = upper == 2 ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.substring(1);
          if (upper == 1) upper = 0;
        }
        result += part;
      }
      copied = stop;
      count++;
      if (!all) break;
      from = stop > start ? stop : stop + 1;
    }
    if (!copied && !result.length) continue;
    result += source.substring(copied);
    if (result == source) continue;
    const made = result.replaceAll('\r', '\n').split('\n');
    replaceLines(i, 1, made);
    i += made.length - 1;
    end += made.length - 1;
    lastRow = i;
  }
  if (!count) return fail('Pattern not found: ' + state.pattern);
  moveTo(lastRow, 0);
  if (count > 4) state.message = count.toString() + ' substitutions';
}

function global(rest: string, inverse: bool): void {
  if (!rest.length) return;
  const from = addresses ? max(first, 0) : 0;
  const to = addresses ? last : lines.length - 1;
  text = rest;
  at = 0;
  const pattern = delimited(rest.charAt(0));
  const command = at < text.length ? text.substring(at) : 'p';
  const regex = regexOf(pattern);
  if (!regex) return;
  // Marked first: what the command does to other lines does not change which are meant.
  const chosen: i32[] = [];
  for (let i = from; i <= to; i++) if (regex.test(lines[i]) != inverse) chosen.push(i);
  if (!chosen.length) return fail('Pattern not found: ' + state.pattern);
  let moved = 0;
  for (let i = 0; i < chosen.length; i++) {
    const before = lines.length;
    const target = chosen[i] + moved;
    if (target < 0 || target >= lines.length) break;
    moveTo(target, 0);
    // An empty pattern in the command is this one.
    state.pattern = pattern.length ? pattern : state.pattern;
    runLine((target + 1).toString() + command);
    moved += lines.length - before;
  }
  if (chosen.length > 4) state.message = chosen.length.toString() + ' lines matched';
}

function transfer(rest: string, moves: bool): void {
  const from = max(first, 0);
  const count = last - from + 1;
  text = rest;
  at = 0;
  let target = address(row);
  if (target == -2 || target == -1) return fail('Where to?');
  if (target == -3) target = -1;
  if (target >= lines.length) return fail('Not that many lines in buffer');
  const part = lines.slice(from, from + count);
  beginChange();
  if (!moves) {
    replaceLines(target + 1, 0, part);
    return moveTo(target + count, 0);
  }
  if (target >= from - 1 && target < from + count) return;
  replaceLines(from, count, []);
  if (target > from) target -= count;
  replaceLines(target + 1, 0, part);
  moveTo(target + count, 0);
}

// ---- options

function set(rest: string): void {
  const words = rest.split(' ');
  for (let i = 0; i < words.length; i++) {
    let name = words[i];
    if (!name.length || name == 'all') {
      state.message =
        (state.number ? '' : 'no') + 'number ' + (state.autoIndent ? '' : 'no') + 'autoindent ' + (state.ignoreCase ? '' : 'no');
      state.message += 'ignorecase ' + (state.list ? '' : 'no') + 'list ' + (state.wrapScan ? '' : 'no') + 'wrapscan shiftwidth=';
      state.message += state.shiftWidth.toString() + ' tabstop=' + state.tabStop.toString();
      continue;
    }
    const equals = name.indexOf('=');
    const value = equals > 0 ? <i32>parseNumber(name.substring(equals + 1)) : 0;
    if (equals > 0) name = name.substring(0, equals);
    const on = !name.startsWith('no');
    if (!on) name = name.substring(2);
    if (name == 'nu' || name == 'number') state.number = on;
    else if (name == 'ai' || name == 'autoindent') state.autoIndent = on;
    else if (name == 'ic' || name == 'ignorecase') state.ignoreCase = on;
    else if (name == 'li' || name == 'list') state.list = on;
    else if (name == 'ws' || name == 'wrapscan') state.wrapScan = on;
    else if (name == 'ro' || name == 'readonly') state.readOnly = on;
    else if ((name == 'sw' || name == 'shiftwidth') && value > 0) state.shiftWidth = value;
    else if ((name == 'ts' || name == 'tabstop') && value > 0) state.tabStop = value;
    else fail('No such option: ' + words[i]);
  }
  forgetScreen();
}
