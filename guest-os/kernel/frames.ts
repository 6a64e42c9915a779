// SPDX-License-Identifier: MIT
/**
 * @fileoverview Page frames with owners: a frame may belong to several address spaces and files at once.
 *
 * A frame is its physical address, and a pointer, since the window maps physical memory directly. Frames come zeroed from
 * `runtime/frames` with one owner. The count of further owners lies in a table of 16-bit cells that is made, 8 MiB of memory
 * at a time, when the first frame there is shared: most never are.
 *
 * A frame may also be counted as a zone's ({@link claimFrame}), until its last owner has gone; a second table of the same kind says whose.
 *
 * Invariant: a frame with further owners is never written to through a private mapping; whoever wants to write copies it first.
 */
import { allocateFrame, freeFrames, PAGE, releaseFrame } from 'runtime/frames';

export { freeFrames, PAGE };

/** Frames whose counts one frame of the table holds. */
const CHUNK: usize = PAGE / 2;
const CHUNKS: i32 = <i32>(0xc0000000 / (CHUNK * PAGE));
const chunks = new StaticArray<usize>(CHUNKS);

let total_: u32 = 0;

/** Usable memory as the loader told of it, in ranges. */
const RAM_RANGES: i32 = 16;
const ramStarts = new StaticArray<u64>(RAM_RANGES);
const ramEnds = new StaticArray<u64>(RAM_RANGES);
let ramCount = 0;

export function noteRam(start: u64, end: u64): void {
  if (ramCount == RAM_RANGES) return;
  ramStarts[ramCount] = start;
  ramEnds[ramCount++] = end;
}
export function ramRanges(): i32 {
  return ramCount;
}
export function ramRangeStart(i: i32): u64 {
  return ramStarts[i];
}
export function ramRangeEnd(i: i32): u64 {
  return ramEnds[i];
}

/** Called once when all memory is known. */
export function countFrames(): void {
  total_ = freeFrames();
}
/** Frames there are, used or not, beyond what the kernel's image takes. */
export function totalFrames(): u32 {
  return total_;
}

/**
 * A zeroed frame with one owner; 0 if there is no memory that nobody has a claim to. What was reserved is taken by {@link reservedFrame}.
 */
export function newFrame(): usize {
  return freeFrames() > claimed ? allocateFrame() : 0;
}

// ---- reservations

/** Frames that were promised and not yet taken. */
let claimed: u32 = 0;
let refused: u64 = 0;
/** Never promised: page tables of what was promised, and the kernel's own needs, come from here. */
const KEPT: u32 = 512;

/**
 * Promises frames: every page that a process may write to has one before it is touched, so that a program learns from mmap, brk or fork that
 * memory is short, and not by dying. False: there are not so many.
 */
export function reserve(count: u64): bool {
  const free = freeFrames();
  if (count + claimed + min<u32>(KEPT, total_ / 16) > free) {
    refused++;
    return false;
  }
  claimed += <u32>count;
  return true;
}
/** A promise is kept, or not needed any more. */
export function unreserve(count: u64): void {
  claimed -= <u32>count;
}
/** Frames that were taken by promises have been given back, and are promised again. */
export function promiseAgain(count: u64): void {
  claimed += <u32>count;
}
/** A zeroed frame of those that were promised to the caller, who then says {@link unreserve}. */
export function reservedFrame(): usize {
  return allocateFrame();
}
export function claimedFrames(): u32 {
  return claimed;
}
/** Requests that found too little memory. */
export function refusedReservations(): u64 {
  return refused;
}

/** Adds an owner. False: no memory for the count, or too many owners. */
export function shareFrame(frame: usize): bool {
  const index = <i32>(frame / (CHUNK * PAGE));
  if (!chunks[index]) {
    const chunk = allocateFrame();
    if (!chunk) return false;
    chunks[index] = chunk;
  }
  const cell = cellOf(frame);
  const others = <u32>load<u16>(cell);
  if (others == 0xffff) return false;
  store<u16>(cell, <u16>(others + 1));
  return true;
}

export function isShared(frame: usize): bool {
  return chunks[<i32>(frame / (CHUNK * PAGE))] != 0 && load<u16>(cellOf(frame)) != 0;
}

/** Takes an owner away, and with the last one the frame. */
export function dropFrame(frame: usize): void {
  if (isShared(frame)) {
    const cell = cellOf(frame);
    store<u16>(cell, <u16>(<u32>load<u16>(cell) - 1));
  } else {
    const zones = zoneChunks[<i32>(frame / (CHUNK * PAGE))];
    if (zones) disclaim(zones + ((frame / PAGE) % CHUNK) * 2);
    releaseFrame(frame);
  }
}

// ---- whose they are

/** More than any zone's id. */
const ZONES: i32 = 10000;
const zoneChunks = new StaticArray<usize>(CHUNKS);
const owned = new StaticArray<u32>(ZONES);

/** A frame, which is nobody's, counts as a zone's until it has no owner any more. */
export function claimFrame(frame: usize, zoneid: i32): void {
  const index = <i32>(frame / (CHUNK * PAGE));
  if (!zoneChunks[index]) zoneChunks[index] = allocateFrame();
  // Without memory for that it does not count.
  if (!zoneChunks[index]) return;
  store<u16>(zoneChunks[index] + ((frame / PAGE) % CHUNK) * 2, <u16>(zoneid + 1));
  owned[zoneid]++;
}
function disclaim(cell: usize): void {
  const zone = <i32>load<u16>(cell);
  if (!zone) return;
  store<u16>(cell, 0);
  owned[zone - 1]--;
}
/** Frames that count as a zone's. */
export function ownedFrames(zoneid: i32): u32 {
  return owned[zoneid];
}

function cellOf(frame: usize): usize {
  return chunks[<i32>(frame / (CHUNK * PAGE))] + ((frame / PAGE) % CHUNK) * 2;
}
