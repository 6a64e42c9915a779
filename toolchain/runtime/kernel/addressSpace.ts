// SPDX-License-Identifier: MIT
/**
 * @fileoverview User address spaces for small kernels: four-level page tables whose upper half is the kernel's (APM vol. 2,
 * section 5.3). A table's frame number is its pointer, since the window maps physical memory directly.
 */
import { invlpg } from 'machine/cpu';
import { kernelSpace } from 'machine/stubs';
import { allocateFrame, PAGE, releaseFrame } from 'runtime/frames';

export const PRESENT: u64 = 1 << 0;
export const WRITABLE: u64 = 1 << 1;
export const USER: u64 = 1 << 2;
export const NO_EXECUTE: u64 = (<u64>1) << 63;
const FRAME: u64 = 0x000ffffffffff000;
/** Entries of a top-level table that are the user's. */
const USER_ENTRIES: usize = 256;

/** An empty user half; 0 if there is no memory. */
export function createSpace(): usize {
  const space = allocateFrame();
  const kernel = <usize>kernelSpace();
  if (space) memory.copy(space + USER_ENTRIES * 8, kernel + USER_ENTRIES * 8, USER_ENTRIES * 8);
  return space;
}

/** Gives back all user pages and tables. The space must not be loaded. */
export function destroySpace(space: usize): void {
  releaseTable(space, USER_ENTRIES, 3);
}

function releaseTable(table: usize, entries: usize, level: i32): void {
  for (let i: usize = 0; i < entries; i++) {
    const entry = load<u64>(table + i * 8);
    if (!(entry & PRESENT)) continue;
    if (level) releaseTable(<usize>(entry & FRAME), 512, level - 1);
    else releaseFrame(<usize>(entry & FRAME));
  }
  releaseFrame(table);
}

/** Pointer to the entry that maps a page; tables are made on the way if `create`. 0: none, or no memory. */
function entryOf(space: usize, at: u64, create: bool): usize {
  let table = space;
  for (let shift: u64 = 39; shift > 12; shift -= 9) {
    const slot = table + ((<usize>(at >> shift) & 511) << 3);
    let entry = load<u64>(slot);
    if (!(entry & PRESENT)) {
      if (!create) return 0;
      const frame = allocateFrame();
      if (!frame) return 0;
      // Rights are decided in the last level.
      entry = <u64>frame | PRESENT | WRITABLE | USER;
      store<u64>(slot, entry);
    }
    table = <usize>(entry & FRAME);
  }
  return table + ((<usize>(at >> 12) & 511) << 3);
}

/** The frame of a page, newly allocated and zeroed if it has none yet; 0 if there is no memory. */
export function mapPage(space: usize, at: u64, rights: u64): usize {
  const slot = entryOf(space, at, true);
  if (!slot) return 0;
  const present = load<u64>(slot);
  if (present & PRESENT) {
    // Two segments in one page: it gets the rights of both.
    const both = ((present | rights) & ~NO_EXECUTE) | (present & rights & NO_EXECUTE);
    store<u64>(slot, both);
    invlpg(at);
    return <usize>(present & FRAME);
  }
  const frame = allocateFrame();
  if (frame) store<u64>(slot, <u64>frame | rights | PRESENT | USER);
  return frame;
}

/** Maps the pages of [from, to); false if memory ran out on the way. */
export function mapRange(space: usize, from: u64, to: u64, rights: u64): bool {
  for (let at = from & ~(<u64>PAGE - 1); at < to; at += PAGE) if (!mapPage(space, at, rights)) return false;
  return true;
}
