// SPDX-License-Identifier: MIT
/** @fileoverview less(1): read files page by page */
/** @manual
 * DESCRIPTION
 * Shows a file, or standard input, on the terminal. Where standard output is no terminal it copies.
 *
 * OPTIONS
 *   -e, -E   ends at the end;  -F  where one page holds all;  -X  leaves the screen as it is;  -N  line numbers
 *   -i, -I   searches without regard to case;  -R  colours pass;  -S  long lines are cut;  +G, +/RE, +n  begins there
 *
 * KEYS
 *   space f ^F   a page on;  b ^B  back;  d ^D  half a page on;  u ^U  back
 *   enter j e, arrow down   a line on;  k y, arrow up  back
 *   g <   the start, or the line of the number typed;  G >  the end
 *   /RE   searches on;  ?RE  back;  n  again;  N  the other way;  &RE  only such lines
 *   left, right   sideways;  :n, :p  the next file, the one before;  F  waits for more, until ^C
 *   = ^G   where it is;  h  help;  r ^L  draws again;  q  ends
 */
import * as calls from '../../lib/calls';
import { isTerminal, terminalColumns, terminalRows } from '../../lib/columns';
import { complain, flush, O_RDONLY, O_RDWR, openFile, openInput, out, outBytes, Reader, say } from '../../lib/io';
import { Options, programName } from '../../lib/options';
import { onSignal, SIGINT, sleepFor, takeSignal } from '../../lib/process';
import { compile, EXTENDED, IGNORE_CASE, Regex, regexError } from '../../lib/regex/regex';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'less [-eEFiINRSX] [+command] [file ...]';
const TCGETS: i32 = 0x540d;
const TCSETSW: i32 = 0x540f;
const saved = memory.data(64, 8);
const modes = memory.data(64, 8);
const keyByte = memory.data(8);
const chunk = memory.data(16384);
const PAUSE: u64 = 300000000;

let given: string = '';
let files: string[] = [];
let fileIndex = 0;
let keyboard = 0;

let reader: Reader | null = null;
let descriptor = -1;
/** Lines read so far; more are read when they are wanted. */
let lines: string[] = [];
let ended: bool = false;
let top = 0;
let column = 0;
let rows = 24;
let columns = 80;
let regex: Regex | null = null;
let backwards: bool = false;
let filter: Regex | null = null;
let message: string = '';

function has(letter: string): bool {
  return given.includes(letter);
}

export function main(args: string[]): i32 {
  const words: string[] = [];
  let start = '';
  for (let i = 0; i < args.length; i++) {
    if (i && args[i].startsWith('+')) start = args[i].substring(1);
    else words.push(args[i]);
  }
  const options = new Options(words, USAGE, 'aceEfFgGiImMnNqrRsSuwXx:z:', []);
  for (let option = options.next(); option != ''; option = options.next()) given += option;
  if (options.failed) return 1;
  files = options.operands();
  if (!files.length) {
    if (isTerminal(0)) {
      say(programName(args) + ': missing file name\n');
      return 1;
    }
    files.push('-');
  }
  if (!isTerminal(1)) return copy();
  if (programName(args) == 'more') given += 'e';
  keyboard = isTerminal(0) ? 0 : openFile('/dev/tty', O_RDWR);
  if (keyboard < 0) keyboard = 2;
  rows = max(terminalRows(), 2);
  columns = max(terminalColumns(), 10);
  if (!open(0)) return 1;
  if (has('F') && fitsOnePage()) {
    for (let i = 0; i < lines.length; i++) out(lines[i] + '\n');
    return 0;
  }
  begin();
  command(start);
  loop();
  finish();
  return 0;
}

function copy(): i32 {
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const from = openInput('less', files[i]);
    if (from < 0) {
      result = 1;
      continue;
    }
    for (let got = calls.read(from, chunk, 16384); got > 0; got = calls.read(from, chunk, 16384)) outBytes(chunk, <i32>got);
    if (from) calls.close(from);
  }
  return result;
}

