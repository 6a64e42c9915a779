// SPDX-License-Identifier: MIT
/**
 * @fileoverview Motions: from the cursor to a place. They serve alone and behind operators, which want to know whether whole lines are meant and
 * whether the character at the end is.
 */
import { characterAt, column, kindAt, lines, marks, Place, row, setMark } from './buffer';
import { DOWN, END, HOME, LEFT, nextKey, RIGHT, UP } from './keys';
import { typedLine } from './prompt';
import { regexOf, state } from './state';

export class Motion {
  constructor(
    readonly place: Place,
    /** Whole lines. */
    readonly whole: bool,
    /** The character at the end belongs to it. */
    readonly inclusive: bool,
  ) {}
}

/** The column that j and k try to keep; -1: the one of the cursor. */
let wanted: i32 = -1;
export function forgetColumn(): void {
  wanted = -1;
}

let lastFind: string = '';
let lastTarget: i32 = 0;

function firstFilled(at: i32): i32 {
  const text = lines[at];
  let i = 0;
  while (i < text.length - 1 && (text.charAt(i) == ' ' || text.charAt(i) == '\t')) i++;
  return i;
}
function at(row: i32, column: i32, inclusive: bool = false): Motion | null {
  return new Motion(new Place(row, column), false, inclusive);
}
function wholeLines(target: i32): Motion | null {
  if (target < 0 || target >= lines.length) return null;
  return new Motion(new Place(target, firstFilled(target)), true, true);
}

/** By a key; null: there is no such place, or the key is no motion. `count` 0: none was typed. `operator`: of what it is a part, or nothing. */
export function motionOf(key: i32, count: i32, operator: string): Motion | null {
  const times = max(count, 1);
  const text = lines[row];
  if (key == 0x6a || key == DOWN || key == 0x0e || key == 0x0a || key == 0x6b || key == UP || key == 0x10) {
    const up = key == 0x6b || key == UP || key == 0x10;
    const target = up ? row - times : row + times;
    if (wanted < 0) wanted = column;
    if (target < 0 || target >= lines.length) return null;
    return new Motion(new Place(target, min(wanted, max(lines[target].length - 1, 0))), true, true);
  }
  wanted = -1;
  const letter = key > 0 && key < 128 ? String.fromCharCode(key) : '';
  if (key == RIGHT || letter == 'l' || letter == ' ') {
    const most = operator.length ? text.length : text.length - 1;
    return column >= most ? null : at(row, min(column + times, most));
  }
  if (key == LEFT || key == 8 || key == 127 || letter == 'h') return column ? at(row, max(column - times, 0)) : null;
  if (key == HOME || letter == '0') return at(row, 0);
  if (letter == '^') return at(row, firstFilled(row));
  if (key == END || letter == '$') {
    const target = row + times - 1;
    if (target >= lines.length) return null;
    wanted = 0x7fffffff;
    return at(target, max(lines[target].length - 1, 0), true);
  }
  if (letter == '|') return at(row, min(times - 1, max(text.length - 1, 0)));
  if (letter == '+' || key == 13) return wholeLines(row + times);
  if (letter == '-') return wholeLines(row - times);
  if (letter == '_') return wholeLines(row + times - 1);
  if (letter == 'G') {
    setMark("'");
    return wholeLines(count ? count - 1 : lines.length - 1);
  }
  if (letter == 'g') {
    if (nextKey() != 0x67) return null;
    setMark("'");
    return wholeLines(times - 1);
  }
  if (letter == 'H') return wholeLines(min(state.top + times - 1, lines.length - 1));
  if (letter == 'L') return wholeLines(max(min(state.top + state.screenRows - 1, lines.length) - times, state.top));
  if (letter == 'M') return wholeLines((state.top + min(state.top + state.screenRows - 1, lines.length) - 1) / 2);
  if (letter == 'w' || letter == 'W') return word(times, letter == 'W', operator);
  if (letter == 'b' || letter == 'B') return wordBack(times, letter == 'B');
  if (letter == 'e' || letter == 'E') return wordEnd(times, letter == 'E');
  if (letter.length && 'fFtT'.includes(letter)) {
    lastFind = letter;
    lastTarget = nextKey();
    return find(letter, lastTarget, times);
  }
  if (letter == ';' && lastFind.length) return find(lastFind, lastTarget, times);
  if (letter == ',' && lastFind.length) return find(opposite(lastFind), lastTarget, times);
  if (letter == '%') return bracket();
  if (letter == '{' || letter == '}') return paragraph(letter == '}' ? 1 : -1, times);
  if (letter == '(' || letter == ')') return sentence(letter == ')' ? 1 : -1, times);
  if (letter == 'n' || letter == 'N') {
    setMark("'");
    return search('', letter == 'N' ? !state.backwards : state.backwards, times);
  }
  if (letter == '/' || letter == '?') {
    const pattern = typedLine(letter);
    if (pattern == null) return null;
    state.backwards = letter == '?';
    setMark("'");
    return search(pattern, state.backwards, times);
  }
  if (letter == "'" || letter == '`') {
    const name = nextKey();
    const mark = name == 0x60 || name == 0x27 ? "'" : String.fromCharCode(name & 0xff);
    if (!marks.has(mark)) {
      state.message = 'Mark not set';
      return null;
    }
    const place = marks.get(mark);
    const target = new Place(place.row, place.column);
    setMark("'");
    return letter == "'" ? wholeLines(target.row) : at(target.row, min(target.column, max(lines[target.row].length - 1, 0)));
  }
  return null;
}

