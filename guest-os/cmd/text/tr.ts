// SPDX-License-Identifier: MIT
/** @fileoverview tr(1): replace, squeeze or delete characters */
/** @manual
 * DESCRIPTION
 * Copies standard input to standard output with each character of the first string replaced by that at its place in the second, whose last one stands
 * for all behind it. Strings may have ranges (a-z), classes ([:alpha:]), [=c=], [c*n], and escapes (\n, \t, \\, \ooo).
 *
 * OPTIONS
 *   -c, -C   all characters but those of the first string
 *   -d   deletes them
 *   -s   characters of the last string that follow one another become one
 *   -t   no more of the first string than the second has
 */
import * as calls from '../../lib/calls';
import { outBytes, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { inClass, isClass } from '../../lib/regex/parse';

export const USAGE: string = 'tr [-cs] string1 string2\ntr -s [-c] string1\ntr -d [-c] string1\ntr -ds [-c] string1 string2';
const chunk = memory.data(16384);

let failed: string = '';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'cCdst', ['complement=c', 'delete=d', 'squeeze-repeats=s', 'truncate-set1=t']);
  let given = '';
  for (let option = options.next(); option != ''; option = options.next()) given += option == 'C' ? 'c' : option;
  if (options.failed) return 1;
  const operands = options.operands();
  const remove = given.includes('d');
  const squeeze = given.includes('s');
  const least = remove == squeeze ? 2 : 1;
  if (operands.length < least || operands.length > (remove && !squeeze ? 1 : 2)) return misused(USAGE);
  let first = expand(operands[0], 0);
  if (given.includes('c')) first = complement(first);
  let second = operands.length > 1 ? expand(operands[1], first.length) : '';
  if (!failed.length && operands.length > 1 && !remove && !second.length && !given.includes('t'))
    failed = 'when not truncating, string2 must be non-empty';
  if (failed.length) {
    say('tr: ' + failed + '\n');
    return 1;
  }
  if (given.includes('t')) first = first.substring(0, second.length);
  // What becomes of each character: itself, another, or nothing (-1).
  const becomes = new StaticArray<i32>(256);
  const squeezed = new StaticArray<bool>(256);
  for (let i = 0; i < 256; i++) becomes[i] = i;
  if (remove) for (let i = 0; i < first.length; i++) becomes[first.charCodeAt(i)] = -1;
  else if (operands.length > 1)
    for (let i = 0; i < first.length; i++) becomes[first.charCodeAt(i)] = second.charCodeAt(min(i, second.length - 1));
  const last = operands.length > 1 ? second : first;
  if (squeeze) for (let i = 0; i < last.length; i++) squeezed[last.charCodeAt(i)] = true;
  copy(becomes, squeezed);
  return 0;
}

function copy(becomes: StaticArray<i32>, squeezed: StaticArray<bool>): void {
  let before = -1;
  while (true) {
    const got = calls.read(0, chunk, 16384);
    if (got <= 0) return;
    let used: i32 = 0;
    for (let i = 0; i < <i32>got; i++) {
      const c = becomes[load<u8>(chunk + i)];
      if (c < 0 || (c == before && squeezed[c])) continue;
      before = c;
      store<u8>(chunk + used++, <u8>c);
    }
    outBytes(chunk, used);
  }
}

function complement(set: string): string {
  let text = '';
  for (let i = 0; i < 256; i++) if (!set.includes(String.fromCharCode(i))) text += String.fromCharCode(i);
  return text;
}

/** One character at `at`, with its escape; how many letters it took in {@link taken}. */
let taken = 0;
function character(text: string, at: i32): i32 {
  taken = 1;
  const c = text.charCodeAt(at);
  if (c != 0x5c || at + 1 >= text.length) return c;
  const letter = text.charAt(at + 1);
  taken = 2;
  const known = 'abfnrtv\\'.indexOf(letter);
  if (known >= 0) return '\x07\b\f\n\r\t\v\\'.charCodeAt(known);
  let value = 0;
  let digits = 0;
  while (digits < 3 && at + 1 + digits < text.length && <u32>(text.charCodeAt(at + 1 + digits) - 0x30) < 8) {
    value = value * 8 + text.charCodeAt(at + 1 + digits) - 0x30;
    digits++;
  }
  if (!digits) return text.charCodeAt(at + 1);
  taken = 1 + digits;
  return value & 0xff;
}

/** All characters that a string stands for; [c*] fills up to `size`. */
function expand(text: string, size: i32): string {
  let result = '';
  let fillAt = -1;
  let fill = '';
  for (let at = 0; at < text.length; ) {
    if (text.charAt(at) == '[' && at + 2 < text.length) {
      const kind = text.charAt(at + 1);
      const end = kind == ':' || kind == '=' ? text.indexOf(kind + ']', at + 2) : -1;
      if (end > at + 2 || (end == at + 2 && kind == '=')) {
        const name = text.substring(at + 2, end);
        if (kind == ':') {
          if (!isClass(name)) {
            failed = 'invalid character class ' + name;
            return '';
          }
          for (let i = 0; i < 256; i++) if (inClass(name, i)) result += String.fromCharCode(i);
        } else result += name;
        at = end + 2;
        continue;
      }
      const c = character(text, at + 1);
      const star = at + 1 + taken;
      const close = star < text.length && text.charAt(star) == '*' ? text.indexOf(']', star) : -1;
      if (close >= 0) {
        let count = 0;
        const octal = text.charAt(star + 1) == '0';
        let valid = true;
        for (let i = star + 1; i < close; i++) {
          const digit = text.charCodeAt(i) - 0x30;
          if (<u32>digit > 9) valid = false;
          count = count * (octal ? 8 : 10) + digit;
        }
        if (valid) {
          if (count) result += String.fromCharCode(c).repeat(count);
          else {
            fillAt = result.length;
            fill = String.fromCharCode(c);
          }
          at = close + 1;
          continue;
        }
      }
    }
    const c = character(text, at);
    at += taken;
    if (at + 1 < text.length && text.charAt(at) == '-') {
      const last = character(text, at + 1);
      if (last < c) {
        failed = 'range-endpoints of ' + String.fromCharCode(c) + '-' + String.fromCharCode(last) + ' are in reverse order';
        return '';
      }
      at += 1 + taken;
      for (let i = c; i <= last; i++) result += String.fromCharCode(i);
    } else result += String.fromCharCode(c);
  }
  if (fillAt >= 0 && result.length < size)
    result = result.substring(0, fillAt) + fill.repeat(size - result.length) + result.substring(fillAt);
  return result;
}
