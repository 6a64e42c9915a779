// SPDX-License-Identifier: MIT
/**
 * @fileoverview Crash dumps: what of memory is written where, and what becomes of the machine afterwards. The format is illumos's
 * (toolchain/layout/definitions/dump.ts), its pages one after the other as its kernels without helpers write them.
 *
 * A panic comes here with interrupts off for good ({@link crash}), from whatever it broke in: an interrupt, ZFS, a collection, an empty heap. So what is
 * needed is set aside when the dump is configured; disks are reset, written to and asked whether they are done; nothing is allocated, nobody waits. A panic
 * within says so, and the machine starts anew ({@link crashAgain}).
 *
 * Order on the device: the last header, which tells that there is a dump, is wiped first and written last, a flush before and after; so a dump that was cut off is none,
 * and neither is what was there before it.
 *
 * A live dump ({@link liveDump}) is the same by way of the drivers, while the system goes on: its pages are of different moments.
 */
import { DumpDataHeader, DumpHeader } from 'layout/dump';
import { print, printDecimal } from 'runtime/console';
import { panic, setPanicCalls } from 'runtime/panic';
import { halt, powerOff, reset } from '../../driver/acpi';
import { lzjbCompress } from '../../../zfs/zio/lzjb';
import { wallTime } from '../time/clock';
import { EBUSY, setError } from '../errno';
import { PAGE } from '../memory/frames';
import { Process } from '../process/process';
import { systemVersion } from '../system';
import { current } from '../thread/thread';
import { globalZone } from '../zone/zone';
import { markAll, markedPages, markKernel, markProcess, nextMarked, writeTranslations } from './pages';
import { storeRoots } from './roots';
import { writeSymbols } from './symbols';
import { DumpTarget } from './target';
import { beginWriting, dumpFailure, endPart, put, put32, put64, settleDump, writeFrom, writtenTo } from './writer';

const MAGIC: u32 = 0xdefec8ed;
const VERSION: u32 = 10;
const DATA_MAGIC: u32 = 0x64686472;
const DATA_VERSION: u32 = 1;
/** What is left free at both ends of the device. */
export const DUMP_OFFSET: u64 = 65536;
/** Less is no room for anything. */
export const LEAST_TARGET: u64 = 1 << 20;

const DF_VALID: u32 = 1;
const DF_COMPLETE: u32 = 2;
const DF_LIVE: u32 = 4;
const DF_COMPRESSED: u32 = 8;
const DF_KERNEL: u32 = 0x10000;
const DF_ALL: u32 = 0x20000;
const DF_CURPROC: u32 = 0x40000;

/** What is dumped (<sys/dumpadm.h>). */
export const DUMP_KERNEL: i32 = 0x10000;
export const DUMP_ALL: i32 = 0x20000;
export const DUMP_CURPROC: i32 = 0x40000;

/** <sys/uadmin.h>: what follows a dump. */
export const AD_HALT: i32 = 0;
export const AD_BOOT: i32 = 1;
export const AD_POWEROFF: i32 = 6;

const header = changetype<DumpHeader>(memory.data(1912, 8));
const dataHeader = changetype<DumpDataHeader>(memory.data(32, 8));
const packed: usize = memory.data(4096, 8);
const zeros: usize = memory.data(4096, 16);
const LONGEST_REASON: i32 = 200;
const reasonText: usize = memory.data(200, 8);

let target: DumpTarget | null = null;
let content: i32 = DUMP_KERNEL;
let uuid: string = '';
let next: i32 = AD_BOOT;
/** A dump was asked for, by uadmin(2). */
let isForced: bool = false;
let isDumping: bool = false;

