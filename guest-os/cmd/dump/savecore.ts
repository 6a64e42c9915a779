// SPDX-License-Identifier: MIT
/** @fileoverview savecore(8): save a crash dump of the system */
/** @manual
 * DESCRIPTION
 * Looks at the dump device for a dump that has not been saved, and copies it into the directory, or that of dumpadm(8): compressed as it is to vmdump.N, or
 * expanded to unix.N (the kernel's symbols) and vmcore.N (its memory). N is the number in the file bounds, which is one more afterwards. The dump then counts as saved. The
 * service system/dumpadm runs it at each boot. A dump for which there is no room beside what the file minfree there says (in KiB; 1 MiB unless said) is left on its device.
 *
 * OPTIONS
 *   -d        a dump that was saved already is saved again
 *   -f file   a dump in a file, vmdump.N, is expanded to unix.N and vmcore.N
 *   -L        the running system is dumped first, to the dump device; it goes on meanwhile, so what is in the dump is not of one moment
 *   -v        tells more
 *
 * EXIT STATUS
 *   0 it is done, or there is no dump; 1 something is wrong; 2 usage
 *
 * SEE ALSO
 * dumpadm(8), mdb(1)
 */
import { DumpDataHeader, DumpHeader, DumpMap, MemVtop } from 'layout/dump';
import * as calls from '../../lib/calls';
import { formatDate } from '../../lib/dates';
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { flush, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, openFile, out, readAll, say, writeAll } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { isTerminal } from '../../lib/tty';
import { bytesOf, zeroTerminated } from '../../lib/text';
import { lzjbExpand } from '../../../zfs/zio/lzjb';
import {
  CONFIG,
  DATA_MAGIC,
  DF_COMPLETE,
  DF_COMPRESSED,
  DF_VALID,
  DIOCDUMP,
  DIOCGETDEV,
  DUMP_MAGIC,
  DUMP_OFFSET,
  DUMP_VERSION,
  freeSpace,
  Headers,
  numberIn,
  PAGE,
  panicString,
  Source,
} from './_dump';

export const USAGE: string = 'savecore [-Ldv] [-f dumpfile] [directory]';

const ENODEV: i64 = -19;
const DEFAULT_LEAST: i64 = 1024;
const buffer: usize = memory.data(65536, 16);
const path_: usize = memory.data(1024, 8);

let directory: string = '';
let dumpFile: string = '';
let isVerbose: bool = false;
let isFile: bool = false;
let isInteractive: bool = false;
let headers: Headers = new Headers();
let source: Source | null = null;
/** Where the last header is. */
let endAt: u64 = 0;

/** To whoever called; at boot, where nobody looks at that, to the console and the log. */
function tell(text: string): void {
  say('savecore: ' + text + '\n');
  if (isInteractive || isFile) return;
  const log = openFile('/dev/msglog', O_WRONLY);
  if (log < 0) return;
  const line = 'savecore: ' + text + '\n';
  writeAll(log, changetype<usize>(bytesOf(line)), line.length);
  calls.close(log);
}
/** Tells what is wrong; the exit status. */
function fail(text: string, error: i64 = 0): i32 {
  tell(text + (error < 0 ? ': ' + errorText(-error) : ''));
  return 1;
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Lvdmf:');
  let isLive = false;
  let again = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'L') isLive = true;
    else if (option == 'v') isVerbose = true;
    else if (option == 'd') again = true;
    else if (option == 'f') dumpFile = options.argument;
    else return misused(USAGE);
  }
  if (options.failed) return 2;
  const operands = options.operands();
  if (operands.length > 1 || (isLive && dumpFile.length)) return misused(USAGE);
  isInteractive = isTerminal(1) || isLive;
  directory = operands.length ? operands[0] : configured('DUMPADM_SAVDIR');
  if (!directory.length) return misused(USAGE);
  if (!dumpFile.length) {
    const device = openFile('/dev/dump', O_RDONLY);
    if (device < 0) return fail('open("/dev/dump")', device);
    const error = calls.ioctl(device, DIOCGETDEV, path_);
    if (error == ENODEV) {
      if (isInteractive || isVerbose) tell('no dump device configured');
      return isLive ? 1 : 0;
    }
    if (error < 0) return fail('/dev/dump', error);
    dumpFile = zeroTerminated(path_);
    if (isLive) {
      const failed = calls.ioctl(device, DIOCDUMP, 0);
      if (failed < 0) return fail('live dump', failed);
    }
    calls.close(device);
  }
  const about = status(dumpFile, true);
  if (!about) return fail('stat("' + dumpFile + '")', -2);
  isFile = about.isRegular;
  const descriptor = openFile(dumpFile, isFile ? O_RDONLY : O_RDWR);
  if (descriptor < 0) return fail('open("' + dumpFile + '")', descriptor);
  source = new Source(descriptor);
  endAt = (about.size - DUMP_OFFSET) & ~(DUMP_OFFSET - 1);
  const verdict = look(again);
  if (verdict) return verdict == 1 ? 1 : 0;
  return save();
}

