// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lines that were typed: kept in memory and in ~/.sh_history (HISTFILE, HISTSIZE), recalled by keys and by `!`.
 *
 * `!!` the last line, `!N` line N, `!-N` the Nth last, `!TEXT` the last that begins so, `!?TEXT?` the last with it, `!$` the last word of the
 * last line, `^old^new` the last line with a replacement. In single quotes and behind a backslash `!` is itself.
 */
import * as calls from '../../../lib/calls';
import { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY, openFile, readAll } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { writeText } from '../../../lib/smf/door';
import { state } from '../state';
import { get, has } from '../variables/variables';

const lines: string[] = [];
const DEFAULT_SIZE: i32 = 500;

export function historyLines(): string[] {
  return lines;
}

function file(): string {
  return has('HISTFILE') ? get('HISTFILE') : get('HOME') + (state.bash ? '/.bash_history' : '/.sh_history');
}
function limit(): i32 {
  const size = parseNumber(get('HISTSIZE'));
  return size > 0 && size < 100000 ? <i32>size : DEFAULT_SIZE;
}

export function loadHistory(): void {
  const descriptor = openFile(file(), O_RDONLY);
  if (descriptor < 0) return;
  const old = readAll(descriptor).split('\n');
  calls.close(descriptor);
  for (let i = max(old.length - limit(), 0); i < old.length; i++) if (old[i].length) lines.push(old[i]);
}

/** A line that repeats the last one, or begins with a blank, is not remembered. */
export function remember(line: string): void {
  if (!line.trim().length || line.startsWith(' ') || (lines.length && lines[lines.length - 1] == line)) return;
  lines.push(line);
  if (lines.length > limit()) lines.shift();
  const descriptor = openFile(file(), O_WRONLY | O_CREAT | O_APPEND, 0o600);
  if (descriptor < 0) return;
  writeText(descriptor, line + '\n');
  calls.close(descriptor);
}

/** What the last {@link expandHistory} could not find; nothing: all is well. */
export let missing: string = '';

/** The line with its `!` replaced. */
export function expandHistory(line: string): string {
  missing = '';
  if (line.startsWith('^')) return substituteLast(line);
  if (!line.includes('!')) return line;
  let result = '';
  let quoted = false;
  let doubly = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c == "'" && !doubly) quoted = !quoted;
    if (c == '"' && !quoted) doubly = !doubly;
    if (c == '\\' && i + 1 < line.length && !quoted) {
      result += c + line.charAt(++i);
      continue;
    }
    const next = i + 1 < line.length ? line.charAt(i + 1) : ' ';
    if (c != '!' || quoted || ' \t\n=('.includes(next) || (doubly && next == '"') || isOfShell(line, i)) {
      result += c;
      continue;
    }
    const end = eventEnd(line, i + 1);
    const event = line.substring(i + 1, end);
    const found = find(event);
    if (found == null) {
      missing = '!' + event;
      return line;
    }
    result += found;
    i = end - 1;
  }
  return result;
}

/** Does a `!` belong to the shell's language: `$!`, `${!…}`, `[!…]`? */
function isOfShell(line: string, at: i32): bool {
  const before = at ? line.charAt(at - 1) : '';
  if (before == '$') return true;
  if (before == '{') return at > 1 && line.charAt(at - 2) == '$' && line.indexOf('}', at) >= 0;
  return before == '[' && line.indexOf(']', at) >= 0;
}

function eventEnd(line: string, start: i32): i32 {
  const first = line.charAt(start);
  if (first == '!' || first == '$') return start + 1;
  if (first == '?') {
    const close = line.indexOf('?', start + 1);
    return close < 0 ? line.length : close + 1;
  }
  let end = start;
  while (end < line.length && !' \t\n;&|<>()"\''.includes(line.charAt(end))) end++;
  return end;
}

function find(event: string): string | null {
  const count = lines.length;
  if (!event.length) return null;
  if (event == '!') return count ? lines[count - 1] : null;
  if (event == '$') return count ? lines[count - 1].substring(lines[count - 1].lastIndexOf(' ') + 1) : null;
  const number = parseNumber(event.startsWith('-') ? event.substring(1) : event);
  if (number > 0) {
    const at = event.startsWith('-') ? count - <i32>number : <i32>number - 1;
    return at >= 0 && at < count ? lines[at] : null;
  }
  const anywhere = event.startsWith('?');
  const text = anywhere ? event.replaceAll('?', '') : event;
  for (let i = count - 1; i >= 0; i--) if (anywhere ? lines[i].includes(text) : lines[i].startsWith(text)) return lines[i];
  return null;
}

function substituteLast(line: string): string {
  const parts = line.split('^');
  if (parts.length < 3 || !lines.length) return line;
  const last = lines[lines.length - 1];
  if (last.includes(parts[1])) return last.replace(parts[1], parts[2]);
  missing = line;
  return line;
}
