// SPDX-License-Identifier: MIT
/**
 * @fileoverview Patterns (POSIX.1-2017, 2.13) and the files they stand for.
 *
 * A pattern comes with a mask of the same length: only characters whose mask is not `q` are special.
 */
import { namesIn, sortNames, status } from '../../lib/files';

/** Does the text match the pattern from these places on? */
export function matches(pattern: string, mask: string, text: string, p: i32 = 0, t: i32 = 0): bool {
  while (p < pattern.length) {
    const c = pattern.charCodeAt(p);
    const special = mask.charCodeAt(p) != 0x71;
    if (special && c == 0x2a) {
      for (let i = t; i <= text.length; i++) if (matches(pattern, mask, text, p + 1, i)) return true;
      return false;
    }
    if (t >= text.length) return false;
    const d = text.charCodeAt(t);
    if (special && c == 0x5b) {
      const end = bracketEnd(pattern, p);
      if (end > 0) {
        if (!inBracket(pattern, p + 1, end, d)) return false;
        p = end + 1;
        t++;
        continue;
      }
    }
    if (c != d && !(special && c == 0x3f)) return false;
    p++;
    t++;
  }
  return t == text.length;
}

function bracketEnd(pattern: string, start: i32): i32 {
  let i = start + 1;
  if (pattern.charCodeAt(i) == 0x21 || pattern.charCodeAt(i) == 0x5e) i++;
  if (i < pattern.length && pattern.charCodeAt(i) == 0x5b && pattern.charCodeAt(i + 1) == 0x3a) i--;
  // A bracket right at the beginning stands for itself; [:class:] has its own.
  for (i++; i < pattern.length; i++) {
    if (pattern.charCodeAt(i) == 0x5d) return i;
    if (pattern.charCodeAt(i) != 0x5b || pattern.charCodeAt(i + 1) != 0x3a) continue;
    const close = pattern.indexOf(':]', i + 2);
    if (close > 0) i = close + 1;
  }
  return -1;
}

function inBracket(pattern: string, start: i32, end: i32, c: i32): bool {
  let i = start;
  const negated = pattern.charCodeAt(i) == 0x21 || pattern.charCodeAt(i) == 0x5e;
  if (negated) i++;
  let found = false;
  while (i < end) {
    const from = pattern.charCodeAt(i);
    if (from == 0x5b && pattern.charCodeAt(i + 1) == 0x3a) {
      const close = pattern.indexOf(':]', i + 2);
      if (close > 0 && close < end) {
        if (inClass(pattern.substring(i + 2, close), c)) found = true;
        i = close + 2;
        continue;
      }
    }
    if (i + 2 < end && pattern.charCodeAt(i + 1) == 0x2d) {
      if (c >= from && c <= pattern.charCodeAt(i + 2)) found = true;
      i += 3;
    } else {
      if (c == from) found = true;
      i++;
    }
  }
  return found != negated;
}

function inClass(name: string, c: i32): bool {
  const upper = c >= 0x41 && c <= 0x5a;
  const lower = c >= 0x61 && c <= 0x7a;
  const digit = c >= 0x30 && c <= 0x39;
  if (name == 'alpha') return upper || lower;
  if (name == 'digit') return digit;
  if (name == 'alnum') return upper || lower || digit;
  if (name == 'upper') return upper;
  if (name == 'lower') return lower;
  if (name == 'space') return c == 0x20 || (c >= 9 && c <= 13);
  return name == 'punct' && c > 0x20 && c < 0x7f && !upper && !lower && !digit;
}

export function isPattern(text: string, mask: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (mask.charCodeAt(i) == 0x71) continue;
    const c = text.charCodeAt(i);
    if (c == 0x2a || c == 0x3f || (c == 0x5b && text.indexOf(']', i) > 0)) return true;
  }
  return false;
}

/** Paths that match, sorted; empty: none. */
export function glob(pattern: string, mask: string): string[] {
  const found: string[] = [];
  let at = 0;
  let base = '';
  while (at < pattern.length && pattern.charCodeAt(at) == 0x2f) {
    base = '/';
    at++;
  }
  descend(base, pattern, mask, at, found);
  sortNames(found);
  return found;
}

function descend(base: string, pattern: string, mask: string, at: i32, found: string[]): void {
  let end = pattern.indexOf('/', at);
  const last = end < 0;
  if (last) end = pattern.length;
  const part = pattern.substring(at, end);
  const partMask = mask.substring(at, end);
  let next = end;
  while (next < pattern.length && pattern.charCodeAt(next) == 0x2f) next++;
  if (!isPattern(part, partMask)) {
    const path = base + part;
    if (!status(path, !last)) return;
    if (last) found.push(path);
    else if (next == pattern.length) found.push(path + '/');
    else descend(path + '/', pattern, mask, next, found);
    return;
  }
  const names = namesIn(base.length ? base : '.');
  if (!names) return;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name.charCodeAt(0) == 0x2e && part.charCodeAt(0) != 0x2e) continue;
    if (!matches(part, partMask, name)) continue;
    if (last) {
      found.push(base + name);
      continue;
    }
    const file = status(base + name, true);
    if (!file || !file.isDirectory) continue;
    if (next == pattern.length) found.push(base + name + '/');
    else descend(base + name + '/', pattern, mask, next, found);
  }
}
