// SPDX-License-Identifier: MIT
/**
 * @fileoverview vi(1): screen-oriented editor
 * @path /usr/bin/view
 */
/** @manual
 * DESCRIPTION
 * Edits a file on the screen. Keys are commands; after i, a, o and their like they are text, until ESC. The last row shows messages, and what is
 * typed after : / and ?. As view it opens files for reading.
 *
 * OPTIONS
 *   -R   do not write unless told twice;  +N  begin at line N, + at the last;  +/RE  where the expression matches;  -c command
 *
 * MOVING
 *   h j k l, arrows   left, down, up, right          w b e, W B E   words
 *   0 ^ $ N|          begin, first character, end, column           ( ) { }   sentences, paragraphs
 *   G NG gg           the end, line N, the start                    H M L     top, middle, bottom of the screen
 *   fx Fx tx Tx ; ,   to a character in the line                     %         the other bracket
 *   /RE ?RE n N       search                                         mx 'x `x  set a mark, go there; '' back
 *   ^F ^B ^D ^U ^E ^Y pages, half pages, lines                       ^G ^L     where am I, draw again
 *
 * CHANGING
 *   i a I A o O       insert before, behind, at the line's begin, end, on a new line below, above
 *   x X D dd dw d$    delete;  y yy Y  copy;  p P  put;  "x in front: register x
 *   c cc cw C s S     change;  r R ~ J  one character, many, case, join lines;  << >>  shift
 *   u ^R .            undo, do again, repeat; most take a number in front
 *
 * AFTER A COLON
 *   w [file]  q  wq  x  e [file]  r file  r !command  !command  sh  f   with ! where something would be lost
 *   N   $   s/RE/text/g   %s…   g/RE/command  v/RE/command   d  y  pu  m N  t N  j  >  <  &
 *   set number autoindent ignorecase list wrapscan shiftwidth=N tabstop=N
 *
 * ZZ writes if need be and ends.
 *
 * SEE ALSO
 * sed(1), more(1)
 */
import { say } from '../../lib/io';
import { arguments_, onSignal } from '../../lib/process';
import { beginChange, clampColumn, column, lines, moveTo, Place, redo, row, setMark, undo } from './buffer';
import { beginInsert, changeCase, joinLines, operate, over, overLines, put, replaceCharacters } from './editing';
import { describe, edit, runLine } from './ex';
import { beginLog, DELETE, feed, GONE, isReplaying, log, nextKey, PAGE_DOWN, PAGE_UP } from './keys';
import { Motion, motionOf } from './motion';
import { typedLine } from './prompt';
import { draw, forgetScreen } from './screen';
import { state } from './state';
import { enterScreen, leaveScreen } from './terminal';
export { signalArrived } from '../../lib/process';

export const USAGE: string = 'vi [-R] [-c command | +command] [file ...]';
const SIGWINCH: i32 = 20;

/** Keys of the last change. */
let lastChange: i32[] = [];

export function main(): i32 {
  const args = arguments_();
  const files: string[] = [];
  let command = '';
  if (args[0].endsWith('view')) state.readOnly = true;
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-R') state.readOnly = true;
    else if (args[i] == '-c' && i + 1 < args.length) command = args[++i];
    else if (args[i].startsWith('+')) command = args[i].length > 1 ? args[i].substring(1) : '$';
    else if (args[i].startsWith('-') && args[i].length > 1) {
      say('usage: ' + USAGE + '\n');
      return 2;
    } else files.push(args[i]);
  }
  if (!enterScreen()) {
    say('vi: standard input is no terminal\n');
    return 1;
  }
  onSignal(SIGWINCH);
  if (files.length) edit(files[0], true);
  if (command.length) runLine(command);
  while (!state.ends) {
    clampColumn();
    if (!isReplaying()) draw(null);
    if (!step()) break;
  }
  state.message = '';
  leaveScreen();
  return state.status;
}

