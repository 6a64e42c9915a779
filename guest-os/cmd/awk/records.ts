// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records and fields. $0 is split when a field is asked for first; it is put together again from the fields when one has been changed.
 *
 * RS: a newline; any one character; empty for paragraphs, where newlines separate fields too; longer, a regular expression as in gawk and mawk.
 */
import { BRACKET_ESCAPES, compile, EXTENDED, Regex, regexError } from '../../lib/regex/regex';
import { Reader, say } from '../../lib/io';
import { flushAll } from './streams';
import { UNSET_VALUE, Value } from './values';
import * as calls from '../../lib/calls';

const cache = new Map<string, Regex>();
const MOST_KEPT: i32 = 500;

/** A message, and the end. */
export function fatal(text: string): void {
  flushAll();
  say('awk: ' + text + '\n');
  calls.exit(2);
}

/** Compiled once for each text. */
export function regexOf(source: string): Regex {
  if (cache.has(source)) return cache.get(source);
  const made = compile(plain(source), EXTENDED | BRACKET_ESCAPES);
  if (!made) fatal('invalid regular expression /' + source + '/: ' + regexError);
  if (cache.size >= MOST_KEPT) cache.clear();
  cache.set(source, made!);
  return made!;
}

/** Escapes that stand for one byte, replaced by it; what escapes a special character stays. */
function plain(source: string): string {
  if (!source.includes('\\')) return source;
  let result = '';
  for (let i = 0; i < source.length; i++) {
    const c = source.charAt(i);
    if (c != '\\' || i + 1 >= source.length) {
      result += c;
      continue;
    }
    const next = source.charAt(++i);
    const place = 'afnrtv'.indexOf(next);
    if (place >= 0) result += '\x07\f\n\r\t\v'.charAt(place);
    else if (next == '/' || next == '"' || next == '&') result += next;
    else if (next >= '0' && next <= '7') {
      let value = 0;
      let digits = 0;
      while (digits < 3 && i < source.length && source.charAt(i) >= '0' && source.charAt(i) <= '7') {
        value = value * 8 + source.charCodeAt(i++) - 0x30;
        digits++;
      }
      i--;
      const byte = String.fromCharCode(value & 0xff);
      result += ('\\^$.[]|()*+?{}'.includes(byte) ? '\\' : '') + byte;
    } else result += '\\' + next;
  }
  return result;
}

// ---- reading

export class Source {
  private pending: string = '';
  private ended: bool = false;
  constructor(private readonly reader: Reader) {}

  /** A record by RS; null at the end. */
  next(separator: string): string | null {
    if (!separator.length) return this.paragraph();
    if (separator.length > 1) return this.byRegex(regexOf(separator));
    if (this.pending.length) return this.byRegex(regexOf(separator == '\\' ? '\\\\' : '[' + separator + ']'));
    return this.reader.line(<u8>separator.charCodeAt(0));
  }

  /** Everything that is left is read: a match could go on with what comes. */
  private byRegex(regex: Regex): string | null {
    while (!this.ended) {
      const line = this.reader.line();
      if (line == null) this.ended = true;
      else this.pending += this.reader.unterminated ? line : line + '\n';
    }
    if (!this.pending.length) return null;
    const text = this.pending;
    if (regex.find(text, 0) && regex.end > regex.start) {
      this.pending = text.substring(regex.end);
      return text.substring(0, regex.start);
    }
    this.pending = '';
    return text.endsWith('\n') ? text.substring(0, text.length - 1) : text;
  }

  private paragraph(): string | null {
    let line: string | null = this.reader.line();
    while (line != null && !line.length) line = this.reader.line();
    if (line == null) return null;
    let text: string = line;
    while (true) {
      line = this.reader.line();
      if (line == null || !line.length) return text;
      text += '\n' + line;
    }
  }
}

// ---- fields

/** Pieces of a text by FS, as split() and $1 … have them. `paragraphs`: a newline separates too. */
export function splitText(text: string, separator: string, paragraphs: bool): string[] {
  const parts: string[] = [];
  if (!text.length) return parts;
  if (separator == ' ') {
    let at = 0;
    const size = text.length;
    while (true) {
      while (at < size && isBlank(text.charCodeAt(at))) at++;
      if (at >= size) return parts;
      const start = at;
      while (at < size && !isBlank(text.charCodeAt(at))) at++;
      parts.push(text.substring(start, at));
    }
  }
  if (!separator.length) {
    for (let i = 0; i < text.length; i++) parts.push(text.charAt(i));
    return parts;
  }
  if (separator.length == 1 && separator != '\\' && !paragraphs) return text.split(separator);
  const single =
    separator.length == 1 ? (separator == '\\' ? '\\\\' : '[' + (separator == '^' ? '\\^' : separator) + ']') : separator;
  const regex = regexOf(paragraphs ? '(' + single + ')|\n' : single);
  let start = 0;
  let from = 0;
  while (from <= text.length && regex.find(text, from)) {
    if (regex.end == regex.start) {
      // An empty match separates nothing.
      from = regex.end + 1;
      continue;
    }
    parts.push(text.substring(start, regex.start));
    start = from = regex.end;
  }
  parts.push(text.substring(start));
  return parts;
}

function isBlank(c: i32): bool {
  return c == 0x20 || c == 0x09 || c == 0x0a;
}

/** Most fields that a program may make by assigning to one. */
const MOST_FIELDS: i32 = 1000000;

export class Record {
  private whole: Value = Value.string('');
  private fields: Value[] = [];
  private isSplit: bool = true;
  /** $0 is made of the fields when it is asked for. */
  private isStale: bool = false;
  fieldSeparator: string = ' ';
  /** FS at the time when the record came. */
  private used: string = ' ';
  outputSeparator: string = ' ';
  paragraphs: bool = false;

  set(value: Value): void {
    this.whole = value;
    this.isSplit = false;
    this.isStale = false;
    this.used = this.fieldSeparator;
  }

  private split(): void {
    if (this.isSplit) return;
    this.isSplit = true;
    const parts = splitText(this.whole.toText('%.6g'), this.used, this.paragraphs && this.used != ' ');
    this.fields = [];
    for (let i = 0; i < parts.length; i++) this.fields.push(Value.input(parts[i]));
  }

  get count(): i32 {
    this.split();
    return this.fields.length;
  }

  get(index: i32, convfmt: string): Value {
    if (index < 0) fatal('trying to access out of range field ' + index.toString());
    if (!index) {
      if (this.isStale) this.join(convfmt);
      return this.whole;
    }
    this.split();
    return index <= this.fields.length ? this.fields[index - 1] : UNSET_VALUE;
  }

  private join(convfmt: string): void {
    const parts: string[] = [];
    for (let i = 0; i < this.fields.length; i++) parts.push(this.fields[i].toText(convfmt));
    this.whole = Value.input(parts.join(this.outputSeparator));
    this.isStale = false;
  }

  /** Assigning to a field. */
  setField(index: i32, value: Value): void {
    if (index < 0 || index > MOST_FIELDS) fatal('trying to access out of range field ' + index.toString());
    if (!index) return this.set(value);
    this.split();
    while (this.fields.length < index) this.fields.push(Value.input(''));
    this.fields[index - 1] = value;
    this.isStale = true;
  }

  /** Assigning to NF. */
  setCount(count: i32): void {
    if (count < 0 || count > MOST_FIELDS) fatal('NF set to ' + count.toString());
    this.split();
    while (this.fields.length < count) this.fields.push(Value.input(''));
    while (this.fields.length > count) this.fields.pop();
    this.isStale = true;
  }
}