function configured(name: string): string {
  const from = openFile(CONFIG, O_RDONLY);
  if (from < 0) return '';
  const all = readAll(from).split('\n');
  calls.close(from);
  for (let i = 0; i < all.length; i++) if (all[i].startsWith(name + '=')) return all[i].substring(name.length + 1).trim();
  return '';
}

/** 0: there is a dump; 1: something is wrong; 2: there is none. */
function look(again: bool): i32 {
  const last = headers.last;
  const first = headers.first;
  const data = headers.data;
  const from = source!;
  if (
    !from.read(endAt, last.pointer, DumpHeader.SIZE) ||
    !from.read(endAt + DumpHeader.SIZE, data.pointer, DumpDataHeader.SIZE)
  ) {
    return fail('pread', from.error);
  }
  if (last.magic != DUMP_MAGIC) {
    if (isInteractive || isVerbose || isFile) tell('bad magic number ' + last.magic.toString(16));
    return isFile ? 1 : 2;
  }
  if (!(last.flags & DF_VALID) && !again) {
    if (isVerbose) tell('dump already processed');
    return isFile ? 1 : 2;
  }
  if (last.version != DUMP_VERSION || last.wordSize != 64 || last.pageSize != PAGE) {
    return fail('dump version (' + last.version.toString() + ') != savecore version (' + DUMP_VERSION.toString() + ')');
  }
  if (data.magic != DATA_MAGIC) return fail('no data header');
  if (!from.read(last.start, first.pointer, DumpHeader.SIZE)) return fail('pread', from.error);
  first.flags &= ~DF_VALID;
  last.flags &= ~DF_VALID;
  if (memory.compare(first.pointer, last.pointer, DumpHeader.SIZE) == 0) return 0;
  // It is not to be complained of each time.
  markSaved();
  return fail('initial dump header corrupt');
}

/** The dump device's last header without DF_VALID. */
function markSaved(): i64 {
  return isFile ? 0 : put(source!.descriptor, headers.last.pointer, DumpHeader.SIZE, endAt);
}

/** Writes all of it: 0 or a negative errno. */
function put(descriptor: i32, from: usize, count: usize, at: u64): i64 {
  for (let done: usize = 0; done < count; ) {
    const wrote = calls.pwrite(descriptor, <u64>from + <u64>done, <u64>count - <u64>done, at + <u64>done);
    if (wrote <= 0) return wrote ? wrote : -28;
    done += <usize>wrote;
  }
  return 0;
}

function save(): i32 {
  const last = headers.last;
  const why = panicString(last);
  if (why.length && !isFile) tell('reboot after panic: ' + why);
  if (!(last.flags & DF_COMPLETE)) tell('incomplete dump on dump device');
  tell('System dump time: ' + formatDate('%a %b %e %H:%M:%S %Y', last.crashTime));
  const folder = status(directory, true);
  if (!folder || !folder.isDirectory) return fail('chdir("' + directory + '")', folder ? -20 : -2);
  const keeps = !isFile && configured('DUMPADM_CSAVE') != 'off';
  const room = freeSpace(directory, false);
  const needed =
    last.data -
    last.start +
    (keeps ? headers.data.stored : last.pages * PAGE) +
    <u64>numberIn(directory + '/minfree', DEFAULT_LEAST) * 1024;
  if (room < needed) {
    const figures = (room >> 20).toString() + ' MB avail, ' + (needed >> 20).toString() + ' MB needed';
    return fail('not enough space in ' + directory + ' (' + figures + ')');
  }
  const ownNumber = isFile ? numberOf(dumpFile) : -1;
  const number = ownNumber >= 0 ? ownNumber : numberIn(directory + '/bounds', 0);
  const result = keeps ? saveCompressed(number) : saveExpanded(number);
  if (result) return result;
  if (ownNumber < 0) {
    const line = (number + 1).toString() + '\n';
    const bounds = openFile(directory + '/bounds', O_WRONLY | O_CREAT | O_TRUNC, 0o644);
    const error = bounds < 0 ? <i64>bounds : writeAll(bounds, changetype<usize>(bytesOf(line)), line.length);
    if (error < 0) return fail('bounds', error);
    calls.close(bounds);
  }
  flush();
  return 0;
}