function open(index: i32): bool {
  const from = files[index] == '-' ? 0 : openFile(files[index], O_RDONLY);
  if (from < 0) {
    complain('less', files[index], from);
    return false;
  }
  if (descriptor > 0) calls.close(descriptor);
  fileIndex = index;
  descriptor = from;
  reader = new Reader(from);
  lines = [];
  ended = false;
  top = 0;
  return true;
}

/** Makes sure of so many lines, as far as there are. */
function need(count: i32): void {
  while (!ended && lines.length < count) {
    const line = reader!.line();
    if (line == null) ended = true;
    else if (!filter || filter!.test(line)) lines.push(line);
  }
}
function needAll(): void {
  need(i32.MAX_VALUE);
}
function fitsOnePage(): bool {
  need(rows);
  if (!ended || lines.length >= rows) return false;
  let total = 0;
  for (let i = 0; i < lines.length; i++) total += rowsOf(lines[i]);
  return total < rows;
}

// ---- the terminal

function begin(): void {
  calls.ioctl(keyboard, TCGETS, saved);
  memory.copy(modes, saved, 64);
  store<u32>(modes, load<u32>(modes, 12) & ~0o12, 12);
  store<u8>(modes + 16 + 4, 1);
  store<u8>(modes + 16 + 5, 0);
  calls.ioctl(keyboard, TCSETSW, modes);
  onSignal(SIGINT);
  if (!has('X')) out('\x1b[?1049h');
}
function finish(): void {
  out('\r\x1b[K');
  if (!has('X')) out('\x1b[?1049l');
  flush();
  calls.ioctl(keyboard, TCSETSW, saved);
}

/** A key; arrows and the like as letters of the keys that do the same. */
function key(): string {
  flush();
  const c = byte();
  if (c != 0x1b) return c < 0 ? 'q' : String.fromCharCode(c);
  const bracket = byte();
  if (bracket != 0x5b && bracket != 0x4f) return '';
  const letter = String.fromCharCode(byte());
  const at = 'ABCDHF'.indexOf(letter);
  if (at >= 0) return at == 2 ? '\x01' : at == 3 ? '\x02x' : 'kj  gG'.charAt(at);
  if (byte() != 0x7e) return '';
  return letter == '5' ? 'b' : letter == '6' ? 'f' : letter == '1' ? 'g' : letter == '4' ? 'G' : '';
}
function byte(): i32 {
  while (true) {
    const got = calls.read(keyboard, keyByte, 1);
    if (got == 1) return load<u8>(keyByte);
    if (got == 0 || (got < 0 && got != -4)) return -1;
    takeSignal();
  }
}

/** What the bottom line asks for; null if it was given up. */
function ask(prompt: string): string | null {
  let text = '';
  while (true) {
    out('\r\x1b[K' + prompt + text);
    flush();
    const c = byte();
    if (c == 0x0d || c == 0x0a) return text;
    if (c < 0 || c == 3 || c == 0x1b || ((c == 8 || c == 0x7f) && !text.length)) return null;
    if (c == 8 || c == 0x7f) text = text.substring(0, text.length - 1);
    else if (c == 0x15) text = '';
    else text += String.fromCharCode(c);
  }
}

// ---- the screen

/** A line as it is shown: tabs as spaces, other control characters in reverse, except for colours where they may pass. */
function shown(line: string): string {
  let text = '';
  let at = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c == 9) {
      do text += ' ';
      while (++at & 7);
    } else if (c == 0x1b && (has('R') || has('r'))) {
      const end = line.indexOf('m', i);
      if (end < 0) continue;
      text += line.substring(i, end + 1);
      i = end;
    } else if (c == 8) {
      // A character struck twice: bold on paper, once here.
      text = text.substring(0, max(text.length - 1, 0));
      at = max(at - 1, 0);
    } else if (c == 13 && i == line.length - 1) continue;
    else if (c < 0x20 || c == 0x7f) {
      text += '^' + String.fromCharCode(c ^ 0x40);
      at += 2;
    } else {
      text += line.charAt(i);
      at++;
    }
  }
  return text;
}

