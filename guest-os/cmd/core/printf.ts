// SPDX-License-Identifier: MIT
/** @fileoverview printf(1): %s %b %c %d %i %u %o %x %X %% with flags, width and precision; the format is used again while arguments are left. */
import { out, say } from '../../lib/io';
import { parseNumber } from '../../lib/text';

const ESCAPES: string = 'abfnrtv\\"\'';
const MEANINGS: string = '\x07\b\f\n\r\t\v\\"\'';
let failed = false;

export function main(args: string[]): i32 {
  if (args.length < 2) {
    say('usage: printf format [argument ...]\n');
    return 2;
  }
  failed = false;
  let at = 2;
  do {
    const before = at;
    at = once(args[1], args, at);
    if (at == before) break;
  } while (at > 0 && at < args.length);
  return failed ? 1 : 0;
}

/** One use of the format; the next argument, or -1 after \c. */
function once(format: string, args: string[], from: i32): i32 {
  let next = from;
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c == '\\' && i + 1 < format.length) {
      i = escape(format, i + 1);
      if (i < 0) return -1;
      continue;
    }
    if (c != '%') {
      out(c);
      continue;
    }
    i++;
    if (i < format.length && format.charAt(i) == '%') {
      out('%');
      continue;
    }
    let flags = '';
    while (i < format.length && '-0+ #'.includes(format.charAt(i))) flags += format.charAt(i++);
    let width = 0;
    while (i < format.length && <u32>(format.charCodeAt(i) - 0x30) < 10) width = width * 10 + format.charCodeAt(i++) - 0x30;
    let precision = -1;
    if (i < format.length && format.charAt(i) == '.') {
      precision = 0;
      i++;
      while (i < format.length && <u32>(format.charCodeAt(i) - 0x30) < 10)
        precision = precision * 10 + format.charCodeAt(i++) - 0x30;
    }
    if (i >= format.length) break;
    const argument = next < args.length ? args[next] : '';
    next++;
    convert(format.charAt(i), flags, width, precision, argument);
  }
  return next;
}

/** Prints what an escape stands for; where it ends, or -1 for \c. */
function escape(text: string, start: i32): i32 {
  const letter = text.charAt(start);
  if (letter == 'c') return -1;
  const at = ESCAPES.indexOf(letter);
  if (at >= 0) {
    out(MEANINGS.charAt(at));
    return start;
  }
  let i = start;
  let value = 0;
  let digits = 0;
  while (i < text.length && digits < 3 && <u32>(text.charCodeAt(i) - 0x30) < 8) {
    value = value * 8 + text.charCodeAt(i++) - 0x30;
    digits++;
  }
  if (!digits) {
    out('\\' + letter);
    return start;
  }
  out(String.fromCharCode(value & 0xff));
  return i - 1;
}

function convert(kind: string, flags: string, width: i32, precision: i32, argument: string): void {
  let text = '';
  let zero = flags.includes('0') && !flags.includes('-');
  if (kind == 's' || kind == 'c') {
    text = kind == 'c' ? argument.substring(0, 1) : precision >= 0 ? argument.substring(0, precision) : argument;
    zero = false;
  } else if (kind == 'b') {
    for (let i = 0; i < argument.length; i++) {
      if (argument.charAt(i) == '\\' && i + 1 < argument.length) i = max(escape(argument, i + 1), i + 1);
      else out(argument.charAt(i));
    }
    return;
  } else {
    const value = numberOf(argument);
    let digits = '';
    let sign = '';
    if (kind == 'd' || kind == 'i') {
      sign = value < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
      digits = (<u64>(value < 0 ? -value : value)).toString();
    } else if (kind == 'u') digits = (<u64>value).toString();
    else if (kind == 'o') digits = (flags.includes('#') ? '0' : '') + (<u64>value).toString(8);
    else if (kind == 'x' || kind == 'X') {
      digits = (<u64>value).toString(16);
      if (flags.includes('#') && value) sign = '0x';
      if (kind == 'X') digits = digits.toUpperCase();
    } else {
      say('printf: %' + kind + ': invalid directive\n');
      failed = true;
      return;
    }
    if (digits.length < precision) digits = '0'.repeat(precision - digits.length) + digits;
    if (precision >= 0) zero = false;
    if (zero && digits.length + sign.length < width) digits = '0'.repeat(width - digits.length - sign.length) + digits;
    text = sign + digits;
  }
  const pad = width > text.length ? ' '.repeat(width - text.length) : '';
  out(flags.includes('-') ? text + pad : pad + text);
}

/** Decimal, 0 octal, 0x hexadecimal, 'c a character. */
function numberOf(text: string): i64 {
  if (!text.length) return 0;
  const first = text.charCodeAt(0);
  if (first == 0x27 || first == 0x22) return text.length > 1 ? text.charCodeAt(1) : 0;
  const negative = first == 0x2d;
  const digits = negative || first == 0x2b ? text.substring(1) : text;
  let value: i64 = -1;
  if (digits.startsWith('0x') || digits.startsWith('0X')) value = inBase(digits.substring(2), 16);
  else if (digits.length > 1 && digits.startsWith('0')) value = inBase(digits, 8);
  else value = parseNumber(digits);
  if (value < 0) {
    say('printf: ' + text + ': expected numeric value\n');
    failed = true;
    return 0;
  }
  return negative ? -value : value;
}

function inBase(text: string, base: i64): i64 {
  let value: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const digit: i64 = c <= 0x39 ? c - 0x30 : (c | 0x20) - 87;
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
  }
  return text.length ? value : -1;
}
