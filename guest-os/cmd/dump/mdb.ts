// SPDX-License-Identifier: MIT
/** @fileoverview mdb(1): look into a crash dump, or the running kernel */
/** @manual
 * DESCRIPTION
 * Reads commands, a line each, about a crash dump that savecore(8) has expanded: its symbols and memory, or N for unix.N and vmcore.N; with -k, about the kernel that
 * runs. `echo ::ps | mdb -k` is the usual way.
 *
 * COMMANDS
 *   ::status    what is looked at, and why the kernel panicked
 *   ::msgbuf    the kernel's last messages
 *   ::ps        processes: state, ids, user, address, name; -f with arguments, -z with the zone
 *   ::stack, $c, $C   calls that led to the panic; $C with frames; ADDRESS::stack from that frame on
 *   ::threadlist   the kernel's threads
 *   ::memstat   what memory is used for
 *   ::zone      zones
 *   ADDRESS::dump   16 bytes there; ADDRESS,N::dump  N lines
 *   ADDRESS::whatis, ADDRESS=a   the function that an address lies in
 *   ::dcmds     this list;  ::quit, $q   the end
 *
 * Addresses are hexadecimal, or names of symbols. Every figure is read from the memory of the kernel that is looked at, by symbols and offsets that its own dump has.
 *
 * EXIT STATUS
 *   0 done; 1 there is nothing to look at; 2 usage
 *
 * SEE ALSO
 * savecore(8), dumpadm(8)
 */
import { DumpHeader } from 'layout/dump';
import { errorText } from '../../lib/errors';
import { flush, O_RDONLY, openFile, out, Reader, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';
import { isTerminal } from '../../lib/tty';
import { DF_ALL, DF_CURPROC, DF_LIVE, DUMP_MAGIC, Headers, panicString, Source, textAt } from './_dump';
import { CoreTarget, LiveTarget, Symbols, Target } from './_memory';

export const USAGE: string = 'mdb -k | N | unix.N vmcore.N';

const DEEPEST: i32 = 64;
const STATES: StaticArray<string> = ['R', 'T', 'Z'];
const THREAD_STATES: StaticArray<string> = ['runnable', 'running', 'waiting', 'dead'];
const ZONE_STATES: StaticArray<string> = [
  'uninitialized',
  'initialized',
  'ready',
  'booting',
  'running',
  'shutting_down',
  'empty',
  'down',
];
const bytes: usize = memory.data(16, 8);

let target: Target | null = null;
let header: DumpHeader | null = null;
let coreName: string = '';
let ended: bool = false;
const headers: Headers = new Headers();

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'k');
  let isLive = false;
  for (let option = options.next(); option != ''; option = options.next()) isLive = true;
  if (options.failed) return 2;
  const operands = options.operands();
  if (isLive ? operands.length > 0 : operands.length < 1 || operands.length > 2) return misused(USAGE);
  const isNumber = operands.length == 1;
  const unix = isLive ? '/dev/ksyms' : isNumber ? 'unix.' + operands[0] : operands[0];
  coreName = isLive ? '/dev/mem' : isNumber ? 'vmcore.' + operands[0] : operands[1];
  const names = openOrSay(unix);
  const memory = names < 0 ? -1 : openOrSay(coreName);
  if (memory < 0) return 1;
  const symbols = new Symbols(new Source(names));
  if (!symbols.isGood) {
    say('mdb: ' + unix + ': no symbols of a kernel\n');
    return 1;
  }
  const source = new Source(memory);
  if (isLive) target = new LiveTarget(source, symbols);
  else {
    const last = headers.last;
    if (!source.read(0, last.pointer, DumpHeader.SIZE) || last.magic != DUMP_MAGIC || !last.pages) {
      say('mdb: ' + coreName + ': not an expanded crash dump\n');
      return 1;
    }
    header = last;
    target = new CoreTarget(source, symbols, last);
  }
  read();
  return 0;
}

function openOrSay(path: string): i32 {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) say('mdb: failed to open ' + path + ': ' + errorText(-descriptor) + '\n');
  return descriptor;
}

function read(): void {
  const isPrompted = isTerminal(0);
  const reader = new Reader(0);
  while (!ended) {
    if (isPrompted) out('> ');
    flush();
    const line = reader.line();
    if (line == null) break;
    const parts = line.split(';');
    for (let i = 0; i < parts.length && !ended; i++) perform(parts[i].trim());
  }
  flush();
}