function opposite(letter: string): string {
  return letter == letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}

function find(kind: string, target: i32, times: i32): Motion | null {
  const text = lines[row];
  const forwards = kind == 'f' || kind == 't';
  const before = kind == 't' || kind == 'T';
  let place = column;
  for (let n = 0; n < times; n++) {
    // `t` behind what it found last goes on to the next.
    place += forwards ? 1 : -1;
    if (before && n == 0 && place >= 0 && place < text.length && text.charCodeAt(place) == target && times == 1)
      place += forwards ? 1 : -1;
    while (place >= 0 && place < text.length && text.charCodeAt(place) != target) place += forwards ? 1 : -1;
    if (place < 0 || place >= text.length) return null;
  }
  return at(row, before ? place + (forwards ? -1 : 1) : place, forwards);
}

/** One on; false at the end of the text. An empty line is a place of its own. */
function advance(place: Place): bool {
  if (place.column + 1 < lines[place.row].length) {
    place.column++;
    return true;
  }
  if (place.row + 1 >= lines.length) return false;
  place.row++;
  place.column = 0;
  return true;
}
function retreat(place: Place): bool {
  if (place.column > 0) {
    place.column--;
    return true;
  }
  if (!place.row) return false;
  place.row--;
  place.column = max(lines[place.row].length - 1, 0);
  return true;
}
function isEmptyLine(place: Place): bool {
  return !lines[place.row].length;
}

function word(times: i32, big: bool, operator: string): Motion | null {
  // `cw` on a word changes to its end, without the blanks behind it.
  if (operator == 'c' && kindAt(new Place(row, column), big)) return wordEndFrom(times, big, true);
  const place = new Place(row, column);
  let last: bool = false;
  for (let n = 0; n < times && !last; n++) {
    const kind = kindAt(place, big);
    const start = place.row;
    let moved: bool = true;
    if (kind) while (moved && place.row == start && kindAt(place, big) == kind) moved = advance(place);
    else moved = advance(place);
    while (moved && !kindAt(place, big) && !(isEmptyLine(place) && place.row != start)) moved = advance(place);
    last = !moved;
  }
  if (last) {
    if (!operator.length)
      return place.row == row && place.column == column ? null : at(place.row, max(lines[place.row].length - 1, 0));
    return at(place.row, lines[place.row].length);
  }
  // An operator does not take the end of a line with it for the last word.
  if (operator.length && place.row > row && times == 1) return at(row, lines[row].length);
  return at(place.row, place.column);
}

function wordEnd(times: i32, big: bool): Motion | null {
  return wordEndFrom(times, big, false);
}
function wordEndFrom(times: i32, big: bool, here: bool): Motion | null {
  const place = new Place(row, column);
  for (let n = 0; n < times; n++) {
    if (!(here && n == 0) && !advance(place)) return null;
    while (!kindAt(place, big)) if (!advance(place)) return null;
    const kind = kindAt(place, big);
    while (place.column + 1 < lines[place.row].length && kindAt(new Place(place.row, place.column + 1), big) == kind)
      place.column++;
  }
  return at(place.row, place.column, true);
}

