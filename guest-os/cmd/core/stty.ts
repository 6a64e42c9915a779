// SPDX-License-Identifier: MIT
/** @fileoverview stty(1): settings of the terminal */
/** @manual
 * DESCRIPTION
 * Without operands it shows what differs from the usual. Operands set modes, with - in front off: icanon echo echoe echok echonl isig iexten tostop
 * icrnl inlcr igncr ixon ixoff ixany istrip opost onlcr ocrnl; characters: intr quit erase kill eof eol susp start stop, as ^c or undef; min n, time n;
 * rows n, columns n, size; and sane, raw, cooked, cbreak.
 *
 * OPTIONS
 *   -a   everything
 *   -g   in a form that stty takes back
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'stty [-a | -g] [mode ...]';
const TCGETS: i32 = 0x540d;
const TCSETSW: i32 = 0x540f;
const TIOCGWINSZ: i32 = 0x5468;
const TIOCSWINSZ: i32 = 0x5467;
/** struct termios: iflag, oflag, cflag, lflag, then 19 control characters (<sys/termios.h>). */
const modes = memory.data(64, 8);
const size = memory.data(16, 8);
const CHARACTERS: usize = 16;
const COUNT: i32 = 19;

/** Name, word (0 to 3), bit. */
const FLAGS: string[] = [
  'brkint',
  'ignpar',
  'istrip',
  'inlcr',
  'igncr',
  'icrnl',
  'ixon',
  'ixany',
  'ixoff',
  'imaxbel',
  'opost',
  'onlcr',
  'ocrnl',
  'isig',
  'icanon',
  'echo',
  'echoe',
  'echok',
  'echonl',
  'noflsh',
  'tostop',
  'echoctl',
  'echoke',
  'iexten',
];
const WORDS: StaticArray<u8> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3];
const BITS: StaticArray<u32> = [
  0o2, 0o4, 0o40, 0o100, 0o200, 0o400, 0o2000, 0o4000, 0o10000, 0o20000, 0o1, 0o4, 0o10, 0o1, 0o2, 0o10, 0o20, 0o40, 0o100, 0o200,
  0o400, 0o1000, 0o4000, 0o100000,
];
const NAMES: string[] = [
  'intr',
  'quit',
  'erase',
  'kill',
  'eof',
  'eol',
  'eol2',
  'swtch',
  'start',
  'stop',
  'susp',
  'dsusp',
  'rprnt',
  'flush',
  'werase',
  'lnext',
];

export function main(args: string[]): i32 {
  const options = new Options(
    args.length > 1 && (args[1] == '-a' || args[1] == '-g' || args[1] == '--all')
      ? args
      : [args[0]].concat(['--']).concat(args.slice(1)),
    USAGE,
    'ag',
    ['all=a', 'save=g'],
  );
  let how = '';
  for (let option = options.next(); option != ''; option = options.next()) how = option;
  if (options.failed) return 1;
  const error = calls.ioctl(0, TCGETS, modes);
  if (error < 0) {
    complain('stty', 'standard input', error);
    return 1;
  }
  const words = options.operands();
  if (how == 'g') save();
  else if (how == 'a' || !words.length) show(how == 'a');
  for (let i = 0; i < words.length; i++) {
    const taken = set(words, i);
    if (taken < 0) {
      say('stty: unknown mode: ' + words[i] + '\n');
      return 1;
    }
    i += taken;
  }
  if (!words.length) return 0;
  const result = calls.ioctl(0, TCSETSW, modes);
  if (result < 0) complain('stty', 'standard input', result);
  return result < 0 ? 1 : 0;
}

function word(index: i32): u32 {
  return load<u32>(modes + ((<usize>index) << 2));
}
function setWord(index: i32, value: u32): void {
  store<u32>(modes + ((<usize>index) << 2), value);
}

function characterText(code: i32): string {
  if (!code) return '<undef>';
  if (code == 0x7f) return '^?';
  return code < 0x20 ? '^' + String.fromCharCode(code + 0x40).toLowerCase() : String.fromCharCode(code);
}

function show(all: bool): void {
  calls.ioctl(0, TIOCGWINSZ, size);
  if (all) out('rows = ' + load<u16>(size).toString() + '; columns = ' + load<u16>(size, 2).toString() + ';\n');
  const texts: string[] = [];
  const canonical = (word(3) & 2) != 0;
  for (let i = 0; i < NAMES.length; i++) {
    if (!canonical && (i == 4 || i == 5))
      texts.push((i == 4 ? 'min = ' : 'time = ') + load<u8>(modes + CHARACTERS + i).toString() + ';');
    else if (all || i < 4) texts.push(NAMES[i] + ' = ' + characterText(load<u8>(modes + CHARACTERS + i)) + ';');
  }
  lines(texts);
  const flags: string[] = [];
  for (let i = 0; i < FLAGS.length; i++) {
    const on = (word(WORDS[i]) & BITS[i]) != 0;
    if (all || on) flags.push((on ? '' : '-') + FLAGS[i]);
  }
  lines(flags);
}

