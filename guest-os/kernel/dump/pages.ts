// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which pages a dump has, and where address spaces have them. Kernel pages are: the image (code, tables, static data, the heap as far as it
 * has grown), all page tables, whatever the kernel maps outside of its window (stacks). Not among them are pages of processes and files, and ZFS's memory, unless all are asked for.
 *
 * Page tables may be what broke: an entry that leads out of memory is not followed. Nothing here allocates.
 */
import { WINDOW, WINDOW_DIRECT } from 'machine/addresses';
import { imageEnd, kernelSpace } from 'machine/stubs';
import { heapEnd } from 'runtime/heap';
import { AddressSpace } from '../memory/addressSpace';
import { PAGE, ramRangeEnd, ramRanges, ramRangeStart } from '../memory/frames';
import { Process } from '../process/process';
import { processList } from '../process/processes';
import { put64 } from './writer';

const PRESENT: u64 = 1;
const LARGE: u64 = 1 << 7;
const FRAME: u64 = 0x000ffffffffff000;
const LARGE_SIZE: u64 = 2 << 20;
/** Where the kernel's image begins in memory. */
export const KERNEL_LOAD: usize = 0x100000;
const KERNEL_HALF: i32 = 256;

/** A bit for each page that the window reaches. */
const BITMAP_BYTES: usize = 98304;
const bitmap: usize = memory.data(98304, 8);
let marked: u64 = 0;

/** Of kernel pages, how many are not in the image: they were taken as frames. */
export function kernelFrames(): u64 {
  return framesOfKernel;
}
let imagePages: u64 = 0;
let framesOfKernel: u64 = 0;

export function markedPages(): u64 {
  return marked;
}
export function isMarked(frame: usize): bool {
  const page = frame / PAGE;
  return (<u32>load<u8>(bitmap + (page >> 3)) & (1 << (page & 7))) != 0;
}
function mark(frame: u64): void {
  if (!isMemory(frame)) return;
  const page = <usize>frame / PAGE;
  const cell = bitmap + (page >> 3);
  const bit = 1 << (page & 7);
  const before = <u32>load<u8>(cell);
  if (before & bit) return;
  store<u8>(cell, <u8>(before | bit));
  marked++;
}
/** Whole pages of memory that have a byte of [start, end). */
export function markRange(start: usize, end: usize): void {
  for (let frame = start & ~(PAGE - 1); frame < end; frame += PAGE) mark(frame);
}

/** Memory that can be read where it is. What lies below 1 MiB is not the kernel's. */
export function isMemory(frame: u64): bool {
  if (frame < KERNEL_LOAD || frame >= WINDOW_DIRECT) return false;
  for (let i = 0; i < ramRanges(); i++) if (frame >= ramRangeStart(i) && frame + PAGE <= ramRangeEnd(i)) return true;
  return false;
}

/** The next page in the dump at or above a frame; 0: none. */
export function nextMarked(frame: usize): usize {
  const last = BITMAP_BYTES << 3;
  for (let page = frame / PAGE; page < last; ) {
    const bits = <u32>load<u8>(bitmap + (page >> 3)) >> <u32>(page & 7);
    if (bits & 1) return page * PAGE;
    page = bits ? page + <usize>ctz(bits) : (page & ~7) + 8;
  }
  return 0;
}

export function markKernel(): void {
  memory.fill(bitmap, 0, BITMAP_BYTES);
  marked = 0;
  markRange(KERNEL_LOAD, heapEnd() ? heapEnd() : <usize>imageEnd());
  imagePages = marked;
  emits = false;
  walk(<usize>kernelSpace(), 3, 0, KERNEL_HALF, 512);
  const processes = processList();
  for (let i = 0; i < processes.length; i++) {
    const space = processes[i].space;
    if (space) markTables(space.tables, 3, KERNEL_HALF);
  }
  framesOfKernel = marked - imagePages;
}
export function markProcess(process: Process): void {
  const space = process.space;
  emits = false;
  if (space) walk(space.tables, 3, 0, 0, KERNEL_HALF);
}
export function markAll(): void {
  for (let i = 0; i < ramRanges(); i++)
    markRange(<usize>min<u64>(ramRangeStart(i), WINDOW_DIRECT), <usize>min<u64>(ramRangeEnd(i), WINDOW_DIRECT));
}

/** Pages of tables, not what they map. */
function markTables(table: usize, level: i32, entries: i32): void {
  if (!isMemory(table)) return;
  mark(table);
  for (let i = 0; i < entries && level; i++) {
    const entry = load<u64>(table + ((<usize>i) << 3));
    if (entry & PRESENT && !(entry & LARGE && level == 1))
      markTables(<usize>min<u64>(entry & FRAME, WINDOW_DIRECT), level - 1, 512);
  }
}

// ---- translations

/** Does a walk write translations, or mark pages? */
let emits: bool = false;
let spaceOfWalk: u64 = 0;
let emitted: u64 = 0;

/** The name of the kernel's address space in a dump: where its tables are. */
export function kernelSpaceName(): u64 {
  return WINDOW + kernelSpace();
}
/** That of a process: where its object is. */
export function spaceName(space: AddressSpace): u64 {
  return WINDOW + changetype<usize>(space);
}

/** Writes where the kernel has the pages that are marked, and where processes do; how many that were. `process`: only that one besides. */
export function writeTranslations(isAll: bool, process: Process | null): u64 {
  emits = true;
  emitted = 0;
  spaceOfWalk = kernelSpaceName();
  walk(<usize>kernelSpace(), 3, 0, KERNEL_HALF, 512);
  const processes = processList();
  for (let i = 0; i < processes.length; i++) {
    const space = processes[i].space;
    if (!space || !(isAll || processes[i] == process)) continue;
    spaceOfWalk = spaceName(space);
    walk(space.tables, 3, 0, 0, KERNEL_HALF);
  }
  emits = false;
  return emitted;
}

/** `level` 3 to 0; `base`: the address that the table's first entry stands for. */
function walk(table: usize, level: i32, base: u64, first: i32, last: i32): void {
  if (!isMemory(table)) return;
  if (!emits) mark(table);
  const shift = <u64>level * 9 + 12;
  for (let i = first; i < last; i++) {
    const entry = load<u64>(table + ((<usize>i) << 3));
    if (!(entry & PRESENT)) continue;
    let at = base + ((<u64>i) << shift);
    if (level == 3 && i >= KERNEL_HALF) at |= 0xffff000000000000;
    const frame = entry & FRAME;
    if (!level) visit(at, frame);
    else if (level == 1 && entry & LARGE) visitLarge(at, frame);
    else if (level == 1 || !(entry & LARGE)) walk(<usize>min<u64>(frame, WINDOW_DIRECT), level - 1, at, 0, 512);
  }
}
function visit(at: u64, frame: u64): void {
  if (emits) emit(at, frame);
  else if (at - WINDOW >= WINDOW_DIRECT) mark(frame);
}
function visitLarge(at: u64, frame: u64): void {
  if (!emits) return;
  for (let i: u64 = 0; i < LARGE_SIZE; i += PAGE) emit(at + i, (frame & ~(LARGE_SIZE - 1)) + i);
}
function emit(at: u64, frame: u64): void {
  if (frame >= WINDOW_DIRECT || !isMarked(<usize>frame)) return;
  put64(spaceOfWalk);
  put64(at);
  put64(frame / PAGE);
  emitted++;
}
