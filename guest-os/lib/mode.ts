// SPDX-License-Identifier: MIT
/** @fileoverview File modes as text: the ten letters of ls -l, and the octal and symbolic modes of chmod (POSIX.1-2017, XCU chmod). */
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFDOOR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from './files';

export function typeLetter(mode: u32): string {
  const type = mode & S_IFMT;
  if (type == S_IFDIR) return 'd';
  if (type == S_IFLNK) return 'l';
  if (type == S_IFCHR) return 'c';
  if (type == S_IFBLK) return 'b';
  if (type == S_IFIFO) return 'p';
  if (type == S_IFSOCK) return 's';
  return type == S_IFDOOR ? 'D' : '-';
}

/** `-rwxr-xr-x`; s and t in place of x where the set-id and sticky bits are, capital where x is not. */
export function modeText(mode: u32): string {
  let text = typeLetter(mode);
  for (let shift = 6; shift >= 0; shift -= 3) {
    const bits = (mode >> shift) & 7;
    const special = (mode >> 9) & (shift == 6 ? 4 : shift == 3 ? 2 : 1);
    const letter = shift ? 's' : 't';
    text += (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-');
    text += special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-';
  }
  return text;
}

/** An octal number of up to 7777, or -1. */
export function octal(text: string): i32 {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (<u32>digit > 7) return -1;
    value = value * 8 + digit;
    if (value > 0o7777) return -1;
  }
  return text.length ? value : -1;
}

function usersOf(letter: string): u32 {
  return letter == 'u' ? 0o4700 : letter == 'g' ? 0o2070 : letter == 'o' ? 0o1007 : 0o7777;
}

/** What `text` makes of permissions `old`; -1: it is no mode. Where it names nobody, `umask` holds back. */
export function changedMode(text: string, old: u32, umask: u32, isDirectory: bool): i32 {
  const number = octal(text);
  if (number >= 0) return number;
  let mode = old & 0o7777;
  const clauses = text.split(',');
  for (let i = 0; i < clauses.length; i++) {
    const clause = clauses[i];
    let at = 0;
    let who: u32 = 0;
    while (at < clause.length && 'ugoa'.includes(clause.charAt(at))) who |= usersOf(clause.charAt(at++));
    const everybody = !who;
    if (everybody) who = 0o7777;
    if (at >= clause.length) return -1;
    while (at < clause.length) {
      const operator = clause.charAt(at++);
      if (operator != '+' && operator != '-' && operator != '=') return -1;
      let bits: u32 = 0;
      while (at < clause.length && !'+-='.includes(clause.charAt(at))) {
        const letter = clause.charAt(at++);
        if (letter == 'r') bits |= 0o444;
        else if (letter == 'w') bits |= 0o222;
        else if (letter == 'x') bits |= 0o111;
        else if (letter == 'X') bits |= isDirectory || (mode & 0o111) != 0 ? 0o111 : 0;
        else if (letter == 's') bits |= 0o6000;
        else if (letter == 't') bits |= 0o1000;
        else if (letter == 'u' || letter == 'g' || letter == 'o') {
          const shift = letter == 'u' ? 6 : letter == 'g' ? 3 : 0;
          bits |= ((mode >> shift) & 7) * 0o111;
        } else return -1;
      }
      let changed = bits & who;
      if (everybody) changed &= ~(umask & 0o777);
      if (operator == '+') mode |= changed;
      else if (operator == '-') mode &= ~changed;
      else mode = (mode & ~(who & (isDirectory ? 0o1777 : 0o7777))) | changed;
    }
  }
  return <i32>mode;
}
