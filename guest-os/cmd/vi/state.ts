// SPDX-License-Identifier: MIT
/** @fileoverview What the parts of vi share: options, the file's name, the last search, the message on the last row. */
import { compile, IGNORE_CASE, Regex, regexError } from '../../lib/regex/regex';

/** Of words. */
export const CHARACTERS: string = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_';

export class State {
  file: string = '';
  message: string = '';
  /** Set options, by their short names. */
  number: bool = false;
  autoIndent: bool = false;
  ignoreCase: bool = false;
  list: bool = false;
  wrapScan: bool = true;
  shiftWidth: i32 = 8;
  tabStop: i32 = 8;
  readOnly: bool = false;
  ends: bool = false;
  status: i32 = 0;
  pattern: string = '';
  backwards: bool = false;
  screenRows: i32 = 24;
  screenColumns: i32 = 80;
  /** First line on the screen. */
  top: i32 = 0;
}
export const state = new State();

/** A basic regular expression; null after a message. An empty one is the last. */
export function regexOf(source: string): Regex | null {
  if (source.length) state.pattern = source;
  if (!state.pattern.length) {
    state.message = 'No previous regular expression';
    return null;
  }
  const made = compile(state.pattern, state.ignoreCase ? IGNORE_CASE : 0);
  if (!made) state.message = regexError;
  return made;
}
