// SPDX-License-Identifier: MIT
/**
 * @fileoverview The text that is edited: lines, the cursor, marks, registers; what was changed, to be undone and done again.
 *
 * Every change is {@link replaceLines}, which notes what was there. Changes between two calls of {@link beginChange} are undone together.
 */
import { CHARACTERS } from './state';

export let lines: string[] = [''];
export let modified: bool = false;
export function setModified(value: bool): void {
  modified = value;
}

/** The cursor: line and byte, from 0. */
export let row: i32 = 0;
export let column: i32 = 0;

class Change {
  constructor(
    readonly at: i32,
    readonly removed: string[],
    readonly added: string[],
    /** Which command it belongs to. */
    readonly group: i32,
    /** Where the cursor was before. */
    readonly row: i32,
    readonly column: i32,
  ) {}
}
let undone: Change[] = [];
let done: Change[] = [];
let group = 0;

export function beginChange(): void {
  group++;
}

export function load_(text: string[]): void {
  lines = text.length ? text : [''];
  done = [];
  undone = [];
  marks.clear();
  modified = false;
  row = column = 0;
}

export function line(): string {
  return lines[row];
}
export function moveTo(newRow: i32, newColumn: i32): void {
  row = max(0, min(newRow, lines.length - 1));
  column = max(0, min(newColumn, lines[row].length));
}
/** In command mode the cursor is on a character. */
export function clampColumn(): void {
  row = max(0, min(row, lines.length - 1));
  column = max(0, min(column, lines[row].length - 1));
}

function splice(at: i32, count: i32, added: string[]): void {
  if (count == added.length) {
    for (let i = 0; i < count; i++) lines[at + i] = added[i];
    return;
  }
  if (at + count >= lines.length) {
    lines.length = at;
    for (let i = 0; i < added.length; i++) lines.push(added[i]);
  } else
    lines = lines
      .slice(0, at)
      .concat(added)
      .concat(lines.slice(at + count));
}

/** The one way to change the text. There is always a line left. */
export function replaceLines(at: i32, count: i32, added: string[]): void {
  const whole = count == lines.length && !added.length;
  const next: string[] = whole ? [''] : added;
  done.push(new Change(at, lines.slice(at, at + count), next, group, row, column));
  undone = [];
  splice(at, count, next);
  shiftMarks(at, count, next.length);
  modified = true;
}
export function setLine(at: i32, text: string): void {
  if (lines[at] != text) replaceLines(at, 1, [text]);
}

function turn(from: Change[], to: Change[], back: bool): bool {
  if (!from.length) return false;
  const which = from[from.length - 1].group;
  while (from.length && from[from.length - 1].group == which) {
    const change = from.pop();
    if (back) splice(change.at, change.added.length, change.removed);
    else splice(change.at, change.removed.length, change.added);
    to.push(change);
    row = change.at;
    if (back) {
      row = change.row;
      column = change.column;
    } else column = 0;
  }
  modified = true;
  clampColumn();
  return true;
}
export function undo(): bool {
  return turn(done, undone, true);
}
export function redo(): bool {
  return turn(undone, done, false);
}

// ---- marks

export class Place {
  constructor(
    public row: i32,
    public column: i32,
  ) {}
}
export const marks = new Map<string, Place>();
function shiftMarks(at: i32, removed: i32, added: i32): void {
  if (removed == added) return;
  const names = marks.keys();
  for (let i = 0; i < names.length; i++) {
    const mark = marks.get(names[i]);
    if (mark.row >= at + removed) mark.row += added - removed;
    else if (mark.row >= at) marks.delete(names[i]);
  }
}
export function setMark(name: string): void {
  marks.set(name, new Place(row, column));
}

// ---- registers

export class Register {
  constructor(
    readonly texts: string[],
    /** Whole lines. */
    readonly whole: bool,
  ) {}
}
export const registers = new Map<string, Register>();

/** A capital adds to what is there. */
export function store_(name: string, texts: string[], whole: bool): void {
  const key = name.toLowerCase();
  if (name != key && registers.has(key)) {
    const old = registers.get(key);
    registers.set(key, new Register(old.texts.concat(texts), whole || old.whole));
  } else registers.set(key, new Register(texts, whole));
  if (key != '"') registers.set('"', registers.get(key));
}

/** The text between two places, the second not in it. */
export function textBetween(from: Place, to: Place): string[] {
  if (from.row == to.row) return [lines[from.row].substring(from.column, to.column)];
  const parts = [lines[from.row].substring(from.column)];
  for (let i = from.row + 1; i < to.row; i++) parts.push(lines[i]);
  parts.push(lines[to.row].substring(0, to.column));
  return parts;
}
export function deleteBetween(from: Place, to: Place): void {
  const joined = lines[from.row].substring(0, from.column) + lines[to.row].substring(to.column);
  replaceLines(from.row, to.row - from.row + 1, [joined]);
  moveTo(from.row, from.column);
}
/** Puts text, its first and last part within lines, at a place; the place behind it. */
export function insertAt(at: Place, parts: string[]): Place {
  const text = lines[at.row];
  const before = text.substring(0, at.column);
  const behind = text.substring(at.column);
  const last = parts.length - 1;
  const made = parts.slice(0);
  made[0] = before + made[0];
  const end = new Place(at.row + last, made[last].length);
  made[last] += behind;
  replaceLines(at.row, 1, made);
  return end;
}

export function characterAt(at: Place): i32 {
  const text = lines[at.row];
  return at.column < text.length ? text.charCodeAt(at.column) : -1;
}
/** 0 blank, 1 a word's, 2 others. `big`: words are everything but blanks. */
export function kindAt(at: Place, big: bool): i32 {
  const c = characterAt(at);
  if (c < 0 || c == 0x20 || c == 0x09) return 0;
  return big || CHARACTERS.includes(String.fromCharCode(c)) || c > 127 ? 1 : 2;
}