/** N of vmdump.N; -1: it is called otherwise. */
function numberOf(path: string): i64 {
  const name = path.substring(path.lastIndexOf('/') + 1);
  if (!name.startsWith('vmdump.') || name.length == 7 || name.length > 24) return -1;
  for (let i = 7; i < name.length; i++) if (name.charCodeAt(i) < 0x30 || name.charCodeAt(i) > 0x39) return -1;
  return I64.parseInt(name.substring(7));
}

function pageAfter(at: u64): u64 {
  return (at + PAGE - 1) & ~(PAGE - 1);
}

let copyError: i64 = 0;
/** Copies a part of the dump; where it ends. */
function copy(from: u64, count: u64, to: i32, at: u64): u64 {
  for (let done: u64 = 0; done < count && !copyError; ) {
    const part = <usize>min<u64>(65536, count - done);
    if (!source!.read(from + done, buffer, part)) copyError = source!.error < 0 ? source!.error : -5;
    else copyError = put(to, buffer, part, at + done);
    done += part;
  }
  return at + count;
}

/** As it is, its parts one after the other, and between headers as on a device. */
function saveCompressed(number: i64): i32 {
  const name = directory + '/vmdump.' + number.toString();
  tell('Saving compressed system crash dump in ' + name);
  const to = openFile(name, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  if (to < 0) return fail('open("' + name + '")', to);
  const last = headers.last;
  const kept = headers.first;
  kept.flags |= DF_COMPRESSED | DF_VALID;
  kept.start = 0;
  kept.symbols = pageAfter(DumpHeader.SIZE);
  kept.pfns = pageAfter(copy(last.symbols, last.symbolsStored, to, kept.symbols));
  kept.map = pageAfter(copy(last.pfns, last.pages * 8, to, kept.pfns));
  kept.data = pageAfter(copy(last.map, last.translations * MemVtop.SIZE, to, kept.map));
  let at = copy(last.data, headers.data.stored, to, kept.data);
  // The last header is where it would be on a device that ends with it.
  at = (at + DUMP_OFFSET) & ~(DUMP_OFFSET - 1);
  headers.data.metrics = 0;
  memory.fill(buffer, 0, <usize>DUMP_OFFSET);
  memory.copy(buffer, kept.pointer, DumpHeader.SIZE);
  memory.copy(buffer + DumpHeader.SIZE, headers.data.pointer, DumpDataHeader.SIZE);
  if (!copyError) copyError = put(to, buffer, <usize>DUMP_OFFSET, at);
  if (!copyError) copyError = put(to, kept.pointer, DumpHeader.SIZE, 0);
  if (!copyError) copyError = calls.fdsync(to, 0x10);
  calls.close(to);
  if (!copyError) copyError = markSaved();
  if (copyError < 0) return fail(name, copyError);
  tell("Decompress the crash dump with 'savecore -vf " + name + "'");
  return 0;
}

function saveExpanded(number: i64): i32 {
  const symbolsName = directory + '/unix.' + number.toString();
  const coreName = directory + '/vmcore.' + number.toString();
  tell('saving system crash dump in ' + directory + '/{unix,vmcore}.' + number.toString());
  if (isVerbose) out('Constructing namelist ' + symbolsName + '\n');
  const last = headers.last;
  const symbols = openFile(symbolsName, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  const core = openFile(coreName, O_RDWR | O_CREAT | O_TRUNC, 0o600);
  if (symbols < 0 || core < 0)
    return fail('open("' + (symbols < 0 ? symbolsName : coreName) + '")', symbols < 0 ? symbols : core);
  const kept = headers.first;
  kept.flags &= ~DF_COMPRESSED;
  kept.start = 0;
  kept.symbols = PAGE;
  copy(last.symbols, last.symbolsSize, symbols, 0);
  kept.pfns = pageAfter(copy(last.symbols, last.symbolsSize, core, kept.symbols));
  if (isVerbose) out('Constructing corefile ' + coreName + '\n');
  kept.map = pageAfter(copy(last.pfns, last.pages * 8, core, kept.pfns));
  kept.data = kept.map + pageAfter((last.hashMask + 1) * DumpMap.SIZE);
  if (!copyError) copyError = writeMap(kept, core);
  const saved = copyError ? 0 : writePages(kept, core);
  if (isVerbose) out(': ' + saved.toString() + ' of ' + last.pages.toString() + ' pages saved\n');
  if (!copyError) copyError = put(core, kept.pointer, DumpHeader.SIZE, 0);
  calls.close(core);
  calls.close(symbols);
  if (!copyError) copyError = markSaved();
  if (copyError < 0) return fail(coreName, copyError);
  return saved == last.pages ? 0 : fail('bad data after page ' + saved.toString());
}

/** The translations as a hash table that tells where in the file a page is. */
function writeMap(kept: DumpHeader, core: i32): i64 {
  const last = headers.last;
  const table = new StaticArray<u8>(<i32>((last.hashMask + 1) * DumpMap.SIZE));
  const numbers = new StaticArray<u64>(<i32>last.pages);
  if (!source!.read(last.pfns, changetype<usize>(numbers), <usize>last.pages * 8)) return -5;
  const one = changetype<MemVtop>(buffer);
  const cells = changetype<usize>(table);
  for (let i: u64 = 0; i < last.translations; i++) {
    if (!source!.read(last.map + i * MemVtop.SIZE, buffer, MemVtop.SIZE)) return -5;
    const index = indexOf(numbers, one.pfn);
    if (index < 0) continue;
    const cell = changetype<DumpMap>(cells + <usize>i * DumpMap.SIZE);
    cell.space = one.space;
    cell.at = one.at;
    cell.data = kept.data + <u64>index * PAGE;
    const hash = ((one.space >> 3) + (one.at >> 12)) & last.hashMask;
    const head = changetype<DumpMap>(cells + <usize>hash * DumpMap.SIZE);
    cell.next = head.first;
    head.first = kept.map + i * DumpMap.SIZE;
  }
  return put(core, cells, table.length, kept.map);
}
function indexOf(numbers: StaticArray<u64>, wanted: u64): i32 {
  let low = 0;
  let high = numbers.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] == wanted) return middle;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Expands pages; how many there were. A page of zeros is a hole in the file. */
function writePages(kept: DumpHeader, core: i32): u64 {
  const last = headers.last;
  const packed = buffer;
  const page = buffer + 8192;
  let at = last.data;
  let saved: u64 = 0;
  let percent: u64 = 0;
  for (; saved < last.pages && !copyError; saved++) {
    if (!source!.read(at, packed, 4)) break;
    const size = <usize>load<u32>(packed);
    if (!size || size > <usize>PAGE || !source!.read(at + 4, packed, size)) break;
    if (size == <usize>PAGE) memory.copy(page, packed, <usize>PAGE);
    else if (!lzjbExpand(packed, page, size, <usize>PAGE)) break;
    if (!isZero(page)) copyError = put(core, page, <usize>PAGE, kept.data + saved * PAGE);
    at += 4 + size;
    if (!isVerbose || !isInteractive || ((saved + 1) * 100) / last.pages == percent) continue;
    percent = ((saved + 1) * 100) / last.pages;
    out('\r' + percent.toString().padStart(3) + '% done');
  }
  // The file ends where its last page does, even if that is a hole.
  if (!copyError && saved && isZero(page)) {
    store<u8>(buffer, 0);
    copyError = put(core, buffer, 1, kept.data + saved * PAGE - 1);
  }
  return saved;
}
function isZero(page: usize): bool {
  for (let at = page; at < page + <usize>PAGE; at += 8) if (load<u64>(at)) return false;
  return true;
}