function wordBack(times: i32, big: bool): Motion | null {
  const place = new Place(row, column);
  for (let n = 0; n < times; n++) {
    if (!retreat(place)) return n ? at(place.row, place.column) : null;
    while (!kindAt(place, big) && !isEmptyLine(place)) if (!retreat(place)) break;
    const kind = kindAt(place, big);
    while (place.column > 0 && kind && kindAt(new Place(place.row, place.column - 1), big) == kind) place.column--;
  }
  return at(place.row, place.column);
}

const OPEN: string = '([{';
const CLOSE: string = ')]}';
function bracket(): Motion | null {
  const text = lines[row];
  let start = column;
  while (start < text.length && !(OPEN + CLOSE).includes(text.charAt(start))) start++;
  if (start >= text.length) return null;
  const own = text.charAt(start);
  const forwards = OPEN.includes(own);
  const other = forwards ? CLOSE.charAt(OPEN.indexOf(own)) : OPEN.charAt(CLOSE.indexOf(own));
  const place = new Place(row, start);
  let depth = 1;
  while (forwards ? advance(place) : retreat(place)) {
    const c = characterAt(place);
    if (c == own.charCodeAt(0)) depth++;
    else if (c == other.charCodeAt(0) && --depth == 0) return at(place.row, place.column, true);
  }
  return null;
}

function paragraph(step: i32, times: i32): Motion | null {
  let target = row;
  for (let n = 0; n < times; n++) {
    target += step;
    while (target > 0 && target < lines.length - 1 && !lines[target].length) target += step;
    while (target > 0 && target < lines.length - 1 && lines[target].length) target += step;
  }
  target = max(0, min(target, lines.length - 1));
  if (target == row) return null;
  return at(target, step > 0 && lines[target].length ? lines[target].length - 1 : 0);
}

/** Ends with . ! or ? and blanks, or with the line. */
function sentence(step: i32, times: i32): Motion | null {
  const place = new Place(row, column);
  for (let n = 0; n < times; n++) {
    if (!(step > 0 ? advance(place) : retreat(place))) return null;
    if (step < 0) while (!kindAt(place, true) && retreat(place)) {}
    while (!beginsSentence(place)) if (!(step > 0 ? advance(place) : retreat(place))) break;
  }
  return at(place.row, place.column);
}
function beginsSentence(place: Place): bool {
  if (isEmptyLine(place)) return true;
  if (!kindAt(place, true)) return false;
  const before = lines[place.row].substring(0, place.column).trimEnd();
  if (before.length) return before.length < place.column && '.!?'.includes(before.charAt(before.length - 1));
  return !place.row || !lines[place.row - 1].length || '.!?'.includes(lines[place.row - 1].trimEnd().slice(-1));
}

/** By a basic regular expression, around the end of the text. */
export function search(pattern: string, backwards: bool, times: i32): Motion | null {
  const regex = regexOf(pattern);
  if (!regex) return null;
  let foundRow = row;
  let foundColumn = column;
  for (let n = 0; n < times; n++) {
    let found = false;
    // One more than there are lines, so that the rest of this one is looked at too.
    for (let step = 0; step <= lines.length && !found; step++) {
      const number = foundRow + (backwards ? -step : step);
      if (!state.wrapScan && (number < 0 || number >= lines.length)) break;
      const index = (number + 2 * lines.length) % lines.length;
      const text = lines[index];
      if (backwards) {
        let last = -1;
        for (let from = 0; regex.find(text, from); from = regex.start + 1) {
          if (step == 0 && regex.start >= foundColumn) break;
          last = regex.start;
          if (regex.start >= text.length) break;
        }
        if (last < 0) continue;
        foundRow = index;
        foundColumn = last;
        found = true;
      } else if (regex.find(text, step ? 0 : foundColumn + 1)) {
        foundRow = index;
        foundColumn = regex.start;
        found = true;
      }
    }
    if (!found) {
      state.message = 'Pattern not found: ' + state.pattern;
      return null;
    }
  }
  return at(foundRow, min(foundColumn, max(lines[foundRow].length - 1, 0)));
}
