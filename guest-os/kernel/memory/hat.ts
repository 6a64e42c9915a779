// SPDX-License-Identifier: MIT
/**
 * @fileoverview Hardware address translation: the page tables of an address space (APM vol. 2, section 5.3).
 *
 * The upper half of every top-level table is the kernel's. The tables below it are shared, so what is mapped there later
 * (stacks of new threads) appears in all spaces. Entries of the last level decide rights. The layer above (addressSpace.ts)
 * knows what should be where; here lies only what is there now. An entry that is not present may say where in swap the page's content is ({@link SWAPPED}).
 */
import { invlpg } from 'machine/cpu';
import { kernelSpace } from 'machine/stubs';
import { dropFrame, newFrame, reservedFrame } from './frames';
import { dropSlot } from './swap';

export const PRESENT: u64 = 1 << 0;
export const WRITABLE: u64 = 1 << 1;
export const USER: u64 = 1 << 2;
/** Set by the processor, if it looks at the tables: the page has been used. */
export const ACCESSED: u64 = 1 << 5;
/** Ours, of an entry that is not present: instead of a frame's number it has a slot's (swap.ts). */
const SWAPPED: u64 = 1 << 10;
export const NO_EXECUTE: u64 = (<u64>1) << 63;
const FRAME: u64 = 0x000ffffffffff000;
const USER_ENTRIES: usize = 256;

/** An empty user half; 0 if there is no memory. */
export function createTables(): usize {
  const space = newFrame();
  const kernel = <usize>kernelSpace();
  if (space) memory.copy(space + USER_ENTRIES * 8, kernel + USER_ENTRIES * 8, USER_ENTRIES * 8);
  return space;
}

/** Gives back all frames and tables of the user half. The space must not be loaded. */
export function destroyTables(space: usize): void {
  destroyTable(space, USER_ENTRIES, 3);
}

function destroyTable(table: usize, entries: usize, level: i32): void {
  for (let i: usize = 0; i < entries; i++) {
    const entry = load<u64>(table + (i << 3));
    if (!(entry & PRESENT)) {
      if (entry) dropSlot(slotOfEntry(entry));
      continue;
    }
    if (level) destroyTable(<usize>(entry & FRAME), 512, level - 1);
    else dropFrame(<usize>(entry & FRAME));
  }
  dropFrame(table);
}

/** Pointer to the entry that maps a page; tables are made on the way if `create`. 0: none, or no memory. */
function entryOf(space: usize, at: u64, create: bool): usize {
  let table = space;
  for (let shift: u64 = 39; shift > 12; shift -= 9) {
    const slot = table + ((<usize>(at >> shift) & 511) << 3);
    let entry = load<u64>(slot);
    if (!(entry & PRESENT)) {
      if (!create) return 0;
      // What was promised must be mappable, so tables may come from what is kept.
      const frame = reservedFrame();
      if (!frame) return 0;
      entry = <u64>frame | PRESENT | WRITABLE | USER;
      store<u64>(slot, entry);
    }
    table = <usize>(entry & FRAME);
  }
  return table + ((<usize>(at >> 12) & 511) << 3);
}

/** The frame of a mapped page, or 0. */
export function frameAt(space: usize, at: u64): usize {
  const slot = entryOf(space, at, false);
  if (!slot) return 0;
  const entry = load<u64>(slot);
  return entry & PRESENT ? <usize>(entry & FRAME) : 0;
}

/** The whole entry of a mapped page, or 0. */
export function entryAt(space: usize, at: u64): u64 {
  const slot = entryOf(space, at, false);
  if (!slot) return 0;
  const entry = load<u64>(slot);
  return entry & PRESENT ? entry : 0;
}
/** The entry of a page that is in swap, or 0. */
export function swappedAt(space: usize, at: u64): u64 {
  const slot = entryOf(space, at, false);
  if (!slot) return 0;
  const entry = load<u64>(slot);
  return entry & PRESENT ? 0 : entry;
}
export function slotOfEntry(entry: u64): u32 {
  return <u32>((entry & FRAME) >> 12);
}
/** A page is in swap from now on. False: no memory for tables. */
export function mapSlot(space: usize, at: u64, swapSlot: u32): bool {
  const slot = entryOf(space, at, true);
  if (!slot) return false;
  store<u64>(slot, ((<u64>swapSlot) << 12) | SWAPPED);
  invlpg(at);
  return true;
}
/** Takes away the entry of a page that is in swap: its slot, which the caller refers to now; 0: it is not. */
export function unmapSlot(space: usize, at: u64): u32 {
  const entry = swappedAt(space, at);
  if (entry) store<u64>(entryOf(space, at, false), 0);
  return slotOfEntry(entry);
}
/** The page has not been used, as far as will be known from now on. */
export function clearAccessed(space: usize, at: u64): void {
  const slot = entryOf(space, at, false);
  store<u64>(slot, load<u64>(slot) & ~ACCESSED);
  invlpg(at);
}
export function frameOfEntry(entry: u64): usize {
  return <usize>(entry & FRAME);
}

export function isWritable(space: usize, at: u64): bool {
  const slot = entryOf(space, at, false);
  return slot != 0 && (load<u64>(slot) & (PRESENT | WRITABLE)) == (PRESENT | WRITABLE);
}

/** Maps a page, or maps it otherwise. False: no memory for tables. `rights` of WRITABLE, USER, NO_EXECUTE. */
export function mapFrame(space: usize, at: u64, frame: usize, rights: u64): bool {
  const slot = entryOf(space, at, true);
  if (!slot) return false;
  store<u64>(slot, <u64>frame | rights | PRESENT);
  invlpg(at);
  return true;
}

/** Takes the mapping away and gives its frame, whose owner the caller is now; 0 if there was none. */
export function unmapFrame(space: usize, at: u64): usize {
  const slot = entryOf(space, at, false);
  if (!slot) return 0;
  const entry = load<u64>(slot);
  if (!(entry & PRESENT)) return 0;
  store<u64>(slot, 0);
  invlpg(at);
  return <usize>(entry & FRAME);
}

/** The first address at or above `at`, below `end`, whose last-level table exists: holes of 2 MiB are stepped over. */
export function nextTable(space: usize, at: u64, end: u64): u64 {
  while (at < end) {
    let table = space;
    let hole: u64 = 0;
    for (let shift: u64 = 39; shift > 12; shift -= 9) {
      const entry = load<u64>(table + ((<usize>(at >> shift) & 511) << 3));
      if (!(entry & PRESENT)) {
        hole = (<u64>1) << shift;
        break;
      }
      table = <usize>(entry & FRAME);
    }
    if (!hole) return at;
    at = (at + hole) & ~(hole - 1);
  }
  return end;
}
