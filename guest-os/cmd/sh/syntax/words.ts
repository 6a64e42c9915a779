// SPDX-License-Identifier: MIT
/** @fileoverview Words of the language as they are written: where their parts end, names, reserved words, assignments. */
import { Parser } from './parser';
import { state } from '../state';

/** Behind the quoted part, substitution or single character at `start`; -1: it does not end. */
export function skipPart(text: string, start: i32, inQuotes: bool = false): i32 {
  const c = text.charCodeAt(start);
  if (c == 0x5c) return start + 2 <= text.length ? start + 2 : -1;
  if (c == 0x27) {
    const end = text.indexOf("'", start + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (c == 0x22) {
    let i = start + 1;
    while (i < text.length) {
      const d = text.charCodeAt(i);
      if (d == 0x22) return i + 1;
      i = d == 0x27 ? i + 1 : skipPart(text, i, true);
      if (i < 0) return -1;
    }
    return -1;
  }
  if (c == 0x60) {
    let i = start + 1;
    while (i < text.length) {
      if (text.charCodeAt(i) == 0x60) return i + 1;
      i += text.charCodeAt(i) == 0x5c ? 2 : 1;
    }
    return -1;
  }
  if (!inQuotes && isProcessSubstitution(text, start)) return parenthesesEnd(text, start + 2);
  if (c != 0x24 || start + 1 >= text.length) return start + 1;
  const open = text.charCodeAt(start + 1);
  if (open == 0x27 && state.bash && !inQuotes) return ansiEnd(text, start + 2);
  if (open == 0x28) {
    if (start + 2 < text.length && text.charCodeAt(start + 2) == 0x28) {
      const end = skipTo(text, start + 2, 0x28, 0x29);
      // Two parentheses together at the end: arithmetic, not a subshell in a substitution.
      if (end < 0 || text.charCodeAt(end - 2) == 0x29) return end;
    }
    return parenthesesEnd(text, start + 2);
  }
  if (open == 0x7b) return skipTo(text, start + 2, 0x7b, 0x7d);
  return start + 1;
}

/** Behind the `)` of commands that begin at `start`. */
function parenthesesEnd(text: string, start: i32): i32 {
  const end = new Parser(text, start).closing();
  return end < 0 ? skipTo(text, start, 0x28, 0x29) : end;
}

/** Behind the quote that ends $'…'. */
function ansiEnd(text: string, start: i32): i32 {
  let i = start;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c == 0x27) return i + 1;
    i += c == 0x5c ? 2 : 1;
  }
  return -1;
}

/** `<(…)` or `>(…)`, in bash. */
export function isProcessSubstitution(text: string, at: i32): bool {
  if (!state.bash || at + 1 >= text.length || text.charCodeAt(at + 1) != 0x28) return false;
  const c = text.charCodeAt(at);
  return c == 0x3c || c == 0x3e;
}

/** A parenthesis behind one of `?*+@!` belongs to a pattern (bash, extglob). */
export function isGroup(text: string, at: i32): bool {
  return at > 0 && text.charCodeAt(at) == 0x28 && '?*+@!'.includes(text.charAt(at - 1));
}

/** Behind the character that closes what is open at `start`. */
export function skipTo(text: string, start: i32, open: i32, close: i32): i32 {
  let depth = 1;
  let i = start;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c == close && --depth == 0) return i + 1;
    if (c == open) depth++;
    i = c == close || c == open ? i + 1 : skipPart(text, i);
    if (i < 0) return -1;
  }
  return -1;
}

/** Also of bash. */
const BASH_RESERVED: string[] = ['[[', ']]', 'function', 'select', 'time'];
const RESERVED: string[] = [
  '!',
  '{',
  '}',
  'case',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'if',
  'in',
  'then',
  'until',
  'while',
];
export function isReserved(word: string): bool {
  return RESERVED.includes(word) || (state.bash && BASH_RESERVED.includes(word));
}

export function isNameStart(c: i32): bool {
  return c == 0x5f || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}
export function isNamePart(c: i32): bool {
  return isNameStart(c) || (c >= 0x30 && c <= 0x39);
}
export function isName(text: string): bool {
  if (!text.length || !isNameStart(text.charCodeAt(0))) return false;
  for (let i = 1; i < text.length; i++) if (!isNamePart(text.charCodeAt(i))) return false;
  return true;
}
/** Where the value of NAME=VALUE begins, in bash also of NAME+=VALUE and NAME[SUBSCRIPT]=VALUE; -1: the word is no assignment. */
export function valueStart(word: string): i32 {
  if (!word.length || !isNameStart(word.charCodeAt(0))) return -1;
  let i = 1;
  while (i < word.length && isNamePart(word.charCodeAt(i))) i++;
  if (state.bash && i < word.length && word.charCodeAt(i) == 0x5b) {
    i = skipTo(word, i + 1, 0x5b, 0x5d);
    if (i < 0) return -1;
  }
  if (state.bash && word.substr(i, 2) == '+=') return i + 2;
  return i < word.length && word.charCodeAt(i) == 0x3d ? i + 1 : -1;
}
export function isAssignment(word: string): bool {
  return valueStart(word) > 0;
}

/** Quotes and backslashes go, nothing else happens. */
export function removeQuotes(word: string): string {
  let text = '';
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i);
    if (c == 0x27 || c == 0x22) continue;
    if (c == 0x5c && i + 1 < word.length) i++;
    text += word.charAt(i);
  }
  return text;
}
