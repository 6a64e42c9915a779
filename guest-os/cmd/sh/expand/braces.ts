// SPDX-License-Identifier: MIT
/** @fileoverview Brace expansion of bash: `a{b,c}d`, `{1..9..2}`, `{a..e}`. On words as they are written, before anything else. */
import { state } from '../state';
import { skipPart } from '../syntax/words';

/** The words that one stands for. */
export function expandBraces(word: string): string[] {
  if (!state.bash || !word.includes('{')) return [word];
  let from = 0;
  while (true) {
    const open = openBrace(word, from);
    if (open < 0) return [word];
    const parts: string[] = [];
    const close = split(word, open + 1, parts);
    if (close < 0) {
      from = open + 1;
      continue;
    }
    let alternatives: string[] = [];
    if (parts.length > 1) for (let i = 0; i < parts.length; i++) alternatives = alternatives.concat(expandBraces(parts[i]));
    else alternatives = sequence(parts[0]);
    if (!alternatives.length) {
      from = open + 1;
      continue;
    }
    const before = word.substring(0, open);
    const behind = expandBraces(word.substring(close + 1));
    const result: string[] = [];
    for (let i = 0; i < alternatives.length; i++)
      for (let k = 0; k < behind.length; k++) result.push(before + alternatives[i] + behind[k]);
    return result;
  }
}

function openBrace(word: string, from: i32): i32 {
  for (let i = from; i >= 0 && i < word.length; ) {
    if (word.charCodeAt(i) == 0x7b) return i;
    i = skipPart(word, i);
  }
  return -1;
}

/** The parts between commas up to the brace that closes; where that is, -1 for nowhere. */
function split(word: string, start: i32, parts: string[]): i32 {
  let depth = 0;
  let begin = start;
  for (let i = start; i >= 0 && i < word.length; ) {
    const c = word.charCodeAt(i);
    if (c == 0x7d && !depth--) {
      parts.push(word.substring(begin, i));
      return i;
    }
    if (c == 0x7b) depth++;
    if (c == 0x2c && !depth) {
      parts.push(word.substring(begin, i));
      begin = i + 1;
    }
    i = c == 0x7b || c == 0x7d || c == 0x2c ? i + 1 : skipPart(word, i);
  }
  return -1;
}

/** FIRST..LAST or FIRST..LAST..STEP, of numbers or letters; nothing: it is none. */
function sequence(text: string): string[] {
  const none: string[] = [];
  const ends = text.split('..');
  if (ends.length < 2 || ends.length > 3) return none;
  const letters = isLetter(ends[0]) && isLetter(ends[1]);
  if (!letters && !(isInteger(ends[0]) && isInteger(ends[1]))) return none;
  if (ends.length == 3 && !isInteger(ends[2])) return none;
  const first = letters ? <i64>ends[0].charCodeAt(0) : <i64>parseInt(ends[0]);
  const last = letters ? <i64>ends[1].charCodeAt(0) : <i64>parseInt(ends[1]);
  let step = ends.length == 3 ? abs<i64>(<i64>parseInt(ends[2])) : 1;
  if (!step) step = 1;
  if (abs<i64>(last - first) / step > 1000000) return none;
  const width = !letters && (isPadded(ends[0]) || isPadded(ends[1])) ? max(ends[0].length, ends[1].length) : 0;
  const list: string[] = [];
  for (let value = first; first <= last ? value <= last : value >= last; value += first <= last ? step : -step)
    list.push(letters ? String.fromCharCode(<i32>value) : padded(value, width));
  return list;
}

function isLetter(text: string): bool {
  return text.length == 1 && (text.charCodeAt(0) | 0x20) >= 0x61 && (text.charCodeAt(0) | 0x20) <= 0x7a;
}
function isInteger(text: string): bool {
  const start = text.startsWith('-') || text.startsWith('+') ? 1 : 0;
  if (start == text.length || text.length > 18) return false;
  for (let i = start; i < text.length; i++) if (<u32>(text.charCodeAt(i) - 0x30) > 9) return false;
  return true;
}
/** It has zeros in front: all numbers get as many digits. */
function isPadded(text: string): bool {
  const start = text.startsWith('-') ? 1 : 0;
  return text.length > start + 1 && text.charCodeAt(start) == 0x30;
}
function padded(value: i64, width: i32): string {
  const digits = abs<i64>(value).toString();
  const zeros = max(width - digits.length - (value < 0 ? 1 : 0), 0);
  return (value < 0 ? '-' : '') + '0'.repeat(zeros) + digits;
}
