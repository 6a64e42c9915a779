// SPDX-License-Identifier: MIT
/**
 * @fileoverview Order of lines by keys (POSIX.1-2017, XCU sort), for sort and join.
 *
 * The parts of a line that its keys name are cut out once, numbers among them read once; sorting is a merge sort, which keeps equal lines in
 * order.
 */
import { parseNumber } from './text';

/** The byte between fields; -1: fields begin where white space begins. */
export let separator: i32 = -1;
export function setSeparator(byte: i32): void {
  separator = byte;
}

export class Key {
  startField: i32 = 0;
  startByte: i32 = 0;
  /** Of the first byte behind the key; field -1: the end of the line. With byte 0 the whole field belongs to it. */
  endField: i32 = -1;
  endByte: i32 = 0;
  startBlanks: bool = false;
  endBlanks: bool = false;
  own: bool = false;
  reversed: bool = false;

  constructor(public flags: string) {
    this.reversed = flags.includes('r');
    this.startBlanks = this.endBlanks = flags.includes('b');
  }

  /** Flags of the command, if the key has none of its own. */
  inherit(flags: string): void {
    if (this.own) return;
    this.flags = flags;
    this.reversed = flags.includes('r');
    this.startBlanks = this.endBlanks = flags.includes('b');
  }

  get isPlain(): bool {
    for (let i = 0; i < this.flags.length; i++) if (!'rb'.includes(this.flags.charAt(i))) return false;
    return true;
  }
  get isNumeric(): bool {
    return this.flags.includes('n') || this.flags.includes('g') || this.flags.includes('h') || this.flags.includes('M');
  }

  /** The part of a line that the key is. */
  cut(text: string): string {
    if (!this.startField && !this.startByte && this.endField < 0 && !this.startBlanks) return text;
    const start = place(text, this.startField, this.startByte, this.startBlanks);
    let end = text.length;
    if (this.endField >= 0)
      end = this.endByte ? place(text, this.endField, this.endByte, this.endBlanks) : fieldEnd(text, this.endField);
    return end <= start ? '' : text.substring(start, end);
  }
}

function isBlank(code: i32): bool {
  return code == 0x20 || code == 9;
}

/** Where field `index` (from 0) begins. */
function fieldStart(text: string, index: i32): i32 {
  let at = 0;
  for (let i = 0; i < index && at < text.length; i++) {
    if (separator >= 0) {
      while (at < text.length && text.charCodeAt(at) != separator) at++;
      if (at < text.length) at++;
    } else {
      while (at < text.length && isBlank(text.charCodeAt(at))) at++;
      while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
    }
  }
  return at;
}
function fieldEnd(text: string, index: i32): i32 {
  let at = fieldStart(text, index);
  if (separator >= 0) while (at < text.length && text.charCodeAt(at) != separator) at++;
  else {
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
  }
  return at;
}
function place(text: string, field: i32, byte: i32, blanks: bool): i32 {
  let at = fieldStart(text, field);
  if (blanks) while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return min(at + byte, text.length);
}

/** `2.3b,4.5n`; null where it is none. */
export function parseKey(text: string): Key | null {
  const comma = text.indexOf(',');
  const key = new Key('');
  const start = new Position(comma < 0 ? text : text.substring(0, comma));
  if (!start.valid || start.field < 1 || (start.hasByte && start.byte < 1)) return null;
  key.startField = start.field - 1;
  key.startByte = start.hasByte ? start.byte - 1 : 0;
  key.startBlanks = start.flags.includes('b');
  let flags = start.flags;
  if (comma >= 0) {
    const end = new Position(text.substring(comma + 1));
    if (!end.valid || end.field < 1) return null;
    key.endField = end.field - 1;
    key.endByte = end.byte;
    key.endBlanks = end.flags.includes('b');
    flags += end.flags;
  }
  for (let i = 0; i < flags.length; i++) if (!'bdfghinMrV'.includes(flags.charAt(i))) return null;
  key.flags = flags;
  key.own = flags.length > 0;
  key.reversed = flags.includes('r');
  return key;
}

class Position {
  valid: bool = true;
  field: i32 = 0;
  byte: i32 = 0;
  hasByte: bool = false;
  flags: string = '';
  constructor(text: string) {
    let at = 0;
    while (at < text.length && <u32>(text.charCodeAt(at) - 0x30) < 10) at++;
    const field = parseNumber(text.substring(0, at));
    if (at < text.length && text.charAt(at) == '.') {
      const start = ++at;
      while (at < text.length && <u32>(text.charCodeAt(at) - 0x30) < 10) at++;
      const byte = parseNumber(text.substring(start, at));
      this.hasByte = true;
      this.byte = <i32>min<i64>(byte, i32.MAX_VALUE);
      if (byte < 0) this.valid = false;
    }
    if (field < 0) this.valid = false;
    this.field = <i32>min<i64>(field, i32.MAX_VALUE);
    this.flags = text.substring(at);
  }
}

export class Line {
  readonly parts: string[] = [];
  readonly numbers: f64[] = [];
  constructor(
    readonly text: string,
    keys: Key[],
  ) {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      let part = key.cut(text);
      let number: f64 = 0;
      if (key.isNumeric) {
        number = numberOf(part, key.flags);
        // Only long numbers need their digits again.
        if (!key.flags.includes('n')) part = '';
      } else if (!key.isPlain) part = converted(part, key.flags);
      this.parts.push(part);
      this.numbers.push(number);
    }
  }
}

const MONTHS: string = 'JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC';

