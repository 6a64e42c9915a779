// SPDX-License-Identifier: MIT
/** @fileoverview The terminal's size, and texts in columns on it. */
import * as calls from './calls';
import { environment } from './process';
import { parseNumber } from './text';

const TIOCGWINSZ: i32 = 0x5468;
const TCGETS: i32 = 0x540d;
const scratch = memory.data(64, 8);

export function isTerminal(descriptor: i32): bool {
  return calls.ioctl(descriptor, TCGETS, scratch) >= 0;
}

export function variable(name: string): string | null {
  const all = environment();
  for (let i = 0; i < all.length; i++) if (all[i].startsWith(name + '=')) return all[i].substring(name.length + 1);
  return null;
}

function size(offset: usize, name: string, usual: i32): i32 {
  store<u32>(scratch, 0);
  if (calls.ioctl(1, TIOCGWINSZ, scratch) >= 0 && load<u16>(scratch + offset)) return load<u16>(scratch + offset);
  const given = variable(name);
  const value = given == null ? -1 : <i32>parseNumber(given);
  return value > 0 ? value : usual;
}

export function terminalColumns(): i32 {
  return size(2, 'COLUMNS', 80);
}
export function terminalRows(): i32 {
  return size(0, 'LINES', 24);
}

/**
 * Lines of texts in as many columns as fit into `width`, down (or `across`) each, two spaces apart. `lengths`: what each takes on the screen.
 */
export function inColumns(texts: string[], lengths: i32[], width: i32, across: bool): string[] {
  const count = texts.length;
  let columns = max(min(width / 3, count), 1);
  let widths: i32[] = [];
  for (; columns > 1; columns--) {
    const rows = (count + columns - 1) / columns;
    widths = new Array<i32>(columns).fill(0);
    for (let i = 0; i < count; i++) {
      const column = across ? i % columns : i / rows;
      widths[column] = max(widths[column], lengths[i] + 2);
    }
    let total = -2;
    for (let i = 0; i < columns; i++) total += widths[i];
    if (total < width) break;
  }
  const rows = (count + columns - 1) / columns;
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (let column = 0; column < columns; column++) {
      const index = across ? row * columns + column : column * rows + row;
      if (index >= count) break;
      const last = (across ? index + 1 : index + rows) >= count || column == columns - 1;
      line += texts[index];
      if (!last) line += ' '.repeat(widths[column] - lengths[index]);
    }
    lines.push(line);
  }
  return lines;
}