/** One command. False: the terminal is gone. */
function step(): bool {
  if (!isReplaying()) beginLog();
  let key = nextKey();
  state.message = '';
  let register = '"';
  let count = 0;
  while (true) {
    if (key == 0x22) {
      register = String.fromCharCode(nextKey() & 0xff);
      key = nextKey();
    } else if ((key >= 0x31 && key <= 0x39) || (count && key == 0x30)) {
      count = min(count * 10 + key - 0x30, 1000000);
      key = nextKey();
    } else break;
  }
  if (key == GONE) return false;
  const replaying = isReplaying();
  const changed = change(key, register, count);
  if (changed == 1 && !replaying) lastChange = log.slice(0);
  if (changed >= 0) return true;
  const motion = motionOf(key, count, '');
  if (motion) moveTo(motion.place.row, motion.place.column);
  return true;
}

/** 1: it changed text and may be repeated; 0: it did something else; -1: it is no command but perhaps a motion. */
function change(key: i32, register: string, count: i32): i32 {
  const times = max(count, 1);
  if (key == DELETE) return change(0x78, register, count);
  if (scrolls(key, count)) return 0;
  if (key == 12) {
    forgetScreen();
    return 0;
  }
  if (key == 7) {
    describe();
    return 0;
  }
  if (key == 18) {
    if (!redo()) state.message = 'Nothing to do again';
    return 0;
  }
  if (key < 32 || key > 126) return -1;
  const letter = String.fromCharCode(key);
  if ('aAiIoOR'.includes(letter)) {
    beginInsert(letter, times);
    return 1;
  }
  if ('dcy<>'.includes(letter)) {
    const done = operate(letter, register, count);
    return done && letter != 'y' ? 1 : 0;
  }
  if (letter == 'x' || letter == 's') {
    const size = lines[row].length;
    if (!size && letter == 'x') return 0;
    over(letter == 'x' ? 'd' : 'c', register, new Motion(new Place(row, min(column + times, size)), false, false));
    return 1;
  }
  if (letter == 'X') {
    if (!column) return 0;
    over('d', register, new Motion(new Place(row, max(column - times, 0)), false, false));
    return 1;
  }
  if (letter == 'D' || letter == 'C') {
    over(letter == 'D' ? 'd' : 'c', register, new Motion(new Place(row, lines[row].length), false, false));
    return 1;
  }
  if (letter == 'S' || letter == 'Y') {
    overLines(letter == 'S' ? 'c' : 'y', register, row, min(row + times, lines.length) - 1);
    return letter == 'S' ? 1 : 0;
  }
  if (letter == 'p' || letter == 'P') return put(register, letter == 'p', times) ? 1 : 0;
  if (letter == 'r') return replaceCharacters(times) ? 1 : 0;
  if (letter == '~') {
    changeCase(times);
    return 1;
  }
  if (letter == 'J') {
    const parts = max(times, 2);
    if (row + parts > lines.length) return 0;
    joinLines(row, parts);
    return 1;
  }
  if (letter == 'u') {
    if (!undo()) state.message = 'Nothing to undo';
    return 0;
  }
  if (letter == '.') {
    feed(lastChange);
    return 0;
  }
  if (letter == '&') {
    beginChange();
    runLine('&');
    return 1;
  }
  if (letter == 'm') {
    setMark(String.fromCharCode(nextKey() & 0xff));
    return 0;
  }
  if (letter == ':') {
    const line = typedLine(':');
    if (line != null) runLine(line);
    return 0;
  }
  if (letter == 'Z') {
    const second = nextKey();
    if (second == 0x5a) runLine('x');
    else if (second == 0x51) state.ends = true;
    return 0;
  }
  return -1;
}

/** Keys that move the screen. */
function scrolls(key: i32, count: i32): bool {
  const page = max(state.screenRows - 3, 1);
  const half = max(state.screenRows / 2, 1);
  const times = max(count, 1);
  let by = 0;
  if (key == 6 || key == PAGE_DOWN) by = page * times;
  else if (key == 2 || key == PAGE_UP) by = -page * times;
  else if (key == 4) by = count ? count : half;
  else if (key == 21) by = -(count ? count : half);
  else if (key == 5) by = times;
  else if (key == 25) by = -times;
  else return false;
  const last = max(lines.length - 1, 0);
  state.top = max(0, min(state.top + by, last));
  if (key == 5 || key == 25) {
    // The cursor stays where it is as long as it can be seen.
    if (row < state.top) moveTo(state.top, column);
    else if (row > state.top + state.screenRows - 2) moveTo(state.top + state.screenRows - 2, column);
  } else moveTo(row + by, column);
  return true;
}
