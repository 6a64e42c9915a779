// SPDX-License-Identifier: MIT
/** @fileoverview Commands of vi's command mode that change text: operators, insertion, putting, and `.` which repeats. */
import {
  beginChange,
  characterAt,
  clampColumn,
  column,
  deleteBetween,
  insertAt,
  line,
  lines,
  moveTo,
  Place,
  registers,
  replaceLines,
  row,
  setLine,
  store_,
  textBetween,
} from './buffer';
import { DELETE, DOWN, END, ESCAPE, GONE, HOME, isReplaying, LEFT, nextKey, RIGHT, UP } from './keys';
import { Motion, motionOf } from './motion';
import { draw } from './screen';
import { state } from './state';

const ENTER: i32 = 13;

// ---- insertion

/** Text is typed until ESC. `overwrites`: R. */
export function insertMode(overwrites: bool): void {
  /** Where backspace stops: what was there before stays. */
  let startRow = row;
  let startColumn = column;
  while (true) {
    if (!isReplaying()) draw(null);
    const key = nextKey();
    if (key == ESCAPE || key == GONE || key == 3) break;
    if (key == ENTER || key == 10) {
      const indent = state.autoIndent ? indentOf(line()) : '';
      const place = insertAt(new Place(row, column), ['', indent]);
      moveTo(place.row, place.column);
    } else if (key == 8 || key == 127) {
      if (column > 0 && (row != startRow || column > startColumn)) {
        deleteBetween(new Place(row, column - 1), new Place(row, column));
      } else if (!column && row > startRow) {
        const above = lines[row - 1].length;
        deleteBetween(new Place(row - 1, above), new Place(row, 0));
      } else if (column > 0) {
        // Further than where it began, as people expect by now.
        deleteBetween(new Place(row, column - 1), new Place(row, column));
        startColumn = column;
      }
    } else if (key == 23 || key == 21) {
      let from = column;
      const text = line();
      if (key == 21) from = row == startRow ? min(startColumn, column) : 0;
      else {
        while (from > 0 && text.charAt(from - 1) == ' ') from--;
        while (from > 0 && text.charAt(from - 1) != ' ') from--;
      }
      deleteBetween(new Place(row, from), new Place(row, column));
    } else if (key == LEFT || key == RIGHT || key == UP || key == DOWN || key == HOME || key == END) {
      if (key == LEFT) moveTo(row, column - 1);
      else if (key == RIGHT) moveTo(row, column + 1);
      else if (key == HOME) moveTo(row, 0);
      else if (key == END) moveTo(row, line().length);
      else moveTo(row + (key == UP ? -1 : 1), column);
      startRow = row;
      startColumn = column;
    } else if (key == DELETE) {
      if (column < line().length) deleteBetween(new Place(row, column), new Place(row, column + 1));
    } else if (key > 0 && key < 256) {
      let typed = key;
      if (key == 22) typed = nextKey() & 0xff;
      if (overwrites && column < line().length) deleteBetween(new Place(row, column), new Place(row, column + 1));
      const place = insertAt(new Place(row, column), [String.fromCharCode(typed)]);
      moveTo(place.row, place.column);
    }
  }
  if (column > 0) moveTo(row, column - 1);
}

function indentOf(text: string): string {
  let i = 0;
  while (i < text.length && (text.charAt(i) == ' ' || text.charAt(i) == '\t')) i++;
  return text.substring(0, i);
}

/** a, A, i, I, o, O, s, S, C and R. */
export function beginInsert(letter: string, count: i32): void {
  beginChange();
  if (letter == 'a') moveTo(row, column + 1);
  else if (letter == 'A') moveTo(row, line().length);
  else if (letter == 'I') moveTo(row, indentOf(line()).length);
  else if (letter == 'o' || letter == 'O') {
    const at = letter == 'o' ? row + 1 : row;
    replaceLines(at, 0, [state.autoIndent ? indentOf(line()) : '']);
    moveTo(at, lines[at].length);
  }
  const from = new Place(row, column);
  insertMode(letter == 'R');
  if (count <= 1 || letter == 'R' || letter == 'o' || letter == 'O') return;
  const typed = textBetween(from, new Place(row, min(column + 1, line().length)));
  let place = new Place(row, min(column + 1, line().length));
  for (let i = 1; i < count; i++) place = insertAt(place, typed);
  moveTo(place.row, max(place.column - 1, 0));
}

// ---- operators

/** An operator and the motion behind it. False: nothing came of it. */
export function operate(operator: string, register: string, count: i32): bool {
  let times = count;
  let key = nextKey();
  let typed = 0;
  while ((key >= 0x31 && key <= 0x39) || (typed && key == 0x30)) {
    typed = typed * 10 + key - 0x30;
    key = nextKey();
  }
  if (typed) times = max(count, 1) * typed;
  if (key == operator.charCodeAt(0)) {
    const last = row + max(times, 1) - 1;
    if (last >= lines.length) return false;
    return overLines(operator, register, row, last);
  }
  const motion = motionOf(key, times, operator);
  if (!motion) return false;
  return over(operator, register, motion);
}

