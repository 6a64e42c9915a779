// SPDX-License-Identifier: MIT
/** @fileoverview xargs(1): run commands with arguments from standard input */
/** @manual
 * DESCRIPTION
 * Words are separated by white space; quotes and backslashes keep it in them. As many as fit are put behind the command, echo without one.
 *
 * OPTIONS
 *   -0   words end with a zero byte;  -d char  with this one
 *   -n number   at most so many words each time;  -L number  so many lines
 *   -I text   one line each time, in place of this text
 *   -P number   runs so many commands at a time
 *   -r   runs nothing where there are no words
 *   -s size   bytes of a command line;  -x  ends where one does not fit
 *   -t   shows each command;  -p  asks before each
 *   -E text   ends at this word;  -a file  words from this file
 *
 * EXIT STATUS
 *   0   all commands gave 0;  123  one did not;  124  one gave 255;  125  one was ended by a signal
 *   126   the command cannot be run;  127  it is not found;  1  something else
 */
import { agrees } from '../../lib/ask';
import { openInput, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { environment, startPath, waitFor } from '../../lib/process';
import { parseNumber } from '../../lib/text';

export const USAGE: string =
  'xargs [-0prtx] [-a file] [-d char] [-E eofstr] [-I replstr] [-L number] [-n number] [-P number] [-s size] [utility [argument ...]]';
/** Enough for any command, far from what the kernel takes. */
const SIZE: i32 = 131072;

let command: string[] = [];
let variables: string[] = [];
let trace = false;
let ask = false;
let parallel = 1;
let running = 0;
let result = 0;
let stopped = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '0a:d:E:I:L:l:n:P:prs:tx', [
    'null=0',
    'arg-file=a',
    'delimiter=d',
    'replace?=I',
    'max-lines=L',
    'max-args=n',
    'max-procs=P',
    'interactive=p',
    'no-run-if-empty=r',
    'max-chars=s',
    'verbose=t',
    'exit=x',
  ]);
  let delimiter = -1;
  let stop = '';
  let place = '';
  let lines: i64 = 0;
  let words: i64 = i64.MAX_VALUE;
  let size: i64 = SIZE;
  let skipEmpty = false;
  let file = '-';
  for (let option = options.next(); option != ''; option = options.next()) {
    const text = options.argument;
    const number = 'LlnPs'.includes(option) ? parseNumber(text) : 0;
    if (number < 0 || (number == 0 && 'Lns'.includes(option))) {
      say('xargs: invalid number: ' + text + '\n');
      return 1;
    }
    if (option == '0') delimiter = 0;
    else if (option == 'a') file = text;
    else if (option == 'd') delimiter = text == '\\n' ? 10 : text == '\\t' ? 9 : text == '\\0' ? 0 : text.charCodeAt(0);
    else if (option == 'E') stop = text;
    else if (option == 'I') place = text.length ? text : '{}';
    else if (option == 'L' || option == 'l') lines = number;
    else if (option == 'n') words = number;
    else if (option == 'P') parallel = number ? <i32>number : 1000;
    else if (option == 'p') ask = trace = true;
    else if (option == 'r') skipEmpty = true;
    else if (option == 's') size = number;
    else if (option == 't') trace = true;
  }
  if (options.failed) return 1;
  const descriptor = openInput('xargs', file);
  if (descriptor < 0) return 1;
  command = options.operands();
  if (!command.length) command = ['echo'];
  variables = environment();
  const input = new Words(new Reader(descriptor), delimiter, place.length > 0);
  let base = 0;
  for (let i = 0; i < command.length; i++) base += command[i].length + 1;
  let group: string[] = [];
  let used: i64 = base;
  let lineCount: i64 = 0;
  let any = false;
  for (let word = input.next(); word != null && !stopped; word = input.next()) {
    if (stop.length && word == stop) break;
    if (place.length) {
      const text = delimiter < 0 ? word.trimStart() : word;
      any = true;
      const full: string[] = [];
      for (let i = 0; i < command.length; i++) full.push(i ? command[i].replaceAll(place, text) : command[i]);
      run(full);
      continue;
    }
    if (group.length && (group.length >= words || used + <i64>word.length + 1 > size)) {
      run(command.concat(group));
      group = [];
      used = base;
      lineCount = 0;
    }
    if (used + <i64>word.length + 1 > size) {
      say('xargs: argument line too long\n');
      result = max(result, 1);
      break;
    }
    any = true;
    group.push(word);
    used += <i64>word.length + 1;
    if (!lines || !input.lineEnded || ++lineCount < lines) continue;
    run(command.concat(group));
    group = [];
    used = base;
    lineCount = 0;
  }
  if (input.error.length) {
    say('xargs: ' + input.error + '\n');
    result = 1;
    if (group.length) run(command.concat(group));
  } else if (!stopped && (group.length || (!any && !skipEmpty && !place.length))) run(command.concat(group));
  while (running) collect();
  return result;
}

function run(words: string[]): void {
  if (trace) say(words.join(' ') + (ask ? ' ?...' : '\n'));
  if (ask && !agrees('')) return;
  if (running == parallel) collect();
  if (stopped) return;
  if (startPath('xargs', words, variables) < 0) {
    result = 1;
    stopped = true;
    return;
  }
  running++;
}

function collect(): void {
  const news = waitFor(0);
  if (news.pid <= 0) {
    running = 0;
    return;
  }
  running--;
  if (news.signal) {
    result = 125;
    stopped = true;
  } else if (news.status == 255) {
    result = 124;
    stopped = true;
  } else if (news.status == 126 || news.status == 127) {
    result = news.status;
    stopped = true;
  } else if (news.status && !result) result = 123;
}

class Words {
  /** The word just given was the last of its line. */
  lineEnded: bool = false;
  error: string = '';
  private ahead: i32 = -2;
  constructor(
    private readonly reader: Reader,
    private readonly delimiter: i32,
    private readonly wholeLines: bool,
  ) {}

  private byte(): i32 {
    if (this.ahead == -2) return this.reader.byte();
    const c = this.ahead;
    this.ahead = -2;
    return c;
  }

  next(): string | null {
    if (this.delimiter >= 0) {
      const line = this.reader.line(<u8>this.delimiter);
      this.lineEnded = true;
      return line;
    }
    let c = this.byte();
    while (c == 0x20 || c == 9 || c == 0x0a) c = this.byte();
    if (c < 0) return null;
    let text = '';
    let blank = false;
    for (; c >= 0; c = this.byte()) {
      if (c == 0x0a) break;
      if ((c == 0x20 || c == 9) && !this.wholeLines) {
        blank = true;
        break;
      }
      if (c == 0x5c) {
        c = this.byte();
        if (c < 0) break;
        text += String.fromCharCode(c);
      } else if (c == 0x22 || c == 0x27) {
        const quote = c;
        for (c = this.byte(); c >= 0 && c != quote && c != 0x0a; c = this.byte()) text += String.fromCharCode(c);
        if (c != quote) {
          this.error = 'missing quote';
          return null;
        }
      } else text += String.fromCharCode(c);
    }
    this.lineEnded = !blank;
    if (blank) {
      // White space up to the end of the line: this word is its last.
      let next = this.byte();
      while (next == 0x20 || next == 9) next = this.byte();
      if (next == 0x0a || next < 0) this.lineEnded = true;
      this.ahead = next == 0x0a ? -2 : next;
    }
    return text;
  }
}
