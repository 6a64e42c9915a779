// SPDX-License-Identifier: MIT
/** @fileoverview The main input of an awk program: the files and assignments of ARGV, or standard input. */
import * as calls from '../../lib/calls';
import { O_RDONLY, openFile, Reader, say } from '../../lib/io';
import { errorText } from '../../lib/errors';
import { ARGC, ARGV, count, FILENAME, FNR, getGlobal, rs, setByName, setGlobal, tableOf, textOfValue } from './interpreter';
import { withoutEscapes } from './lexer';
import { Source } from './records';
import { Value, ZERO } from './values';

let source: Source | null = null;
let descriptor: i32 = -1;
let argument = 1;
let anyFile: bool = false;
let isOver: bool = false;
/** A file could not be opened: the exit status says so. */
export let inputFailed: bool = false;

/** NAME=value, as an operand. */
export function isAssignment(word: string): bool {
  const equals = word.indexOf('=');
  if (equals < 1) return false;
  for (let i = 0; i < equals; i++) {
    const c = word.charCodeAt(i);
    const letter = c == 0x5f || <u32>((c | 0x20) - 0x61) < 26;
    if (!letter && !(i && <u32>(c - 0x30) < 10)) return false;
  }
  return true;
}
export function assignWord(word: string): void {
  const equals = word.indexOf('=');
  setByName(word.substring(0, equals), Value.input(withoutEscapes(word.substring(equals + 1))));
}

/** The next record of the main input, counted; null at its end. */
export function nextMainRecord(): string | null {
  while (true) {
    if (!source && !openNext()) return null;
    const text = source!.next(rs);
    if (text != null) {
      count(true);
      return text;
    }
    skipFile();
  }
}

/** Goes on with the next file. */
export function skipFile(): void {
  source = null;
  if (descriptor > 0) calls.close(descriptor);
  descriptor = -1;
}

function openNext(): bool {
  if (isOver) return false;
  const words = tableOf(ARGV);
  while (argument < <i32>getGlobal(ARGC).toNumber()) {
    const key = (argument++).toString();
    const word = words.map.has(key) ? textOfValue(words.map.get(key)) : '';
    if (!word.length) continue;
    if (isAssignment(word)) {
      assignWord(word);
      continue;
    }
    anyFile = true;
    descriptor = word == '-' ? 0 : openFile(word, O_RDONLY);
    if (descriptor < 0) {
      say("awk: can't open file " + word + ': ' + errorText(-descriptor) + '\n');
      inputFailed = true;
      continue;
    }
    return begin(word);
  }
  isOver = true;
  if (anyFile) return false;
  descriptor = 0;
  return begin('');
}

function begin(name: string): bool {
  source = new Source(new Reader(descriptor));
  if (name.length) setGlobal(FILENAME, Value.input(name));
  setGlobal(FNR, ZERO);
  return true;
}
