// SPDX-License-Identifier: MIT
/** @fileoverview printf(1): print formatted */
/** @manual
 * DESCRIPTION
 * Prints the format with its conversions done for the arguments, and again as long as arguments are left. Conversions are %d %i %u %o %x %X, %e %f
 * %g and their capitals, %c, %s, %b (a string with escapes; \c ends all), %q is none, %%; with flags -+ #0, width and precision, which may be *.
 * Escapes are \a \b \f \n \r \t \v \\ \ooo. A number may be octal, hexadecimal, or a quote and a character.
 *
 * EXIT STATUS
 *   0   all was printed
 *   1   an argument was no number
 */
import { out, say } from '../../lib/io';
import { escapeWord } from '../../lib/shellQuote';
import { formatDouble, padNumber } from '../../lib/numbers';
import { padLeft, padRight } from '../../lib/text';

export const USAGE: string = 'printf format [argument ...]';

const ESCAPES: string = 'abfnrtv\\"\'';
const MEANINGS: string = '\x07\b\f\n\r\t\v\\"\'';
let failed = false;
let stopped = false;
let args_: string[] = [];
let next = 0;

export function main(args: string[]): i32 {
  const status = format(args);
  out(printed);
  return status;
}

/** What {@link format} made. */
export let printed: string = '';
/** %q is known: bash's own printf. */
export let knowsQuoting: bool = false;
export function knowQuoting(): void {
  knowsQuoting = true;
}

function put(text: string): void {
  printed += text;
}

/** As main, but nothing is printed. */
export function format(args: string[]): i32 {
  printed = '';
  const first = args.length > 1 && args[1] == '--' ? 2 : 1;
  if (args.length <= first) {
    say('usage: ' + USAGE + '\n');
    return 2;
  }
  failed = stopped = false;
  args_ = args;
  next = first + 1;
  do {
    const before = next;
    once(args[first]);
    if (next == before) break;
  } while (!stopped && next < args.length);
  return failed ? 1 : 0;
}

function argument(): string {
  return next < args_.length ? args_[next++] : ((next = args_.length), '');
}

function once(format: string): void {
  for (let i = 0; i < format.length && !stopped; i++) {
    const c = format.charAt(i);
    if (c == '\\' && i + 1 < format.length) i = escape(format, i + 1, false);
    else if (c == '%') i = conversion(format, i + 1);
    else put(c);
  }
}

/** Prints what an escape stands for; where it ends. In an argument, \c ends all and octal numbers begin with 0. */
function escape(text: string, start: i32, inArgument: bool): i32 {
  const letter = text.charAt(start);
  if (letter == 'c' && inArgument) {
    stopped = true;
    return start;
  }
  const at = ESCAPES.indexOf(letter);
  if (at >= 0) {
    put(MEANINGS.charAt(at));
    return start;
  }
  let i = start;
  let value = 0;
  let digits = 0;
  const most = inArgument && letter == '0' ? 4 : 3;
  while (i < text.length && digits < most && <u32>(text.charCodeAt(i) - 0x30) < 8) {
    value = value * 8 + text.charCodeAt(i++) - 0x30;
    digits++;
  }
  if (!digits) {
    put('\\' + letter);
    return start;
  }
  put(String.fromCharCode(value & 0xff));
  return i - 1;
}

let at_ = 0;
/** A number of the format, or an argument for *; behind it is {@link at_}. */
function size(format: string, start: i32): i32 {
  let i = start;
  let value = 0;
  if (i < format.length && format.charAt(i) == '*') {
    at_ = i + 1;
    return <i32>numberOf(argument());
  }
  while (i < format.length && <u32>(format.charCodeAt(i) - 0x30) < 10) value = value * 10 + format.charCodeAt(i++) - 0x30;
  at_ = i;
  return value;
}

function conversion(format: string, start: i32): i32 {
  let i = start;
  if (i < format.length && format.charAt(i) == '%') {
    put('%');
    return i;
  }
  let flags = '';
  while (i < format.length && '-0+ #'.includes(format.charAt(i))) flags += format.charAt(i++);
  let width = size(format, i);
  if (width < 0) {
    flags += '-';
    width = -width;
  }
  i = at_;
  let precision = -1;
  if (i < format.length && format.charAt(i) == '.') {
    precision = max(size(format, i + 1), -1);
    i = at_;
  }
  while (i < format.length && 'hlLjzt'.includes(format.charAt(i)) && i + 1 < format.length) i++;
  if (i >= format.length) {
    put('%');
    return i;
  }
  convert(format.charAt(i), flags, width, precision);
  return i;
}

