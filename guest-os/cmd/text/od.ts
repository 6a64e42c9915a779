// SPDX-License-Identifier: MIT
/** @fileoverview od(1): bytes of files as numbers or characters */
/** @manual
 * OPTIONS
 *   -A base   offsets in d, o, x, or n none
 *   -b -c -d -o -s -x   the same as -t o1, c, u2, o2, d2, x2
 *   -j n   leaves out so many bytes;  -N n  shows at most so many
 *   -t type   a named characters, c characters, d o u x numbers with a size (1 2 4 8), f floating numbers (4 8); z behind it: and as text
 *   -v   equal lines too
 *   -w n   so many bytes a line, 16 otherwise
 */
import { openInput, out, Reader, say } from '../../lib/io';
import { parseSize } from '../../lib/human';
import { formatDouble } from '../../lib/numbers';
import { misused, Options } from '../../lib/options';
import { padLeft } from '../../lib/text';

export const USAGE: string = 'od [-bcdosvx] [-A base] [-j skip] [-N count] [-t type] [-w[width]] [file ...]';
const NAMES: string[] = [
  'nul',
  'soh',
  'stx',
  'etx',
  'eot',
  'enq',
  'ack',
  'bel',
  'bs',
  'ht',
  'nl',
  'vt',
  'ff',
  'cr',
  'so',
  'si',
  'dle',
  'dc1',
  'dc2',
  'dc3',
  'dc4',
  'nak',
  'syn',
  'etb',
  'can',
  'em',
  'sub',
  'esc',
  'fs',
  'gs',
  'rs',
  'us',
  'sp',
];
const LONGEST: i32 = 4096;
const block = memory.data(4096, 8);

class Format {
  constructor(
    readonly kind: string,
    readonly size: i32,
    readonly text: bool,
  ) {}
  /** Characters of one number, without the space in front. */
  get width(): i32 {
    if (this.kind == 'a' || this.kind == 'c') return 3;
    if (this.kind == 'x') return 2 * this.size;
    if (this.kind == 'f') return this.size == 4 ? 15 : 24;
    if (this.kind == 'o') return (8 * this.size + 2) / 3;
    const digits = this.size == 1 ? 3 : this.size == 2 ? 5 : this.size == 4 ? 10 : 20;
    return this.kind == 'd' && this.size < 8 ? digits + 1 : digits;
  }
}

let base = 'o';

export function main(args: string[]): i32 {
  const words: string[] = [];
  let line = 16;
  // -w may stand alone, for 32.
  for (let i = 0; i < args.length; i++) {
    if (i && args[i].startsWith('-w')) line = args[i].length > 2 ? <i32>parseSize(args[i].substring(2)) : 32;
    else words.push(args[i]);
  }
  const options = new Options(words, USAGE, 'A:abcdj:N:osS:t:vxX', [
    'address-radix=A',
    'skip-bytes=j',
    'read-bytes=N',
    'format=t',
    'output-duplicates=v',
  ]);
  const formats: Format[] = [];
  let skip: i64 = 0;
  let left: i64 = i64.MAX_VALUE;
  let all = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'A') base = options.argument;
    else if (option == 'j') skip = sizeOf(options.argument);
    else if (option == 'N') left = sizeOf(options.argument);
    else if (option == 'v') all = true;
    else if (option == 't') {
      if (!addFormats(formats, options.argument)) {
        say('od: invalid type string: ' + options.argument + '\n');
        return 1;
      }
    } else {
      const kind =
        option == 'b' || option == 'o' ? 'o' : option == 'd' ? 'u' : option == 's' ? 'd' : option == 'X' ? 'x' : option;
      formats.push(new Format(kind, 'abc'.includes(option) ? 1 : option == 'X' ? 4 : 2, false));
    }
  }
  if (options.failed) return 1;
  if (skip < 0 || left < 0 || line < 1 || line > LONGEST || !'doxn'.includes(base) || base.length != 1) return misused(USAGE);
  if (!formats.length) formats.push(new Format('o', 2, false));
  const files = options.operands();
  if (!files.length) files.push('-');
  return dump(files, formats, skip, left, line, all);
}

/** Octal behind 0, hexadecimal behind 0x. */
function sizeOf(text: string): i64 {
  if (text.startsWith('0x') || text.startsWith('0X')) return <i64>U64.parseInt(text.substring(2), 16);
  return text.length > 1 && text.startsWith('0') ? <i64>U64.parseInt(text, 8) : parseSize(text);
}