/** The text's places on the screen, which colours do not take. */
function widthOf(text: string): i32 {
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) == 0x1b) {
      const end = text.indexOf('m', i);
      if (end > 0) {
        i = end;
        continue;
      }
    }
    width++;
  }
  return width;
}
function numberWidth(): i32 {
  return has('N') ? 8 : 0;
}
function rowsOf(line: string): i32 {
  if (has('S') || column) return 1;
  return max((widthOf(shown(line)) + columns - numberWidth() - 1) / (columns - numberWidth()), 1);
}

/** The part of a text between two places, colours kept. */
function part(text: string, from: i32, count: i32): string {
  let result = '';
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) == 0x1b) {
      const end = text.indexOf('m', i);
      if (end > 0) {
        result += text.substring(i, end + 1);
        i = end;
        continue;
      }
    }
    if (at >= from && at < from + count) result += text.charAt(i);
    at++;
  }
  return result;
}

function marked(text: string): string {
  if (!regex || text.includes('\x1b')) return text;
  let result = '';
  let from = 0;
  while (from <= text.length && regex!.find(text, from)) {
    const start = regex!.start;
    const stop = regex!.end;
    if (stop == start) break;
    result += text.substring(from, start) + '\x1b[7m' + text.substring(start, stop) + '\x1b[27m';
    from = stop;
  }
  return result + text.substring(from);
}

function draw(): void {
  out('\x1b[H');
  let row = 0;
  let index = top;
  const room = columns - numberWidth();
  for (; row < rows - 1; index++) {
    need(index + 1);
    if (index >= lines.length) {
      out('~\x1b[K\r\n');
      row++;
      continue;
    }
    const text = marked(shown(lines[index]));
    const front = has('N') ? (index + 1).toString().padStart(7) + ' ' : '';
    if (has('S') || column) {
      out(front + part(text, column, room) + '\x1b[0m\x1b[K\r\n');
      row++;
      continue;
    }
    const width = widthOf(text);
    for (let from = 0; row < rows - 1; from += room) {
      out((from ? ' '.repeat(front.length) : front) + part(text, from, room) + '\x1b[0m\x1b[K\r\n');
      row++;
      if (from + room >= width) break;
    }
  }
  status();
}

function atEnd(): bool {
  need(top + rows);
  if (!ended) return false;
  let total = 0;
  for (let i = top; i < lines.length; i++) total += rowsOf(lines[i]);
  return total <= rows - 1;
}

function status(): void {
  let text = message;
  if (!text.length) text = atEnd() ? '(END)' : top == 0 && files[fileIndex] != '-' ? files[fileIndex] : ':';
  out('\x1b[7m' + text.substring(0, columns - 1) + '\x1b[27m\x1b[K');
  message = '';
  flush();
}

// ---- moving

/** The last top that fills the screen. */
function lastTop(): i32 {
  needAll();
  let used = 0;
  let index = lines.length;
  while (index > 0 && used + rowsOf(lines[index - 1]) <= rows - 1) used += rowsOf(lines[--index]);
  return index;
}
function forward(count: i32): void {
  for (let i = 0; i < count && !atEnd(); i++) top++;
}
function back(count: i32): void {
  top = max(top - count, 0);
}
/** As many lines as fill a number of rows from the top on. */
function linesFor(wanted: i32): i32 {
  let used = 0;
  let count = 0;
  while (used < wanted) {
    need(top + count + 1);
    if (top + count >= lines.length) break;
    used += rowsOf(lines[top + count++]);
  }
  return max(count, 1);
}

function search(back_: bool): void {
  if (!regex) {
    message = 'No previous search pattern';
    return;
  }
  for (let index = back_ ? top - 1 : top + 1; ; index += back_ ? -1 : 1) {
    if (index < 0) break;
    need(index + 1);
    if (index >= lines.length) break;
    if (!regex!.test(lines[index])) continue;
    top = min(index, max(lastTopIfKnown(), 0));
    if (index < top) top = index;
    return;
  }
  message = 'Pattern not found';
}
function lastTopIfKnown(): i32 {
  return ended ? lastTop() : i32.MAX_VALUE;
}

function pattern(text: string): Regex | null {
  const found = compile(text, EXTENDED | (has('i') || has('I') ? IGNORE_CASE : 0));
  if (!found) message = regexError;
  return found;
}

