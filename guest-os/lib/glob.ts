// SPDX-License-Identifier: MIT
/** @fileoverview Patterns of file names: *, ?, brackets with ranges and classes, backslashes (POSIX.1-2017, XCU 2.13; fnmatch(3C)). */
import { inClass, isClass } from './regex/parse';

/** Whether a name matches as a whole. A slash is matched like any other character. */
export function globMatches(pattern: string, name: string, fold: bool = false): bool {
  if (fold) return matches(pattern.toLowerCase(), name.toLowerCase());
  return matches(pattern, name);
}

/** A star is tried at its shortest and grows only where what follows fails: the last one is enough, since an earlier one can stay as it is. */
function matches(pattern: string, name: string): bool {
  let p = 0;
  let n = 0;
  let star = -1;
  let from = 0;
  while (n < name.length) {
    if (p < pattern.length && pattern.charAt(p) == '*') {
      star = ++p;
      from = n;
      continue;
    }
    const next = p < pattern.length ? one(pattern, p, name.charCodeAt(n)) : -1;
    if (next >= 0) {
      p = next;
      n++;
    } else if (star >= 0) {
      p = star;
      n = ++from;
    } else return false;
  }
  while (p < pattern.length && pattern.charAt(p) == '*') p++;
  return p == pattern.length;
}

/** Where the pattern goes on if its element at `at` matches a character, or -1. */
function one(pattern: string, at: i32, c: i32): i32 {
  const letter = pattern.charAt(at);
  if (letter == '?') return at + 1;
  if (letter == '\\' && at + 1 < pattern.length) return pattern.charCodeAt(at + 1) == c ? at + 2 : -1;
  if (letter == '[') {
    const end = bracketEnd(pattern, at);
    if (end > 0) return bracketMatches(pattern, at + 1, end, c) ? end + 1 : -1;
  }
  return pattern.charCodeAt(at) == c ? at + 1 : -1;
}

/** The bracket that closes, or -1: then [ is itself. */
function bracketEnd(pattern: string, at: i32): i32 {
  let i = at + 1;
  if (i < pattern.length && '!^'.includes(pattern.charAt(i))) i++;
  if (i < pattern.length && pattern.charAt(i) == ']') i++;
  while (i < pattern.length && pattern.charAt(i) != ']') {
    if (pattern.charAt(i) == '[' && i + 1 < pattern.length && pattern.charAt(i + 1) == ':') {
      const end = pattern.indexOf(':]', i + 2);
      if (end > 0) i = end + 1;
    } else if (pattern.charAt(i) == '\\') i++;
    i++;
  }
  return i < pattern.length ? i : -1;
}

function bracketMatches(pattern: string, from: i32, end: i32, c: i32): bool {
  let i = from;
  const inverted = '!^'.includes(pattern.charAt(i));
  if (inverted) i++;
  let found = false;
  while (i < end) {
    if (pattern.charAt(i) == '[' && pattern.charAt(i + 1) == ':') {
      const close = pattern.indexOf(':]', i + 2);
      const name = close < 0 ? '' : pattern.substring(i + 2, close);
      if (isClass(name)) {
        if (inClass(name, c)) found = true;
        i = close + 2;
        continue;
      }
    }
    if (pattern.charAt(i) == '\\' && i + 1 < end) i++;
    const first = pattern.charCodeAt(i++);
    let last = first;
    if (i + 1 < end && pattern.charAt(i) == '-') {
      if (pattern.charAt(i + 1) == '\\' && i + 2 < end) i++;
      last = pattern.charCodeAt(i + 1);
      i += 2;
    }
    if (c >= first && c <= last) found = true;
  }
  return found != inverted;
}