function addFormats(formats: Format[], text: string): bool {
  for (let i = 0; i < text.length; ) {
    const kind = text.charAt(i++);
    if (!'acdfoux'.includes(kind)) return false;
    let size = kind == 'a' || kind == 'c' ? 1 : kind == 'f' ? 8 : 4;
    if (kind != 'a' && kind != 'c' && i < text.length) {
      const named = 'CSILFD'.indexOf(text.charAt(i));
      if (named >= 0) {
        size = named == 0 ? 1 : named == 1 ? 2 : named == 2 || named == 4 ? 4 : 8;
        i++;
      } else if (<u32>(text.charCodeAt(i) - 0x30) < 10) size = text.charCodeAt(i++) - 0x30;
    }
    if (size != 1 && size != 2 && size != 4 && size != 8) return false;
    if (kind == 'f' && size < 4) return false;
    const shown = i < text.length && text.charAt(i) == 'z';
    if (shown) i++;
    formats.push(new Format(kind, size, shown));
  }
  return text.length > 0;
}

function dump(files: string[], formats: Format[], skip: i64, most: i64, line: i32, all: bool): i32 {
  // All formats of a line share columns: the widest line decides.
  let lineWidth = 0;
  for (let i = 0; i < formats.length; i++) lineWidth = max(lineWidth, (formats[i].width + 1) * (line / formats[i].size));
  let result = 0;
  let offset = skip;
  let left = most;
  let used = 0;
  let before = '';
  let starred = false;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('od', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    const reader = new Reader(descriptor);
    while (left > 0) {
      const c = reader.byte();
      if (c < 0) break;
      if (skip > 0) {
        skip--;
        continue;
      }
      left--;
      store<u8>(block + used++, <u8>c);
      if (used < line) continue;
      const same = lineKey(line);
      if (!all && before == same) {
        if (!starred) out('*\n');
        starred = true;
      } else {
        show(offset, line, line, formats, lineWidth);
        starred = false;
      }
      before = same;
      offset += line;
      used = 0;
    }
  }
  if (skip > 0) {
    say('od: cannot skip past end of input\n');
    return 1;
  }
  if (used) {
    memory.fill(block + used, 0, line - used + 8 < LONGEST - used ? line - used + 8 : LONGEST - used);
    show(offset, used, line, formats, lineWidth);
    offset += used;
  }
  if (base != 'n') out(address(offset) + '\n');
  return result;
}

function lineKey(count: i32): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String.fromCharCode(load<u8>(block + i));
  return text;
}

function address(offset: i64): string {
  if (base == 'n') return '';
  const digits = base == 'd' ? offset.toString() : base == 'x' ? offset.toString(16) : offset.toString(8);
  return digits.padStart(base == 'x' ? 6 : 7, '0');
}

function show(offset: i64, count: i32, line: i32, formats: Format[], lineWidth: i32): void {
  for (let i = 0; i < formats.length; i++) {
    const format = formats[i];
    let text = i ? ' '.repeat(base == 'n' ? 0 : base == 'x' ? 6 : 7) : address(offset);
    const width = (lineWidth * format.size) / line;
    for (let at = 0; at < count; at += format.size) text += padLeft(one(format, block + at), width);
    if (format.text) {
      text = text.padEnd(text.length + (line / format.size - (count + format.size - 1) / format.size) * width) + '  >';
      for (let at = 0; at < count; at++) {
        const c = load<u8>(block + at);
        text += c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : '.';
      }
      text += '<';
    }
    out(text + '\n');
  }
}

function one(format: Format, at: usize): string {
  const size = format.size;
  if (format.kind == 'a') {
    const c = <i32>load<u8>(at) & 0x7f;
    return c <= 32 ? NAMES[c] : c == 127 ? 'del' : String.fromCharCode(c);
  }
  if (format.kind == 'c') {
    const c = <i32>load<u8>(at);
    const named = '\0\x07\b\f\n\r\t\v'.indexOf(String.fromCharCode(c));
    if (named >= 0) return '\\' + '0abfnrtv'.charAt(named);
    return c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : c.toString(8).padStart(3, '0');
  }
  if (format.kind == 'f') {
    if (size == 8) return shortest(load<f64>(at), 17);
    return shortest(<f64>load<f32>(at), 8);
  }
  const value: u64 = size == 1 ? load<u8>(at) : size == 2 ? load<u16>(at) : size == 4 ? load<u32>(at) : load<u64>(at);
  if (format.kind == 'd') {
    const shift = 64 - 8 * size;
    return (<i64>(value << (<u64>shift)) >> <i64>shift).toString();
  }
  if (format.kind == 'u') return value.toString();
  return format.kind == 'x' ? value.toString(16).padStart(2 * size, '0') : value.toString(8).padStart((8 * size + 2) / 3, '0');
}

/** As few digits as tell the number from its neighbours. */
function shortest(value: f64, most: i32): string {
  for (let precision = most == 17 ? 15 : 6; precision < most; precision++) {
    const text = formatDouble(value, 'g', precision);
    if (most == 17 ? parseFloat(text) == value : <f32>parseFloat(text) == <f32>value) return text;
  }
  return formatDouble(value, 'g', most);
}