function command(start: string): void {
  if (!start.length) return;
  const number = parseNumber(start);
  if (start == 'G') top = lastTop();
  else if (number > 0) go(<i32>number);
  else if (start.startsWith('/')) {
    regex = pattern(start.substring(1));
    need(1);
    if (regex && !(lines.length && regex!.test(lines[0]))) search(false);
  }
}
function go(line: i32): void {
  need(line);
  top = max(min(line, lines.length) - 1, 0);
}

function loop(): void {
  let number = '';
  while (true) {
    if (has('E') && atEnd()) return;
    draw();
    let k = key();
    while (k.length == 1 && <u32>(k.charCodeAt(0) - 0x30) < 10) {
      number += k;
      out('\r\x1b[K:' + number);
      k = key();
    }
    const count = number.length ? <i32>min<i64>(parseNumber(number), 1000000) : 0;
    number = '';
    if (k == 'q' || k == 'Q' || k == 'Z') return;
    if (k == ' ' || k == 'f' || k == '\x06' || k == '\x16') {
      if (has('e') && atEnd()) return;
      forward(count ? count : linesFor(rows - 1));
    } else if (k == 'b' || k == '\x02') back(count ? count : rows - 1);
    else if (k == 'd' || k == '\x04') forward(count ? count : (rows - 1) / 2);
    else if (k == 'u' || k == '\x15') back(count ? count : (rows - 1) / 2);
    else if (k == 'j' || k == 'e' || k == '\r' || k == '\n' || k == '\x0e') {
      if (has('e') && atEnd()) return;
      forward(max(count, 1));
    } else if (k == 'k' || k == 'y' || k == '\x10') back(max(count, 1));
    else if (k == 'g' || k == '<') go(max(count, 1));
    else if (k == 'G' || k == '>') {
      if (count) go(count);
      else top = lastTop();
    } else if (k == '\x01') column += columns / 2;
    else if (k == '\x02x') column = max(column - columns / 2, 0);
    else if (k == '/' || k == '?') {
      const text = ask(k);
      if (text != null && text.length) regex = pattern(text);
      backwards = k == '?';
      if (text != null) search(backwards);
    } else if (k == 'n') search(backwards);
    else if (k == 'N') search(!backwards);
    else if (k == '&') {
      const text = ask('&/');
      if (text != null && files[fileIndex] != '-') {
        filter = text.length ? pattern(text) : null;
        open(fileIndex);
      }
    } else if (k == '=' || k == '\x07') {
      message =
        (files[fileIndex] == '-' ? 'standard input' : files[fileIndex]) +
        ' line ' +
        (top + 1).toString() +
        (ended ? '/' + lines.length.toString() : '');
    } else if (k == ':') {
      const letter = ask(':');
      if (letter == 'n' || letter == 'p') {
        const next = fileIndex + (letter == 'n' ? 1 : -1);
        if (next < 0 || next >= files.length) message = letter == 'n' ? 'No next file' : 'No previous file';
        else open(next);
      } else if (letter == 'q') return;
    } else if (k == 'F') follow();
    else if (k == 'h' || k == 'H') help();
    else if (k == 'r' || k == '\x0c') {
      rows = max(terminalRows(), 2);
      columns = max(terminalColumns(), 10);
      out('\x1b[2J');
    }
  }
}

/** Shows what is added to the file until ^C. */
function follow(): void {
  takeSignal();
  while (true) {
    ended = false;
    top = lastTop();
    message = 'Waiting for data... (interrupt to abort)';
    draw();
    if (sleepFor(PAUSE) && takeSignal() == SIGINT) return;
  }
}

function help(): void {
  out('\x1b[H\x1b[2J');
  out('space  a page on        b  back          enter  a line on     k  back\r\n');
  out('d  half a page on       u  back          g  the start         G  the end\r\n');
  out('/RE  search on          ?RE  back        n  again             N  the other way\r\n');
  out('&RE  only such lines    F  wait for more :n :p  other files   q  end\r\n\r\n');
  out('\x1b[7mpress a key\x1b[27m');
  key();
}