/** `[address[,count]]::command [words]`, `$letter` or `address=a`. */
function perform(line: string): void {
  if (!line.length) return;
  let at = line.indexOf('::');
  let skip = 2;
  if (at < 0) {
    at = line.indexOf('$');
    skip = 1;
  }
  if (at < 0) {
    const equals = line.indexOf('=');
    if (equals <= 0) return fail(line, 'unknown command');
    const place = valueOf(line.substring(0, equals).trim());
    if (valueIsGood) out('                ' + target!.symbols.place(place) + '\n');
    return;
  }
  const words = wordsOf(line.substring(at + skip));
  const front = line.substring(0, at).split(',');
  const hasAddress = front[0].trim().length > 0;
  const address = hasAddress ? valueOf(front[0].trim()) : 0;
  if (hasAddress && !valueIsGood) return;
  let count: u64 = 1;
  if (front.length > 1) count = valueOf(front[1].trim());
  if (!valueIsGood && front.length > 1) return;
  const name = (skip == 1 ? '$' : '') + (words.length ? words[0] : '');
  target!.failed = false;
  if (name == 'status') status();
  else if (name == 'msgbuf') messages();
  else if (name == 'ps') processes(words);
  else if (name == 'stack' || name == '$c' || name == '$C') stack(hasAddress ? address : 0, name == '$C');
  else if (name == 'threadlist') threads();
  else if (name == 'memstat') memory_();
  else if (name == 'zone') zones();
  else if (name == 'dump' && hasAddress) dump(address, count);
  else if (name == 'whatis' && hasAddress) out(address.toString(16) + ' is ' + target!.symbols.place(address) + '\n');
  else if (name == 'dcmds' || name == 'help') commands();
  else if (name == 'quit' || name == '$q') ended = true;
  else fail(line.substring(at), 'unknown command');
  if (target!.failed) say('mdb: some of it is not in ' + coreName + '\n');
}
function wordsOf(text: string): string[] {
  const words: string[] = [];
  const parts = text.split(' ');
  for (let i = 0; i < parts.length; i++) if (parts[i].length) words.push(parts[i]);
  return words;
}
function fail(what: string, why: string): void {
  flush();
  say('mdb: ' + what + ': ' + why + '\n');
}

let valueIsGood: bool = true;
function valueOf(text: string): u64 {
  valueIsGood = true;
  const known = target!.symbols.number(text);
  if (known) return known;
  const digits = text.startsWith('0x') ? text.substring(2) : text;
  let value: u64 = 0;
  for (let i = 0; i < digits.length; i++) {
    const unit = digits.charCodeAt(i) | 0x20;
    const digit = unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
    if (digit < 0 || digits.length > 16) valueIsGood = false;
    value = (value << 4) | <u64>digit;
  }
  if (valueIsGood && digits.length) return value;
  valueIsGood = false;
  fail(text, 'no such symbol');
  return 0;
}

function address(value: u64): string {
  return value.toString(16).padStart(16, '0');
}

// ---- commands

function status(): void {
  const about = header;
  if (!about) {
    out('debugging live kernel (64-bit)\n');
    return;
  }
  const node = textAt(about, DumpHeader.nodenameOffset);
  out('debugging crash dump ' + coreName + ' (64-bit)' + (node.length ? ' from ' + node : '') + '\n');
  out('operating system: ' + textAt(about, DumpHeader.releaseOffset) + ' ' + textAt(about, DumpHeader.versionNameOffset));
  out(' (' + textAt(about, DumpHeader.machineOffset) + ')\n');
  const uuid = textAt(about, DumpHeader.uuidOffset);
  out('image uuid: ' + (uuid.length ? uuid : '(not set)') + '\n');
  if (about.flags & DF_LIVE) out('dump of the running system, not of a panic\n');
  else out('panic message: ' + panicString(about) + '\n');
  out('dump content: ');
  if (about.flags & DF_ALL) out('all kernel and user pages\n');
  else out(about.flags & DF_CURPROC ? 'kernel pages and pages from the process that panicked\n' : 'kernel pages only\n');
}

function messages(): void {
  const from = target!;
  const ring = from.symbols.number('msgbuf');
  const room = from.symbols.size('msgbuf');
  const end = from.u64(from.symbols.number('msgbuf_count'));
  out('MESSAGE\n');
  let line = '';
  for (let at = end > room ? end - room : 0; at < end; at++) {
    if (!from.read(ring + (at % room), bytes, 1)) {
      from.failed = true;
      return;
    }
    const byte = load<u8>(bytes);
    if (byte == 0x0a) {
      out(line + '\n');
      line = '';
    } else if (byte == 0x0d) line = '';
    else line += String.fromCharCode(byte);
  }
  if (line.length) out(line + '\n');
}

function processes(words: string[]): void {
  const from = target!;
  const full = words.includes('-f');
  const withZone = words.includes('-z');
  out('S    PID   PPID   PGID    SID ' + (withZone ? '  ZONE ' : '') + '   UID             ADDR NAME\n');
  const list = from.list('practive');
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    const parent = from.reference(from.field(process, 'Process.parent'));
    const credentials = from.reference(from.field(process, 'Process.credentials'));
    const state = from.u32(from.field(process, 'Process.state'));
    out(state < 3 ? STATES[state] : '?');
    out(column(from.u32(from.field(process, 'Process.pid'))));
    out(column(parent ? from.u32(from.field(parent, 'Process.pid')) : 0));
    out(column(from.u32(from.field(process, 'Process.group'))));
    out(column(from.u32(from.field(process, 'Process.session'))));
    if (withZone) out(column(from.u32(from.field(credentials, 'Credentials.zoneid'))));
    out(column(from.u32(from.field(credentials, 'Credentials.uid'))));
    out(' ' + address(process) + ' ' + from.text(from.field(process, full ? 'Process.psargs' : 'Process.name')) + '\n');
  }
}
function column(value: u32): string {
  return padLeft((<i32>value).toString(), 7);
}

