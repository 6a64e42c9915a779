// SPDX-License-Identifier: MIT
/** @fileoverview seq(1): numbers in a row */
/** @manual
 * OPTIONS
 *   -f format   as printf(1) has it, with one of %d %e %f %g
 *   -s text   between the numbers, a newline otherwise
 *   -w   all as wide as the widest, with zeros in front
 */
import { out, say } from '../../lib/io';
import { misused, programName } from '../../lib/options';
import { formatDouble, padNumber } from '../../lib/numbers';

export const USAGE: string = 'seq [-w] [-f format] [-s string] [first [incr]] last';

export function main(args: string[]): i32 {
  let format = '';
  let between = '\n';
  let wide = false;
  let at = 1;
  // Negative numbers are operands.
  for (
    ;
    at < args.length &&
    args[at].startsWith('-') &&
    args[at].length > 1 &&
    <u32>(args[at].charCodeAt(1) - 0x30) > 9 &&
    args[at].charAt(1) != '.';
    at++
  ) {
    const word = args[at];
    if (word == '--') {
      at++;
      break;
    }
    const letter = word.charAt(1);
    if (word == '-w' || word == '--equal-width') wide = true;
    else if (letter == 'f' || letter == 's') {
      const value = word.length > 2 ? word.substring(2) : at + 1 < args.length ? args[++at] : '';
      if (letter == 'f') format = value;
      else between = value.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
    } else {
      say(programName(args) + ': illegal option -- ' + letter + '\n');
      return misused(USAGE);
    }
  }
  const count = args.length - at;
  if (count < 1 || count > 3) return misused(USAGE);
  for (let i = at; i < args.length; i++) {
    if (isNumber(args[i])) continue;
    say('seq: invalid number: ' + args[i] + '\n');
    return 1;
  }
  const first = count > 1 ? args[at] : '1';
  const step = count > 2 ? args[at + 1] : '1';
  const last = args[args.length - 1];
  const decimals = max(decimalsOf(first), decimalsOf(step));
  const scale = Math.pow(10, decimals);
  // Whole numbers of the smallest unit: no step is lost.
  const from = Math.round(parseFloat(first) * scale);
  const by = Math.round(parseFloat(step) * scale);
  const to = parseFloat(last) * scale;
  if (by == 0) {
    say('seq: the increment must not be 0\n');
    return 1;
  }
  let width = 0;
  if (wide)
    width = max(formatDouble(from / scale, 'f', decimals).length, formatDouble(Math.floor(to) / scale, 'f', decimals).length);
  const slack = 1e-9 * Math.abs(by);
  let any = false;
  for (let value = from; by > 0 ? value <= to + slack : value >= to - slack; value += by) {
    if (any) out(between);
    any = true;
    const number = value / scale;
    if (format.length) out(formatted(format, number));
    else out(padNumber(formatDouble(number, 'f', decimals), width, true));
  }
  if (any) out('\n');
  return 0;
}

function isNumber(text: string): bool {
  return text.length > 0 && !isNaN(parseFloat(text)) && !'+-.'.includes(text.charAt(text.length - 1));
}
function decimalsOf(text: string): i32 {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}

/** One conversion of a floating number within other text. */
function formatted(format: string, value: f64): string {
  let text = '';
  for (let i = 0; i < format.length; i++) {
    if (format.charAt(i) != '%') {
      text += format.charAt(i);
      continue;
    }
    if (format.charAt(++i) == '%') {
      text += '%';
      continue;
    }
    let flags = '';
    while ('-0+ #'.includes(format.charAt(i)) && i < format.length) flags += format.charAt(i++);
    let width = 0;
    while (<u32>(format.charCodeAt(i) - 0x30) < 10) width = width * 10 + format.charCodeAt(i++) - 0x30;
    let precision = 6;
    if (format.charAt(i) == '.') {
      precision = 0;
      i++;
      while (<u32>(format.charCodeAt(i) - 0x30) < 10) precision = precision * 10 + format.charCodeAt(i++) - 0x30;
    }
    let digits = formatDouble(value, format.charAt(i), precision);
    if (flags.includes('+') && value >= 0) digits = '+' + digits;
    text += flags.includes('-') ? digits.padEnd(width) : padNumber(digits, width, flags.includes('0'));
  }
  return text;
}
