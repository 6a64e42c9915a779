// SPDX-License-Identifier: MIT
/**
 * @fileoverview Page frames with owners: a frame may belong to several address spaces and files at once.
 *
 * A frame is its physical address, and a pointer, since the window maps physical memory directly. Frames come zeroed from
 * `runtime/frames` with one owner. The count of further owners lies in a table of 16-bit cells that is made, 8 MiB of memory
 * at a time, when the first frame there is shared: most never are.
 *
 * A frame may also be counted as a zone's ({@link claimFrame}), until its last owner has gone; a second table of the same kind says whose, and whether
 * its content is memory that can be paged out (swap.ts).
 *
 * Promises ({@link reserve}) are kept by frames or by pages of swap areas. What there is of both, but for frames that are in use for anything else, is never
 * less than what is promised, however much of that is in use already. What cannot be paged out must leave room for what a program needs at once; so,
 * when there is swap, frames without a promise, and locks, have a limit of their own.
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
  if (promisable() <= 0 || (swapFree && availrmem() <= <i64>kept())) return 0;
  return reservedFrame();
}

// ---- memory that can be paged out

/** Pages of swap areas that hold nothing, and that hold something. */
let swapFree: u64 = 0;
let swapUsed: u64 = 0;
/** Frames that promises have become, which can be paged out, locked ones among them; and pages that are locked. */
let pageable: u32 = 0;
let locked: i64 = 0;
/** Below so many free frames somebody is told of each that is taken. */
let lotsfree: u32 = 0;
let tell: (() => void) | null = null;

export function freeSwap(): u64 {
  return swapFree;
}
export function addSwap(free: i64, used: i64): void {
  swapFree += free;
  swapUsed += used;
}
/** From now on, `call` is called when a frame is taken and fewer than so many are free. 0: never. */
export function watchFrames(below: u32, call: () => void): void {
  lotsfree = below;
  tell = call;
}
/** Frames that are free or could be made so by paging out, as long as there is swap for it. */
export function availrmem(): i64 {
  return <i64>freeFrames() + pageable - locked;
}
export function noteLocked(pages: i64): void {
  locked += pages;
}
/** May so many pages more stay in memory for good? */
export function mayStay(pages: u64): bool {
  return !swapFree || availrmem() - <i64>pages > <i64>kept();
}
/** Pages that could still be promised. */
export function promisable(): i64 {
  return <i64>freeFrames() + pageable + <i64>swapFree + <i64>swapUsed - <i64>promised;
}
/** Frames that may still be had without a promise, if they are waited for. */
export function availableFrames(): u32 {
  if (!lotsfree) return freeFrames();
  return <u32>max<i64>(min(promisable(), availrmem() - <i64>kept()), 0);
}

// ---- reservations

/** Pages that are promised, whether they are in use or not. */
let promised: u64 = 0;
let refused: u64 = 0;
/** Never promised: page tables of what was promised, and the kernel's own needs, come from here. */
const KEPT: u32 = 512;
function kept(): u32 {
  return min<u32>(KEPT, total_ / 16);
}

/**
 * Promises frames: every page that a process may write to has one before it is touched, so that a program learns from mmap, brk or fork that
 * memory is short, and not by dying. False: there are not so many.
 */
export function reserve(count: u64): bool {
  if (<i64>count < 0 || promisable() < <i64>count + kept()) {
    refused++;
    return false;
  }
  promised += count;
  return true;
}
/** A promise is not needed any more. */
export function unreserve(count: u64): void {
  promised -= count;
}
/** A zeroed frame for a page that is promised. */
export function reservedFrame(): usize {
  const frame = allocateFrame();
  if (freeFrames() < lotsfree) tell!();
  return frame;
}
export function promisedPages(): u64 {
  return promised;
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
/** Of a cell: the frame's content can be paged out. */
const PAGEABLE: u32 = 0x8000;
const zoneChunks = new StaticArray<usize>(CHUNKS);
const owned = new StaticArray<u32>(ZONES);

/** A frame, which is nobody's, counts as a zone's until it has no owner any more; `isPromised`: a page that was promised is in it. */
export function claimFrame(frame: usize, zoneid: i32, isPromised: bool): void {
  const index = <i32>(frame / (CHUNK * PAGE));
  if (!zoneChunks[index]) zoneChunks[index] = allocateFrame();
  // Without memory for that it does not count.
  if (!zoneChunks[index]) return;
  store<u16>(zoneChunks[index] + ((frame / PAGE) % CHUNK) * 2, <u16>((<u32>zoneid + 1) | (isPromised ? PAGEABLE : 0)));
  owned[zoneid]++;
  if (isPromised) pageable++;
}
function disclaim(cell: usize): void {
  const claim = <u32>load<u16>(cell);
  if (!claim) return;
  store<u16>(cell, 0);
  owned[(claim & ~PAGEABLE) - 1]--;
  if (claim & PAGEABLE) pageable--;
}
/** Is it a frame of memory without a file, which is nowhere else? */
export function isPageable(frame: usize): bool {
  const zones = zoneChunks[<i32>(frame / (CHUNK * PAGE))];
  return zones != 0 && (<u32>load<u16>(zones + ((frame / PAGE) % CHUNK) * 2) & PAGEABLE) != 0;
}
/** Frames that count as a zone's. */
export function ownedFrames(zoneid: i32): u32 {
  return owned[zoneid];
}

function cellOf(frame: usize): usize {
  return chunks[<i32>(frame / (CHUNK * PAGE))] + ((frame / PAGE) % CHUNK) * 2;
}