function numberOf(text: string, flags: string): f64 {
  let at = 0;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  if (flags.includes('M')) {
    const found = MONTHS.indexOf(text.substring(at, at + 3).toUpperCase());
    return found >= 0 && found % 3 == 0 && text.length - at >= 3 ? found / 3 + 1 : 0;
  }
  if (flags.includes('g')) {
    const value = parseFloat(text.substring(at));
    return isNaN(value) ? -Infinity : value;
  }
  const negative = at < text.length && text.charAt(at) == '-';
  if (negative) at++;
  let value: f64 = 0;
  let scale: f64 = 1;
  let decimals = false;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (<u32>digit < 10) {
      value = value * 10 + digit;
      if (decimals) scale *= 10;
    } else if (text.charAt(at) == '.' && !decimals) decimals = true;
    else break;
  }
  value /= scale;
  if (flags.includes('h') && at < text.length && value != 0) {
    // The unit decides first, as the letters order: 1023 K are less than 1 M.
    const unit = 'KMGTPEZY'.indexOf(text.charAt(at).toUpperCase());
    if (unit >= 0) value = value * Math.pow(1024, unit + 1);
  }
  return negative ? -value : value;
}

function converted(text: string, flags: string): string {
  let result = text;
  if (flags.includes('f')) result = result.toUpperCase();
  if (!flags.includes('d') && !flags.includes('i')) return result;
  let kept = '';
  for (let i = 0; i < result.length; i++) {
    const c = result.charCodeAt(i);
    const letter = <u32>((c | 0x20) - 0x61) < 26 || <u32>(c - 0x30) < 10 || isBlank(c);
    if (flags.includes('d') ? letter : c >= 0x20 && c < 0x7f) kept += result.charAt(i);
  }
  return kept;
}

/** Numbers beyond what f64 holds exactly are compared by their digits. */
const EXACT: f64 = 4503599627370496;

export function compareKeysOnly(a: Line, b: Line, keys: Key[]): i32 {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    let order = 0;
    if (key.isNumeric) {
      const x = a.numbers[i];
      const y = b.numbers[i];
      order = x < y ? -1 : x > y ? 1 : 0;
      if (key.flags.includes('n') && Math.abs(x) > EXACT && Math.abs(y) > EXACT) order = compareDigits(a.parts[i], b.parts[i]);
    } else if (key.flags.includes('V')) order = compareVersions(a.parts[i], b.parts[i]);
    else order = a.parts[i] < b.parts[i] ? -1 : a.parts[i] > b.parts[i] ? 1 : 0;
    if (order) return key.reversed ? -order : order;
  }
  return 0;
}

export function compareLines(a: Line, b: Line, keys: Key[], lastResort: bool, reversed: bool): i32 {
  const order = compareKeysOnly(a, b, keys);
  if (order || !lastResort) return order;
  const whole = a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  return reversed ? -whole : whole;
}

function compareDigits(a: string, b: string): i32 {
  const x = a.trimStart();
  const y = b.trimStart();
  const negative = x.startsWith('-');
  if (negative != y.startsWith('-')) return negative ? -1 : 1;
  const order = byMagnitude(negative ? x.substring(1) : x, negative ? y.substring(1) : y);
  return negative ? -order : order;
}
function byMagnitude(a: string, b: string): i32 {
  let i = 0;
  let k = 0;
  while (i < a.length && a.charAt(i) == '0') i++;
  while (k < b.length && b.charAt(k) == '0') k++;
  let x = i;
  let y = k;
  while (x < a.length && <u32>(a.charCodeAt(x) - 0x30) < 10) x++;
  while (y < b.length && <u32>(b.charCodeAt(y) - 0x30) < 10) y++;
  if (x - i != y - k) return x - i < y - k ? -1 : 1;
  const first = a.substring(i);
  const second = b.substring(k);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Digits by value, what is between by bytes, letters before others, ~ before all. */
export function compareVersions(a: string, b: string): i32 {
  let i = 0;
  let k = 0;
  while (i < a.length || k < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (k < b.length && !isDigit(b, k))) {
      const x = rank(a, i);
      const y = rank(b, k);
      if (x != y) return x < y ? -1 : 1;
      i++;
      k++;
    }
    let x = i;
    let y = k;
    while (x < a.length && isDigit(a, x)) x++;
    while (y < b.length && isDigit(b, y)) y++;
    const first = a.substring(i, x);
    const second = b.substring(k, y);
    const digits = byMagnitude(first, second);
    if (digits) return digits;
    i = x;
    k = y;
  }
  return 0;
}
function isDigit(text: string, at: i32): bool {
  return <u32>(text.charCodeAt(at) - 0x30) < 10;
}
function rank(text: string, at: i32): i32 {
  if (at >= text.length || isDigit(text, at)) return 0;
  const c = text.charCodeAt(at);
  if (c == 0x7e) return -1;
  return <u32>((c | 0x20) - 0x61) < 26 ? c : c + 256;
}

/** Merge sort from below: runs of one, two, four lines. */
export function sortLines(lines: Line[], keys: Key[], lastResort: bool, reversed: bool): void {
  let from = lines;
  let to = new Array<Line>(lines.length);
  for (let i = 0; i < lines.length; i++) to[i] = lines[i];
  for (let run = 1; run < lines.length; run *= 2) {
    for (let start = 0; start < lines.length; start += 2 * run) {
      const middle = min(start + run, lines.length);
      const end = min(start + 2 * run, lines.length);
      let i = start;
      let k = middle;
      for (let at = start; at < end; at++) {
        const first = i < middle && (k >= end || compareLines(from[i], from[k], keys, lastResort, reversed) <= 0);
        to[at] = first ? from[i++] : from[k++];
      }
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != lines) for (let i = 0; i < lines.length; i++) lines[i] = from[i];
}