function before(a: Place, b: Place): bool {
  return a.row < b.row || (a.row == b.row && a.column <= b.column);
}

export function over(operator: string, register: string, motion: Motion): bool {
  const here = new Place(row, column);
  const forwards = before(here, motion.place);
  const from = forwards ? here : motion.place;
  const to = forwards ? motion.place : here;
  if (motion.whole || operator == '<' || operator == '>') return overLines(operator, register, from.row, to.row);
  const end = new Place(
    to.row,
    min(to.column + (motion.inclusive && (forwards || to.row == from.row) ? 1 : 0), lines[to.row].length),
  );
  store_(register, textBetween(from, end), false);
  if (operator == 'y') {
    moveTo(from.row, from.column);
    return true;
  }
  beginChange();
  deleteBetween(from, end);
  if (operator == 'c') insertMode(false);
  else clampColumn();
  return true;
}

export function overLines(operator: string, register: string, first: i32, last: i32): bool {
  const count = last - first + 1;
  if (operator == '<' || operator == '>') {
    shift(first, last, operator == '>');
    return true;
  }
  store_(register, lines.slice(first, last + 1), true);
  if (operator == 'y') {
    if (first < row) moveTo(first, column);
    if (count > 4) state.message = count.toString() + ' lines yanked';
    return true;
  }
  beginChange();
  if (operator == 'c') {
    replaceLines(first, count, [state.autoIndent ? indentOf(lines[first]) : '']);
    moveTo(first, lines[first].length);
    insertMode(false);
    return true;
  }
  moveTo(first, 0);
  replaceLines(first, count, []);
  moveTo(min(first, lines.length - 1), 0);
  moveTo(row, indentOf(line()).length);
  if (count > 4) state.message = count.toString() + ' lines deleted';
  return true;
}

export function shift(first: i32, last: i32, right: bool): void {
  beginChange();
  for (let i = first; i <= last; i++) {
    const text = lines[i];
    const indent = indentOf(text);
    let width = 0;
    for (let k = 0; k < indent.length; k++) width += indent.charAt(k) == '\t' ? state.tabStop - (width % state.tabStop) : 1;
    width = max(0, width + (right ? state.shiftWidth : -state.shiftWidth));
    if (!text.length) continue;
    setLine(i, '\t'.repeat(width / state.tabStop) + ' '.repeat(width % state.tabStop) + text.substring(indent.length));
  }
  moveTo(first, indentOf(lines[first]).length);
}

// ---- the rest

export function put(register: string, behind: bool, count: i32): bool {
  if (!registers.has(register.toLowerCase())) {
    state.message = 'Nothing in register ' + register;
    return false;
  }
  const what = registers.get(register.toLowerCase());
  beginChange();
  if (what.whole) {
    let text: string[] = [];
    for (let i = 0; i < count; i++) text = text.concat(what.texts);
    const at = behind ? row + 1 : row;
    replaceLines(at, 0, text);
    moveTo(at, indentOf(lines[at]).length);
    return true;
  }
  let place = new Place(row, min(behind ? column + 1 : column, line().length));
  const start = new Place(place.row, place.column);
  for (let i = 0; i < count; i++) place = insertAt(place, what.texts);
  if (what.texts.length > 1) moveTo(start.row, start.column);
  else moveTo(place.row, place.column - 1);
  return true;
}

export function joinLines(first: i32, count: i32): void {
  beginChange();
  let text = lines[first];
  let at = text.length;
  for (let i = 1; i < count; i++) {
    const next = lines[first + i].trimStart();
    at = text.length;
    text += (text.length && next.length && !text.endsWith(' ') && !next.startsWith(')') ? ' ' : '') + next;
  }
  replaceLines(first, count, [text]);
  moveTo(first, at);
}

export function replaceCharacters(count: i32): bool {
  const key = nextKey();
  if (key == ESCAPE || column + count > line().length) return false;
  beginChange();
  const text = line();
  if (key == ENTER) {
    deleteBetween(new Place(row, column), new Place(row, column + count));
    const place = insertAt(new Place(row, column), ['', '']);
    moveTo(place.row, 0);
    return true;
  }
  setLine(row, text.substring(0, column) + String.fromCharCode(key & 0xff).repeat(count) + text.substring(column + count));
  moveTo(row, column + count - 1);
  return true;
}

export function changeCase(count: i32): void {
  beginChange();
  let text = line();
  let at = column;
  for (let i = 0; i < count && at < text.length; i++, at++) {
    const c = characterAt(new Place(row, at));
    const letter = <u32>((c | 0x20) - 0x61) < 26;
    if (letter) text = text.substring(0, at) + String.fromCharCode(c ^ 0x20) + text.substring(at + 1);
  }
  setLine(row, text);
  moveTo(row, min(at, max(text.length - 1, 0)));
}