export function dumpTarget(): DumpTarget | null {
  return target;
}
export function setDumpTarget(to: DumpTarget | null): void {
  target = to;
  setPanicCalls(crash, crashAgain);
}
export function dumpContent(): i32 {
  return content;
}
/** False: there is no such content. */
export function setDumpContent(flags: i32): bool {
  if (flags != DUMP_KERNEL && flags != DUMP_ALL && flags != DUMP_CURPROC) return false;
  content = flags;
  return true;
}
export function dumpUuid(): string {
  return uuid;
}
export function setDumpUuid(text: string): void {
  uuid = text;
}

/** Pages are marked, and written, for one at a time. */
let isLiveDumping: bool = false;
/** Is somebody else's turn with what marks and writes? */
export function dumpIsUnderWay(): bool {
  return isLiveDumping;
}

/** Bytes that a dump of the current content may take, as illumos guesses: half of what it has. */
export function dumpEstimate(): u64 {
  if (!isLiveDumping) mark(content, current().process);
  return (markedPages() * PAGE) / 2;
}

function mark(what: i32, process: Process | null): void {
  markKernel();
  if (what == DUMP_ALL) markAll();
  if (what == DUMP_CURPROC && process) markProcess(process);
}

/** A panic that is none: uadmin(2)'s A_DUMP. `after`: AD_BOOT, AD_HALT or AD_POWEROFF. */
export function forceDump(after: i32): void {
  next = after;
  isForced = true;
  setPanicCalls(crash, crashAgain);
  panic('forced crash dump initiated at user request');
}

/** At the end of a panic. It returns if there is no dump device, and nobody has asked for one. */
function crash(reason: string): void {
  const to = target;
  if (!to) {
    if (!isForced) return;
    print('skipping system dump - no dump device configured\n');
    return leave();
  }
  isDumping = true;
  for (let i = 0; i < min(reason.length, LONGEST_REASON - 1); i++) store<u8>(reasonText + i, <u8>reason.charCodeAt(i));
  if (to.beginCrash()) dump(to, current().process, false);
  else print('dump failed: its device does not answer\n');
  leave();
}

/** A panic in a panic. */
function crashAgain(reason: string): void {
  if (!isDumping && !target) return;
  isDumping = false;
  print('\npanic: ');
  print(reason);
  print(', while dumping: dump aborted\n');
  leave();
}

function leave(): void {
  if (next == AD_HALT) {
    print('halted\n');
    halt();
  }
  if (next == AD_POWEROFF) powerOff();
  print('rebooting...\n');
  reset();
}

/** Of the running system, to the dump device: 0 or a negative errno. */
export function liveDump(): i32 {
  if (isLiveDumping) return setError(EBUSY);
  isLiveDumping = true;
  memory.fill(reasonText, 0, LONGEST_REASON);
  const error = dump(target!, current().process, true);
  isLiveDumping = false;
  return error;
}

function dump(to: DumpTarget, process: Process | null, isLive: bool): i32 {
  const end = to.size & ~(DUMP_OFFSET - 1);
  const what = content == DUMP_CURPROC && !process ? DUMP_KERNEL : content;
  begin(what, isLive);
  print('dumping to ');
  print(to.path);
  print(', offset ');
  printDecimal(DUMP_OFFSET);
  print(', content: ');
  print(what == DUMP_ALL ? 'all' : what == DUMP_CURPROC ? 'kernel + curproc' : 'kernel');
  print('\n');
  mark(what, process);
  storeRoots();
  beginWriting(to, isLive);
  writeFrom(end - DUMP_OFFSET, end);
  put(zeros, 4096);
  endPart();
  settleDump();

  writeFrom(DUMP_OFFSET + PAGE, end - DUMP_OFFSET);
  header.symbols = writtenTo();
  header.symbolsSize = writeSymbols();
  header.symbolsStored = header.symbolsSize;
  header.map = endPart();
  header.translations = writeTranslations(what == DUMP_ALL, what == DUMP_CURPROC ? process : null);
  header.hashMask = maskFor(header.translations);
  header.pfns = endPart();
  for (let frame = nextMarked(0); frame; frame = nextMarked(frame + PAGE)) put64(frame / PAGE);
  header.data = endPart();
  const percent = writePages();
  put32(0);
  dataHeader.magic = DATA_MAGIC;
  dataHeader.version = DATA_VERSION;
  dataHeader.mostStored = <u32>PAGE;
  dataHeader.mostRange = 1;
  dataHeader.streams = 0;
  dataHeader.stored = endPart() - header.data;
  if (dumpFailure()) header.flags &= ~DF_COMPLETE;
  settleDump();
  writeHeaders(end);
  print('\r');
  if (percent < 100) print(percent < 10 ? '  ' : ' ');
  printDecimal(percent);
  print('% done: ');
  printDecimal(header.pages);
  print(' pages dumped, ');
  const error = dumpFailure();
  if (error) {
    print('dump failed: error ');
    printDecimal(<u64>-error);
    print('\n');
  } else print('dump succeeded\n');
  return error;
}