function convert(kind: string, flags: string, width: i32, precision: i32): void {
  if (kind == 'b') {
    const text = argument();
    for (let i = 0; i < text.length && !stopped; i++) {
      if (text.charAt(i) == '\\' && i + 1 < text.length) i = escape(text, i + 1, true);
      else put(text.charAt(i));
    }
    return;
  }
  if (kind == 's' || kind == 'c') {
    const text = argument();
    const shown = kind == 'c' ? text.substring(0, 1) : precision >= 0 ? text.substring(0, precision) : text;
    put(flags.includes('-') ? padRight(shown, width) : padLeft(shown, width));
    return;
  }
  const left = flags.includes('-');
  const zeros = flags.includes('0') && !left;
  if ('eEfFgG'.includes(kind)) {
    const text = argument();
    const value = text.length ? floatOf(text) : 0;
    let digits = formatDouble(value, kind == 'F' ? 'f' : kind, precision < 0 ? 6 : precision, flags.includes('#'));
    if (!digits.startsWith('-')) digits = (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + digits;
    put(left ? padRight(digits, width) : padNumber(digits, width, zeros));
    return;
  }
  if (kind == 'q' && knowsQuoting) {
    const word = escapeWord(argument());
    put(left ? padRight(word, width) : padLeft(word, width));
    return;
  }
  if (!'diuoxX'.includes(kind)) {
    say('printf: %' + kind + ': invalid directive\n');
    failed = stopped = true;
    return;
  }
  const value = numberOf(argument());
  let sign = '';
  let digits = '';
  if (kind == 'd' || kind == 'i') {
    sign = value < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    digits = (<u64>(value < 0 ? -value : value)).toString();
  } else if (kind == 'u') digits = (<u64>value).toString();
  else if (kind == 'o') digits = (flags.includes('#') && value ? '0' : '') + (<u64>value).toString(8);
  else {
    digits = (<u64>value).toString(16);
    if (flags.includes('#') && value) sign = '0x';
    if (kind == 'X') {
      digits = digits.toUpperCase();
      sign = sign.toUpperCase();
    }
  }
  if (precision == 0 && !value) digits = '';
  digits = padNumber(digits, precision, true);
  if (zeros && precision < 0) digits = padNumber(digits, width - sign.length, true);
  const text = sign + digits;
  put(left ? padRight(text, width) : padLeft(text, width));
}

function complain(text: string, why: string): void {
  say('printf: ' + text + ': ' + why + '\n');
  failed = true;
}

function floatOf(text: string): f64 {
  const first = text.charCodeAt(0);
  if (first == 0x27 || first == 0x22) return text.length > 1 ? text.charCodeAt(1) : 0;
  const value = parseFloat(text);
  if (!isNaN(value)) return value;
  complain(text, 'expected numeric value');
  return 0;
}

/** Decimal, 0 octal, 0x hexadecimal, 'c a character. What can be read counts, though the rest is complained about. */
function numberOf(text: string): i64 {
  const trimmed = text.trimStart();
  if (!trimmed.length) return 0;
  const first = trimmed.charCodeAt(0);
  if (first == 0x27 || first == 0x22) return trimmed.length > 1 ? trimmed.charCodeAt(1) : 0;
  const negative = first == 0x2d;
  let at = negative || first == 0x2b ? 1 : 0;
  let base = 10;
  if (trimmed.substring(at, at + 2).toLowerCase() == '0x') {
    base = 16;
    at += 2;
  } else if (trimmed.charAt(at) == '0' && trimmed.length > at + 1) base = 8;
  const start = at;
  let value: i64 = 0;
  for (; at < trimmed.length; at++) {
    const c = trimmed.charCodeAt(at);
    const digit = c <= 0x39 ? c - 0x30 : (c | 0x20) - 87;
    if (digit < 0 || digit >= base) break;
    value = value * <i64>base + <i64>digit;
  }
  if (at < trimmed.length) complain(text, at > start ? 'not completely converted' : 'expected numeric value');
  return negative ? -value : value;
}