function lines(texts: string[]): void {
  let line = '';
  for (let i = 0; i < texts.length; i++) {
    if (line.length && line.length + texts[i].length + 1 > 79) {
      out(line + '\n');
      line = '';
    }
    line += (line.length ? ' ' : '') + texts[i];
  }
  if (line.length) out(line + '\n');
}

function save(): void {
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) texts.push(word(i).toString(16));
  for (let i = 0; i < COUNT; i++) texts.push(load<u8>(modes + CHARACTERS + i).toString(16));
  out(texts.join(':') + '\n');
}

/** How many words more it took, or -1. */
function set(words: string[], at: i32): i32 {
  const full = words[at];
  const off = full.startsWith('-');
  const name = off ? full.substring(1) : full;
  const flag = FLAGS.indexOf(name);
  if (flag >= 0) {
    const bit = BITS[flag];
    setWord(WORDS[flag], off ? word(WORDS[flag]) & ~bit : word(WORDS[flag]) | bit);
    return 0;
  }
  if (name == 'size') {
    calls.ioctl(0, TIOCGWINSZ, size);
    out(load<u16>(size).toString() + ' ' + load<u16>(size, 2).toString() + '\n');
    return 0;
  }
  if (name == 'sane' || (name == 'cooked' && !off) || (name == 'raw' && off) || (name == 'cbreak' && off)) {
    change(['icrnl', 'ixon', 'opost', 'onlcr', 'isig', 'icanon', 'echo', 'echoe', 'echok', 'iexten'], false);
    if (!load<u8>(modes + CHARACTERS + 4) || load<u8>(modes + CHARACTERS + 4) == 1) store<u8>(modes + CHARACTERS + 4, 4);
    if (load<u8>(modes + CHARACTERS + 5) == 1) store<u8>(modes + CHARACTERS + 5, 0);
    return 0;
  }
  if (name == 'raw' || name == 'cooked') {
    change(['icrnl', 'ixon', 'opost', 'isig', 'icanon', 'iexten'], true);
    minTime(1, 0);
    return 0;
  }
  if (name == 'cbreak') {
    change(['icanon'], true);
    minTime(1, 0);
    return 0;
  }
  if (!off && full.includes(':')) return restore(full) ? 0 : -1;
  if (off || at + 1 >= words.length) return -1;
  const value = words[at + 1];
  const character = NAMES.indexOf(name);
  if (character >= 0) {
    const code =
      value == 'undef' || value == '^-'
        ? 0
        : value == '^?'
          ? 0x7f
          : value.length == 2 && value.startsWith('^')
            ? value.charCodeAt(1) & 0x1f
            : value.charCodeAt(0);
    store<u8>(modes + CHARACTERS + character, <u8>code);
    return 1;
  }
  const number = parseNumber(value);
  if (number < 0) return -1;
  if (name == 'min') store<u8>(modes + CHARACTERS + 4, <u8>number);
  else if (name == 'time') store<u8>(modes + CHARACTERS + 5, <u8>number);
  else if (name == 'rows' || name == 'columns' || name == 'cols') {
    calls.ioctl(0, TIOCGWINSZ, size);
    store<u16>(size + (name == 'rows' ? 0 : 2), <u16>number);
    calls.ioctl(0, TIOCSWINSZ, size);
  } else return -1;
  return 1;
}

function minTime(least: u8, tenths: u8): void {
  store<u8>(modes + CHARACTERS + 4, least);
  store<u8>(modes + CHARACTERS + 5, tenths);
}

function change(names: string[], off: bool): void {
  for (let i = 0; i < names.length; i++) {
    const flag = FLAGS.indexOf(names[i]);
    setWord(WORDS[flag], off ? word(WORDS[flag]) & ~BITS[flag] : word(WORDS[flag]) | BITS[flag]);
  }
}

function restore(text: string): bool {
  const parts = text.split(':');
  if (parts.length != 4 + COUNT) return false;
  for (let i = 0; i < parts.length; i++) {
    const value = <u32>U32.parseInt(parts[i], 16);
    if (i < 4) setWord(i, value);
    else store<u8>(modes + CHARACTERS + i - 4, <u8>value);
  }
  return true;
}
