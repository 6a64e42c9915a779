// SPDX-License-Identifier: MIT
/** @fileoverview paste(1): lines of files side by side */
/** @manual
 * OPTIONS
 *   -d list   these characters between, in turn; \n, \t, \\ and \0 (nothing) may be among them
 *   -s   the lines of each file on one line
 */
import { openInput, out, Reader } from '../../lib/io';
import { Options } from '../../lib/options';

export const USAGE: string = 'paste [-s] [-d list] file ...';

let delimiters: string[] = ['\t'];

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'd:sz', ['delimiters=d', 'serial=s']);
  let serial = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 's') serial = true;
    else if (option == 'd') delimiters = listOf(options.argument);
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (!files.length) files.push('-');
  const readers: Reader[] = [];
  const standard = new Reader(0);
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('paste', files[i]);
    if (descriptor < 0) return 1;
    readers.push(descriptor ? new Reader(descriptor) : standard);
  }
  if (serial) for (let i = 0; i < readers.length; i++) inOneLine(readers[i]);
  else sideBySide(readers);
  return 0;
}

function listOf(text: string): string[] {
  const list: string[] = [];
  for (let i = 0; i < text.length; i++) {
    let c = text.charAt(i);
    if (c == '\\' && i + 1 < text.length) {
      c = text.charAt(++i);
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '' : c;
    }
    list.push(c);
  }
  return list.length ? list : [''];
}

function inOneLine(reader: Reader): void {
  let index = 0;
  let any = false;
  for (let line = reader.line(); line != null; line = reader.line()) {
    if (any) out(delimiters[index++ % delimiters.length]);
    out(line);
    any = true;
  }
  out('\n');
}

function sideBySide(readers: Reader[]): void {
  while (true) {
    let text = '';
    let any = false;
    for (let i = 0; i < readers.length; i++) {
      const line = readers[i].line();
      if (line != null) {
        any = true;
        text += line;
      }
      if (i < readers.length - 1) text += delimiters[i % delimiters.length];
    }
    if (!any) return;
    out(text + '\n');
  }
}
