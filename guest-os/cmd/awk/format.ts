// SPDX-License-Identifier: MIT
/** @fileoverview sprintf of awk (POSIX.1-2017, XCU awk, Output Statements, and XBD chapter 5). */
import { formatDouble, padNumber } from '../../lib/numbers';
import { padLeft, padRight } from '../../lib/text';
import { Value } from './values';

/** Where a conversion's number of arguments may end. */
let next = 0;

export function sprintf(format: string, values: Value[], convfmt: string): string {
  let result = '';
  next = 0;
  for (let i = 0; i < format.length; ) {
    const percent = format.indexOf('%', i);
    if (percent < 0) return result + format.substring(i);
    result += format.substring(i, percent);
    if (percent + 1 < format.length && format.charAt(percent + 1) == '%') {
      result += '%';
      i = percent + 2;
      continue;
    }
    i = percent + 1;
    let flags = '';
    while (i < format.length && '-+ #0'.includes(format.charAt(i))) flags += format.charAt(i++);
    let width = 0;
    let precision = -1;
    if (i < format.length && format.charAt(i) == '*') {
      width = <i32>argument(values).toNumber();
      i++;
    } else
      while (i < format.length && <u32>(format.charCodeAt(i) - 0x30) < 10) width = width * 10 + format.charCodeAt(i++) - 0x30;
    if (i < format.length && format.charAt(i) == '.') {
      i++;
      precision = 0;
      if (i < format.length && format.charAt(i) == '*') {
        precision = <i32>argument(values).toNumber();
        i++;
      } else
        while (i < format.length && <u32>(format.charCodeAt(i) - 0x30) < 10)
          precision = precision * 10 + format.charCodeAt(i++) - 0x30;
    }
    while (i < format.length && 'hlLqjzt'.includes(format.charAt(i))) i++;
    if (width < 0) {
      width = -width;
      flags += '-';
    }
    if (i >= format.length) return result + format.substring(percent);
    const kind = format.charAt(i++);
    if (!'diouxXeEfFgGcs'.includes(kind)) {
      result += format.substring(percent, i);
      continue;
    }
    result += convert(kind, flags, min(width, 100000), min(precision, 100000), argument(values), convfmt);
  }
  return result;
}

function argument(values: Value[]): Value {
  return next < values.length ? values[next++] : Value.string('');
}

function convert(kind: string, flags: string, width: i32, precision: i32, value: Value, convfmt: string): string {
  const left = flags.includes('-');
  if (kind == 's' || kind == 'c') {
    let text = '';
    if (kind == 's') {
      text = value.toText(convfmt);
      if (precision >= 0) text = text.substring(0, precision);
    } else if (value.isNumeric && !value.isUnset) text = String.fromCharCode(<i32>(<i64>value.toNumber() & 0xff));
    else text = value.toText(convfmt).substring(0, 1);
    return left ? padRight(text, width) : padLeft(text, width);
  }
  const amount = value.toNumber();
  const zeros = flags.includes('0') && !left;
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if ('eEfFgG'.includes(kind) || !isFinite(amount)) {
    const letter = 'eEfFgG'.includes(kind) ? (kind == 'F' ? 'f' : kind) : 'f';
    let text = formatDouble(amount, letter, precision < 0 ? 6 : precision, flags.includes('#'));
    if (!text.startsWith('-')) text = sign + text;
    return left ? padRight(text, width) : padNumber(text, width, zeros && isFinite(amount));
  }
  let digits: string;
  let prefix = '';
  const whole = Math.trunc(amount);
  if (kind == 'd' || kind == 'i') {
    const size = Math.abs(whole);
    digits = size < 9e18 ? (<u64>size).toString() : formatDouble(size, 'f', 0);
    prefix = whole < 0 ? '-' : sign;
  } else {
    const bits = whole < 0 ? <u64>(<i64>whole) : whole >= 18446744073709551615.0 ? u64.MAX_VALUE : <u64>whole;
    digits = kind == 'o' ? bits.toString(8) : kind == 'u' ? bits.toString() : bits.toString(16);
    if (flags.includes('#') && bits) prefix = kind == 'o' ? '0' : kind == 'u' ? '' : '0x';
    if (kind == 'X') {
      digits = digits.toUpperCase();
      prefix = prefix.toUpperCase();
    }
  }
  if (precision == 0 && whole == 0) digits = '';
  digits = padNumber(digits, precision, true);
  if (zeros && precision < 0) digits = padNumber(digits, width - prefix.length, true);
  const text = prefix + digits;
  return left ? padRight(text, width) : padLeft(text, width);
}