function begin(what: i32, isLive: bool): void {
  memory.fill(header.pointer, 0, DumpHeader.SIZE);
  memory.fill(dataHeader.pointer, 0, DumpDataHeader.SIZE);
  header.magic = MAGIC;
  header.version = VERSION;
  header.flags = DF_VALID | DF_COMPLETE | DF_COMPRESSED;
  if (isLive) header.flags |= DF_LIVE;
  header.flags |= what == DUMP_ALL ? DF_ALL : what == DUMP_CURPROC ? DF_CURPROC : DF_KERNEL;
  header.wordSize = 64;
  header.start = DUMP_OFFSET;
  storeBytes(header.pointer + DumpHeader.sysnameOffset, 'SunOS');
  storeBytes(header.pointer + DumpHeader.nodenameOffset, globalZone.hostName);
  storeBytes(header.pointer + DumpHeader.releaseOffset, '5.11');
  storeBytes(header.pointer + DumpHeader.versionNameOffset, systemVersion());
  storeBytes(header.pointer + DumpHeader.machineOffset, 'i86pc');
  storeBytes(header.pointer + DumpHeader.platformOffset, 'i86pc');
  storeBytes(header.pointer + DumpHeader.uuidOffset, uuid);
  memory.copy(header.pointer + DumpHeader.panicStringOffset, reasonText, LONGEST_REASON);
  header.crashTime = <i64>(wallTime() / 1000000000);
  header.pageShift = 12;
  header.pageSize = PAGE;
}
function storeBytes(to: usize, text: string): void {
  for (let i = 0; i < text.length && i < 256; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
}

/** One less than a power of two that is no less than a number. */
function maskFor(count: u64): u64 {
  let mask: u64 = 0;
  while (mask + 1 < count) mask = (mask << 1) | 1;
  return mask;
}

/** How far it came, in percent. */
function writePages(): u64 {
  const total = markedPages();
  let done: u64 = 0;
  let percent: u64 = 0;
  for (let frame = nextMarked(0); frame && !dumpFailure(); frame = nextMarked(frame + PAGE)) {
    const size = lzjbCompress(frame, packed, PAGE, PAGE);
    put32(<u32>size);
    put(size == PAGE ? frame : packed, size);
    done++;
    if ((done * 100) / total == percent) continue;
    percent = (done * 100) / total;
    print('\r');
    if (percent < 100) print(percent < 10 ? '  ' : ' ');
    printDecimal(percent);
    print('% done');
  }
  header.pages = done;
  return percent;
}

function writeHeaders(end: u64): void {
  writeFrom(DUMP_OFFSET, DUMP_OFFSET + PAGE);
  put(header.pointer, DumpHeader.SIZE);
  endPart();
  settleDump();
  writeFrom(end - DUMP_OFFSET, end);
  put(header.pointer, DumpHeader.SIZE);
  put(dataHeader.pointer, DumpDataHeader.SIZE);
  endPart();
  settleDump();
}
