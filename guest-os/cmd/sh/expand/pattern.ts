// SPDX-License-Identifier: MIT
/**
 * @fileoverview Patterns (POSIX.1-2017, 2.13) and the files they stand for.
 *
 * A pattern comes with a mask of the same length: only characters whose mask is not `q` are special. bash has `?(…)`, `*(…)`, `+(…)`, `@(…)` and `!(…)`,
 * too, where extglob is on.
 */
import { namesIn, sortNames, status } from '../../../lib/files';
import { state } from '../state';

/** How much of the text from `start` on the pattern matches at most; -1: it does not. */
export function matchesPrefix(pattern: string, mask: string, text: string, start: i32): i32 {
  for (let end = text.length; end >= start; end--) if (matches(pattern, mask, text.substring(start, end))) return end - start;
  return -1;
}

/** Is there one of `?*+@!` and a parenthesis at this place? */
function isGroupAt(pattern: string, mask: string, p: i32): bool {
  if (
    p + 1 >= pattern.length ||
    pattern.charCodeAt(p + 1) != 0x28 ||
    mask.charCodeAt(p) == 0x71 ||
    mask.charCodeAt(p + 1) == 0x71
  )
    return false;
  return '?*+@!'.includes(pattern.charAt(p)) && state.named.has('extglob');
}

/** Where the alternatives begin and end, the parentheses included as ends; empty: it is not closed. */
function alternatives(pattern: string, mask: string, open: i32): i32[] {
  const borders: i32[] = [open];
  let depth = 0;
  for (let i = open + 1; i < pattern.length; i++) {
    if (mask.charCodeAt(i) == 0x71) continue;
    const c = pattern.charCodeAt(i);
    if (c == 0x28) depth++;
    else if (c == 0x7c && !depth) borders.push(i);
    else if (c == 0x29 && depth-- == 0) {
      borders.push(i);
      return borders;
    }
  }
  return [];
}

function matchesGroup(pattern: string, mask: string, borders: i32[], text: string, p: i32, t: i32): bool {
  const kind = pattern.charAt(p);
  const behind = borders[borders.length - 1] + 1;
  if ((kind == '*' || kind == '?') && matches(pattern, mask, text, behind, t)) return true;
  for (let end = t; end <= text.length; end++) {
    const part = text.substring(t, end);
    let any: bool = false;
    for (let i = 0; i + 1 < borders.length && !any; i++)
      any = matches(pattern.substring(borders[i] + 1, borders[i + 1]), mask.substring(borders[i] + 1, borders[i + 1]), part);
    if (any == (kind == '!')) continue;
    if (matches(pattern, mask, text, behind, end)) return true;
    // Another one of the same; it must take something.
    if (
      (kind == '*' || kind == '+') &&
      end > t &&
      matchesGroup('*' + pattern.substring(p + 1), mask.substring(p), moved(borders, p), text, 0, end)
    )
      return true;
  }
  return false;
}
function moved(borders: i32[], by: i32): i32[] {
  const result: i32[] = [];
  for (let i = 0; i < borders.length; i++) result.push(borders[i] - by);
  return result;
}

/** Does the text match the pattern from these places on? */
export function matches(pattern: string, mask: string, text: string, p: i32 = 0, t: i32 = 0): bool {
  while (p < pattern.length) {
    const c = pattern.charCodeAt(p);
    const special = mask.charCodeAt(p) != 0x71;
    if (isGroupAt(pattern, mask, p)) {
      const borders = alternatives(pattern, mask, p + 1);
      if (borders.length) return matchesGroup(pattern, mask, borders, text, p, t);
    }
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
    if (isGroupAt(text, mask, i)) return true;
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
    if (name == '.' || name == '..') {
      if (part.charCodeAt(0) != 0x2e) continue;
    }
    if (name.charCodeAt(0) == 0x2e && part.charCodeAt(0) != 0x2e && !state.named.has('dotglob')) continue;
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
