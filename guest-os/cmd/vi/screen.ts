// SPDX-License-Identifier: MIT
/**
 * @fileoverview vi's screen: lines from {@link State.top} on, wrapped at the right edge, `~` behind the last, the message on the last row.
 *
 * Each time all of it is made anew and compared with what is on the terminal: rows that are the same are not written.
 */
import { flush, out } from '../../lib/io';
import { columns, rows } from '../../lib/tty';
import { column, lines, row } from './buffer';
import { state } from './state';

let shown: string[] = [];

export function forgetScreen(): void {
  shown = [];
}

/** A line as it is seen, and at {@link cell} where byte `upTo` of it is. */
let cell: i32 = 0;
function visible(text: string, upTo: i32): string {
  let result = '';
  cell = 0;
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    if (i == upTo) cell = width;
    const c = text.charCodeAt(i);
    let part = text.charAt(i);
    if (c == 9 && !state.list) part = ' '.repeat(state.tabStop - (width % state.tabStop));
    else if (c < 32) part = '^' + String.fromCharCode(c + 64);
    else if (c == 127) part = '^?';
    result += part;
    // Bytes behind the first of a UTF-8 sequence take no room.
    if ((c & 0xc0) != 0x80) width += part.length;
  }
  if (upTo >= text.length) cell = width;
  if (state.list) result += '$';
  visibleWidth = width + (state.list ? 1 : 0);
  return result;
}
let visibleWidth: i32 = 0;

function margin(at: i32): string {
  return state.number ? (at + 1).toString().padStart(6) + '  ' : '';
}

/** Rows that a line takes. */
function height(at: i32): i32 {
  visible(lines[at], 0);
  return max(1, (visibleWidth + (state.number ? 8 : 0) + state.screenColumns - 1) / state.screenColumns);
}

/** Makes the cursor's line visible. */
function scroll(): void {
  const room = state.screenRows - 1;
  if (row < state.top) {
    // Far away, the line comes to the middle.
    state.top = state.top - row > room ? max(0, row - room / 2) : row;
    return;
  }
  // But there is no screen of nothing behind the last line.
  if (row - state.top > 2 * room) state.top = max(min(row - room / 2, lines.length - room), 0);
  let used = 0;
  for (let i = state.top; i <= row; i++) used += height(i);
  while (used > room && state.top < row) used -= height(state.top++);
}

/** Cuts what is seen into rows of the screen's width, by cells. */
function cut(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xc0) == 0x80) continue;
    if (width == state.screenColumns) {
      parts.push(text.substring(start, i));
      start = i;
      width = 0;
    }
    width++;
  }
  parts.push(text.substring(start));
  return parts;
}

/** Draws; `command`: what is being typed on the last row, or null. */
export function draw(command: string | null): void {
  const height_ = rows(0);
  const width_ = columns(0);
  if (height_ != state.screenRows || width_ != state.screenColumns) {
    state.screenRows = height_;
    state.screenColumns = width_;
    shown = [];
  }
  scroll();
  const room = state.screenRows - 1;
  const next: string[] = [];
  let cursorRow = 0;
  let cursorColumn = 0;
  for (let at = state.top; next.length < room; at++) {
    if (at >= lines.length) {
      next.push('~');
      continue;
    }
    const text = margin(at) + visible(lines[at], column);
    const parts = cut(text);
    if (at == row) {
      const place = cell + (state.number ? 8 : 0);
      cursorRow = next.length + place / state.screenColumns;
      cursorColumn = place % state.screenColumns;
    }
    if (next.length + parts.length > room && at > state.top) {
      while (next.length < room) next.push('@');
      break;
    }
    for (let i = 0; i < parts.length && next.length < room; i++) next.push(parts[i]);
  }
  const last = command == null ? state.message : command;
  next.push(last.substring(0, state.screenColumns - 1));
  if (!shown.length) out('\x1b[H\x1b[2J');
  for (let i = 0; i < next.length; i++) {
    if (i < shown.length && shown[i] == next[i]) continue;
    out('\x1b[' + (i + 1).toString() + ';1H' + next[i] + '\x1b[K');
  }
  shown = next;
  if (command != null) {
    cursorRow = state.screenRows - 1;
    cursorColumn = min(command.length, state.screenColumns - 1);
  }
  out('\x1b[' + (min(cursorRow, room) + 1).toString() + ';' + (cursorColumn + 1).toString() + 'H');
  flush();
}
