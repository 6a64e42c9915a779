// SPDX-License-Identifier: MIT
/** @fileoverview strings(1): text in files of other data */
/** @manual
 * OPTIONS
 *   -n count   at least so many printable characters in a row, 4 otherwise
 *   -t d|o|x   where each begins
 *   -a   the whole file, as always
 */
import { openInput, out, Reader } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { padLeft, parseNumber } from '../../lib/text';

export const USAGE: string = 'strings [-a] [-t format] [-n number] [file ...]';

export function main(args: string[]): i32 {
  const words = args.slice(0);
  for (let i = 1; i < words.length; i++)
    if (words[i].length > 1 && words[i].startsWith('-') && parseNumber(words[i].substring(1)) > 0)
      words[i] = '-n' + words[i].substring(1);
  const options = new Options(words, USAGE, 'an:ot:', ['bytes=n', 'radix=t']);
  let least: i64 = 4;
  let base = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'n') least = parseNumber(options.argument);
    else if (option == 't') base = options.argument;
    else if (option == 'o') base = 'o';
  }
  if (options.failed) return 1;
  if (least < 1 || base.length > 1 || !'dox'.includes(base)) return misused(USAGE);
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('strings', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    let text = '';
    let at: i64 = 0;
    let start: i64 = 0;
    for (let c = reader.byte(); ; c = reader.byte(), at++) {
      if ((c >= 0x20 && c < 0x7f) || c == 9) {
        if (!text.length) start = at;
        text += String.fromCharCode(c);
        continue;
      }
      if (text.length >= least) {
        const radix = base == 'd' ? 10 : base == 'o' ? 8 : 16;
        out((base.length ? padLeft(start.toString(radix), 7) + ' ' : '') + text + '\n');
      }
      text = '';
      if (c < 0) break;
    }
  }
  return result;
}
