// SPDX-License-Identifier: MIT
/** @fileoverview man(1): find and display manual pages */
/** @manual
 * DESCRIPTION
 * Shows the page of a command, file or facility, through $PAGER, or less(1), or a screen at a time: space for the next, q to leave.
 *
 * OPTIONS
 *   -a           all pages of that name, one after the other
 *   -k word ...  pages whose name or summary has a word, as apropos(1)
 *   -f name ...  the summary of a page, as whatis(1)
 *   -l           where the pages lie
 *   -s section   only this section
 *
 * SECTIONS
 *   1   commands            5   file formats
 *   7   overviews           8   administration
 *
 * FILES
 *   /usr/share/man/manN/NAME.N   pages
 *   /usr/share/man/whatis        their summaries
 *
 * EXIT STATUS
 *   0   shown
 *   1   there is no such page
 *   2   wrong usage
 */
import * as calls from '../../lib/calls';
import { namesIn, sortNames, status } from '../../lib/files';
import { O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { page } from '../../lib/pager';
import { zeroTerminated } from '../../lib/text';
import { columns, isTerminal } from '../../lib/tty';

export const USAGE: string = 'man [-al] [-s section] name ...\nman -k word ...\nman -f name ...';

const ROOT: string = '/usr/share/man';
const INDENT: i32 = 5;
const WIDEST: i32 = 80;
const names = memory.data(1285);

export function main(args: string[]): i32 {
  let all = false;
  let where = false;
  let mode = '';
  let section = '';
  let i = 1;
  for (; i < args.length && args[i].startsWith('-') && args[i].length > 1; i++) {
    const word = args[i];
    if (word == '-a') all = true;
    else if (word == '-l') where = true;
    else if (word == '-k' || word == '-f') mode = word;
    else if (word == '-s' && i + 1 < args.length) section = args[++i];
    else if (word == '-M' && i + 1 < args.length) i++;
    else return usage();
  }
  if (i >= args.length) return usage();
  if (mode.length) return search(args.slice(i), mode == '-k');
  // `man 8 svcadm` is what other systems' users type.
  if (i + 1 < args.length && args[i].length <= 4 && args[i].charCodeAt(0) >= 0x30 && args[i].charCodeAt(0) <= 0x39)
    section = args[i++];
  let result = 0;
  for (; i < args.length; i++) {
    const found = find(args[i], section);
    if (!found.length) {
      say('No manual entry for ' + args[i] + (section.length ? ' in section ' + section : '') + '.\n');
      result = 1;
    }
    for (let k = 0; k < (all || where ? found.length : min(found.length, 1)); k++) {
      if (where) out(found[k] + '\n');
      else show(found[k]);
    }
  }
  return result;
}

function usage(): i32 {
  say('usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
  return 2;
}

/** Paths of the pages of a name, in the order of their sections. */
function find(name: string, section: string): string[] {
  const found: string[] = [];
  const folders = namesIn(ROOT);
  if (!folders || name.includes('/')) return found;
  sortNames(folders);
  for (let i = 0; i < folders.length; i++) {
    if (!folders[i].startsWith('man') || folders[i].length < 4) continue;
    const own = folders[i].substring(3);
    if (section.length && own.toLowerCase() != section.toLowerCase()) continue;
    const path = ROOT + '/' + folders[i] + '/' + name + '.' + own;
    if (status(path, true)) found.push(path);
  }
  return found;
}

function read(path: string): string {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return '';
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}

const TITLES: string[] = [
  '1',
  'User Commands',
  '5',
  'File Formats',
  '7',
  'Standards, Environments, Macros',
  '8',
  'Maintenance Procedures',
];

function title(section: string): string {
  const at = TITLES.indexOf(section.substring(0, 1));
  return at < 0 ? 'Manual' : TITLES[at + 1];
}

function show(path: string): void {
  const terminal = isTerminal(1);
  const width = terminal ? min(columns(1), WIDEST) : WIDEST;
  const text = read(path);
  const end = text.indexOf('\n');
  const name = text.substring(0, end);
  const section = name.substring(name.indexOf('(') + 1, name.length - 1);
  const upper = name.toUpperCase();
  const middle = title(section);
  const gap = max((width - middle.length) / 2 - upper.length, 1);
  let result = upper + ' '.repeat(gap) + middle;
  result += ' '.repeat(max(width - result.length - upper.length, 1)) + upper + '\n';
  const page_ = new Page(width);
  const lines = text.substring(end + 1).split('\n');
  for (let i = 0; i < lines.length; i++) page_.add(lines[i]);
  result += page_.finish();
  calls.uname(names);
  const version = zeroTerminated(names + 257 * 3);
  page(result + '\n' + version + ' '.repeat(max(width - version.length - upper.length, 1)) + upper + '\n');
}

/** Headings at the margin, paragraphs filled, indented lines as they are. */
class Page {
  private text: string = '';
  private paragraph: string = '';
  constructor(private readonly width: i32) {}

  add(line: string): void {
    if (!line.length) {
      this.endParagraph();
      if (!this.text.endsWith('\n\n')) this.text += '\n';
      return;
    }
    if (isHeading(line)) {
      this.endParagraph();
      this.text += (this.text.endsWith('\n\n') || !this.text.length ? '' : '\n') + line + '\n';
      return;
    }
    if (line.startsWith('  ')) {
      this.endParagraph();
      this.indented(line);
      return;
    }
    this.paragraph += (this.paragraph.length ? ' ' : '') + line;
  }

  /** What is too long goes on below its explanation, which begins behind two blanks. */
  private indented(line: string): void {
    let rest = ' '.repeat(INDENT - 2) + line;
    let at = 0;
    while (at < rest.length && rest.charCodeAt(at) == 0x20) at++;
    const gap = rest.indexOf('  ', at);
    if (gap > 0) for (at = gap; at < rest.length && rest.charCodeAt(at) == 0x20; ) at++;
    while (rest.length > this.width) {
      const end = rest.lastIndexOf(' ', this.width);
      if (end <= at) break;
      this.text += rest.substring(0, end) + '\n';
      rest = ' '.repeat(at) + rest.substring(end + 1);
    }
    this.text += rest + '\n';
  }

  finish(): string {
    this.endParagraph();
    return '\n' + this.text.trim() + '\n';
  }

  private endParagraph(): void {
    const words = this.paragraph.split(' ');
    this.paragraph = '';
    let line = '';
    for (let i = 0; i < words.length; i++) {
      if (!words[i].length) continue;
      if (line.length && INDENT + line.length + 1 + words[i].length > this.width) {
        this.text += ' '.repeat(INDENT) + line + '\n';
        line = '';
      }
      line += (line.length ? ' ' : '') + words[i];
    }
    if (line.length) this.text += ' '.repeat(INDENT) + line + '\n';
  }
}

function isHeading(line: string): bool {
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (!(c >= 0x41 && c <= 0x5a) && c != 0x20 && c != 0x2f && c != 0x2c && c != 0x2d) return false;
  }
  return line.charCodeAt(0) >= 0x41;
}

/** Lines of the index: with a word anywhere, or of a page's name. */
export function search(words: string[], anywhere: bool): i32 {
  const lines = read(ROOT + '/whatis').split('\n');
  let result = 0;
  for (let w = 0; w < words.length; w++) {
    const wanted = words[w].toLowerCase();
    let found = false;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      const fits = anywhere ? line.toLowerCase().includes(wanted) : line.startsWith(words[w] + '(');
      if (!line.length || !fits) continue;
      out(line + '\n');
      found = true;
    }
    if (found) continue;
    out(words[w] + ': nothing appropriate\n');
    result = 1;
  }
  return result;
}