/** From a frame on; 0: where the panic was, or, without one, where the thread that was running last stopped. */
function stack(frame: u64, withFrames: bool): void {
  const from = target!;
  let at = frame;
  const place = from.symbols.number('panicbuf');
  const rip = from.u64(place);
  if (!at) {
    at = from.u64(place + 8);
    if (!rip) return fail('stack', 'there was no panic');
    call(at, rip, withFrames);
  }
  for (let i = 0; i < DEEPEST && at; i++) {
    const back = from.u64(at + 8);
    const up = from.u64(at);
    if (from.failed) {
      // Where the kernel was entered, a program's frame follows, which is not among the kernel's pages.
      from.failed = i == 0;
      return;
    }
    if (!back) return;
    call(up, back, withFrames);
    if (up <= at) return;
    at = up;
  }
}
function call(frame: u64, at: u64, withFrames: bool): void {
  const place = target!.symbols.place(at);
  const plus = place.lastIndexOf('+0x');
  const shown = plus < 0 ? place + '()' : place.substring(0, plus) + place.substring(plus) + '()';
  out((withFrames ? address(frame) + ' ' : '') + shown + '\n');
}

function threads(): void {
  const from = target!;
  out('            ADDR STATE     PRI    PID NAME\n');
  const list = from.list('allthreads');
  const current = from.u64(from.symbols.number('curthread'));
  for (let i = 0; i < list.length; i++) {
    const thread = list[i];
    const state = from.u32(from.field(thread, 'Thread.state'));
    const process = from.reference(from.field(thread, 'Thread.process'));
    out(address(thread) + (thread == current ? '*' : ' '));
    out(
      padRight(state < 4 ? THREAD_STATES[state] : '?', 9) +
        padLeft(from.u32(from.field(thread, 'Thread.priority')).toString(), 4),
    );
    out(process ? column(from.u32(from.field(process, 'Process.pid'))) : '      -');
    out(' ' + from.text(from.field(thread, 'Thread.name')) + '\n');
  }
}

function memory_(): void {
  const from = target!;
  const names = from.symbols;
  const total = from.u64(names.number('physmem'));
  const free = from.u64(names.number('freemem'));
  const frames = from.u64(names.number('kernelframes'));
  const kernel = frames + names.number('kernel_image_pages');
  const zfs = from.u64(names.number('zfsmem')) / 4096;
  const zfsUsed = from.u64(names.number('zfsmem_used')) / 4096;
  // physmem is what the image leaves; ZFS has its part of that for good.
  const all = total + names.number('kernel_image_pages');
  out('Page Summary                Pages                MB  %Tot\n');
  out('------------     ----------------  ----------------  ----\n');
  row('Kernel', kernel, all);
  row('ZFS, in use', zfsUsed, all);
  row('ZFS, free', zfs - zfsUsed, all);
  row('Programs, files', total - free - zfs - frames, all);
  row('Free', free, all);
  out('\n');
  row('Total', all, all);
}
function row(name: string, pages: u64, all: u64): void {
  const percent = all ? (pages * 100) / all : 0;
  out(padRight(name, 17) + padLeft(pages.toString(), 16) + padLeft(((pages * 4096) >> 20).toString(), 18));
  out(padLeft(percent.toString() + '%', 6) + '\n');
}

function zones(): void {
  const from = target!;
  out('            ADDR    ID STATUS        NAME             PATH\n');
  const list = from.list('zone_active');
  for (let i = 0; i < list.length; i++) {
    const zone = list[i];
    const state = from.u32(from.field(zone, 'Zone.status'));
    const path = from.text(from.field(zone, 'Zone.rootPath'));
    out(address(zone) + padLeft(from.u32(from.field(zone, 'Zone.id')).toString(), 6) + ' ');
    out(padRight(state < <u32>ZONE_STATES.length ? ZONE_STATES[state] : '?', 14));
    out(padRight(from.text(from.field(zone, 'Zone.name')), 17) + (path.length ? path : '/') + '\n');
  }
}

function dump(from: u64, count: u64): void {
  for (let line: u64 = 0; line < min<u64>(count, 4096); line++) {
    const at = (from & ~15) + line * 16;
    if (!target!.read(at, bytes, 16)) {
      target!.failed = true;
      return;
    }
    let digits = '';
    let letters = '';
    for (let i: usize = 0; i < 16; i++) {
      const byte = <u32>load<u8>(bytes + i);
      digits += (i % 4 ? '' : ' ') + byte.toString(16).padStart(2, '0');
      letters += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    }
    out(address(at) + ': ' + digits + '  ' + letters + '\n');
  }
}

function commands(): void {
  out('dump memstat msgbuf ps quit stack status threadlist whatis zone $c $C $q\n');
}
