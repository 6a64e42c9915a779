// SPDX-License-Identifier: MIT
/** @fileoverview Backslash sequences of bash's `$'…'` and `echo -e` (bash(1), QUOTING). */

const LETTERS: string = 'abefnrtvE\\\'"?';
const MEANINGS: string = '\x07\b\x1b\f\n\r\t\v\x1b\\\'"?';

/** `\c` was met, which ends what echo prints. */
export let ended: bool = false;

/** `forEcho`: quotes are no sequences, octal numbers begin with 0, `\c` ends the text. */
export function decodeAnsi(text: string, forEcho: bool = false): string {
  ended = false;
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c != '\\' || i + 1 == text.length) {
      result += c;
      continue;
    }
    const letter = text.charAt(++i);
    const at = LETTERS.indexOf(letter);
    if (letter == 'c') {
      if (forEcho) {
        ended = true;
        return result;
      }
      if (i + 1 < text.length) result += String.fromCharCode(text.charCodeAt(++i) & 0x1f);
    } else if (at >= 0 && !(forEcho && at > 9)) result += MEANINGS.charAt(at);
    else if (letter == 'x' || letter == 'u' || letter == 'U') {
      const most = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
      const end = digitsEnd(text, i + 1, 16, most);
      if (end == i + 1) result += '\\' + letter;
      else {
        const code = <u32>valueOf(text.substring(i + 1, end), 16);
        result += letter == 'x' ? String.fromCharCode(code) : utf8(code);
        i = end - 1;
      }
    } else if (<u32>(letter.charCodeAt(0) - 0x30) < 8 && (!forEcho || letter == '0')) {
      const start = forEcho ? i + 1 : i;
      const end = digitsEnd(text, start, 8, 3);
      result += String.fromCharCode(valueOf(text.substring(start, end), 8) & 0xff);
      i = end - 1;
    } else result += '\\' + letter;
  }
  return result;
}

function digit(c: i32): i32 {
  return c <= 0x39 ? c - 0x30 : (c | 0x20) - 87;
}
function digitsEnd(text: string, start: i32, base: i32, most: i32): i32 {
  let i = start;
  while (i < text.length && i < start + most) {
    const value = digit(text.charCodeAt(i));
    if (value < 0 || value >= base) break;
    i++;
  }
  return i;
}
function valueOf(digits: string, base: i32): i32 {
  let value = 0;
  for (let i = 0; i < digits.length; i++) value = value * base + digit(digits.charCodeAt(i));
  return value;
}

/** A text is bytes here. */
function utf8(code: u32): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6)) + String.fromCharCode(0x80 | (code & 0x3f));
  const low = String.fromCharCode(0x80 | ((code >> 6) & 0x3f)) + String.fromCharCode(0x80 | (code & 0x3f));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12)) + low;
  return String.fromCharCode(0xf0 | (code >> 18)) + String.fromCharCode(0x80 | ((code >> 12) & 0x3f)) + low;
}
