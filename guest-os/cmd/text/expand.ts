// SPDX-License-Identifier: MIT
/** @fileoverview expand(1): tabs to spaces */
/** @manual
 * OPTIONS
 *   -t n   tabs every n columns, 8 otherwise;  -t n,n,...  at these columns
 *   -i   only those in front of each line
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'expand [-i] [-t tablist] [file ...]';

/** One number: a distance; several: columns. */
export class Tabs {
  columns: i32[] = [8];
  constructor(text: string) {
    const parts = text.replaceAll(' ', ',').split(',');
    if (text.length) this.columns = [];
    for (let i = 0; text.length && i < parts.length; i++) this.columns.push(<i32>parseNumber(parts[i]));
  }
  get valid(): bool {
    for (let i = 0; i < this.columns.length; i++)
      if (this.columns[i] < 1 || (i && this.columns[i] <= this.columns[i - 1])) return false;
    return true;
  }
  /** The first stop behind a column; behind the last of a list, the next column. */
  next(column: i32): i32 {
    if (this.columns.length == 1) return (column / this.columns[0] + 1) * this.columns[0];
    for (let i = 0; i < this.columns.length; i++) if (this.columns[i] > column) return this.columns[i];
    return column + 1;
  }
  isStop(column: i32): bool {
    return this.columns.length == 1 ? column % this.columns[0] == 0 : this.columns.includes(column);
  }
}

export function main(args: string[]): i32 {
  const words = args.slice(0);
  for (let i = 1; i < words.length; i++)
    if (words[i].length > 1 && words[i].startsWith('-') && <u32>(words[i].charCodeAt(1) - 0x30) < 10)
      words[i] = '-t' + words[i].substring(1);
  const options = new Options(words, USAGE, 'it:', ['initial=i', 'tabs=t']);
  let initial = false;
  let tabs = new Tabs('');
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'i') initial = true;
    else tabs = new Tabs(options.argument);
  }
  if (options.failed) return 1;
  if (!tabs.valid) {
    say('expand: invalid tab list\n');
    return 1;
  }
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('expand', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line()) {
      let column = 0;
      let front = true;
      for (let k = 0; k < line.length; k++) {
        const c = line.charAt(k);
        if (c == '\t' && (front || !initial)) {
          const stop = tabs.next(column);
          out(' '.repeat(stop - column));
          column = stop;
          continue;
        }
        out(c);
        column = c == '\b' ? max(column - 1, 0) : column + 1;
        if (c != ' ') front = false;
      }
      if (!reader.unterminated) out('\n');
    }
  }
  return result;
}
