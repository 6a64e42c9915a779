// SPDX-License-Identifier: MIT
/** @fileoverview unexpand(1): spaces to tabs */
/** @manual
 * OPTIONS
 *   -a   not only those in front of each line
 *   -t list   tabs as for expand(1); implies -a
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { Tabs } from './expand';

export const USAGE: string = 'unexpand [-a | -t tablist] [file ...]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'aft:', ['all=a', 'first-only=f', 'tabs=t']);
  let all = false;
  let tabs = new Tabs('');
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 't') tabs = new Tabs(options.argument);
    all = option != 'f';
  }
  if (options.failed) return 1;
  if (!tabs.valid) {
    say('unexpand: invalid tab list\n');
    return 1;
  }
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('unexpand', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    for (let line = reader.line(); line != null; line = reader.line())
      out(withTabs(line, tabs, all) + (reader.unterminated ? '' : '\n'));
  }
  return result;
}

/** Two spaces or more that end at a stop become a tab; one does only in front of another tab. */
function withTabs(line: string, tabs: Tabs, all: bool): string {
  let result = '';
  let pending = '';
  let column = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c == ' ') {
      pending += ' ';
      column++;
      if (!tabs.isStop(column)) continue;
      const more = i + 1 < line.length && (line.charAt(i + 1) == ' ' || line.charAt(i + 1) == '\t');
      result += pending.length > 1 || more ? '\t' : ' ';
      pending = '';
    } else if (c == '\t') {
      result += '\t';
      pending = '';
      column = tabs.next(column);
    } else {
      result += pending;
      pending = '';
      if (!all) return result + line.substring(i);
      result += c;
      column++;
    }
  }
  return result + pending;
}
