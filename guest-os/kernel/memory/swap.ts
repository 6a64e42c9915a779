// SPDX-License-Identifier: MIT
/**
 * @fileoverview Swap: areas on devices, their slots of a page each, and frames whose content a slot has or will have.
 *
 * Whoever refers to a page of memory without a file (an entry of a page table, hat.ts; a leaf of shared memory, anonymous.ts) refers either to a
 * frame or to a slot. A slot counts its references. It may also have a frame: while that is written out, or when it has been read for one reference
 * and others remain. The slot is then one of the frame's owners (frames.ts), so nobody writes into the frame without a copy of his own, and what is
 * in it is what the slot's page of the device has or gets. The last reference that is resolved takes the frame over, and the slot is free.
 *
 * Paging out: a reference to a frame becomes one to a slot at once ({@link pageOut}); the frame is written later ({@link writeOut}), and freed if
 * nobody has wanted it back meanwhile. So nothing has to be undone when the process forks, ends, or uses the page in between.
 * Paging in: {@link takeFrame} where the slot has a frame, else {@link readIn}, which sleeps, and then again.
 *
 * A slot is a number: the area's in the upper bits, the page's in it below. Page 0 of an area is not used (it may hold a label), so no slot is 0.
 * A slot's cell has 8 bytes, in frames that the area takes when it first uses so many: the frame with flags in its lower bits, or the next free slot, and
 * the references. Free slots that have been used are a list; when that is empty, the next one of the device is taken.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { Device } from '../../fs/dev/device';
import { EIO, ENOMEM, setError } from '../errno';
import { addSwap, dropFrame, isShared, PAGE, reservedFrame, shareFrame } from './frames';
import { vmFigures } from './pageout';
import { current } from '../thread/thread';
import { WaitQueue } from '../thread/waitQueue';
import { ZoneMemory } from '../zone/zoneMemory';

/** Pages of an area, and areas: a leaf of shared memory keeps a slot in 31 bits. */
const PAGE_BITS: u32 = 28;
const PAGES_MOST: u64 = 1 << 28;
const AREAS_MOST: i32 = 8;
/** Cells in a frame. */
const PER_FRAME: u32 = 512;

/** Of a cell: the device is being read or written for it; its page has what the frame has. */
const BUSY: u32 = 1;
const VALID: u32 = 2;
const FRAME: u32 = 0xfffff000;
const NONE: u32 = 0;

export class SwapArea {
  free: u32 = 0;
  /** No new slots: it is being removed, or cannot be written to. */
  isClosed: bool = false;
  /** It is being removed. */
  isLeaving: bool = false;
  /** Slots that have a frame. */
  cached: u32 = 0;
  readonly cells: StaticArray<usize>;
  firstFree: u32 = 0;
  /** Pages from here on have never been used. */
  fresh: u32 = 1;

  constructor(
    readonly path: string,
    readonly device: Device,
    /** Pages, the first of which is not used. */
    readonly pages: u32,
  ) {
    this.cells = new StaticArray<usize>(<i32>((pages + PER_FRAME - 1) / PER_FRAME));
    this.free = pages - 1;
    this.isClosed = true;
  }

  cell(page: u32): usize {
    return this.cells[<i32>(page / PER_FRAME)] + ((<usize>(page % PER_FRAME)) << 3);
  }
  get usable(): u32 {
    return this.pages - 1;
  }
  get used(): u32 {
    return this.usable - this.free;
  }

  giveBack(): void {
    for (let i = 0; i < this.cells.length; i++) if (this.cells[i]) dropFrame(this.cells[i]);
  }

  putFree(page: u32): void {
    store<u32>(this.cell(page), this.firstFree);
    store<u32>(this.cell(page), 0, 4);
    this.firstFree = page;
    this.free++;
    addSwap(this.isClosed ? 0 : 1, -1);
  }
  /** One of its pages, of which some are free; 0: no memory for its cell. */
  takeFree(): u32 {
    let page = this.firstFree;
    if (page) this.firstFree = load<u32>(this.cell(page));
    else {
      page = this.fresh;
      const at = <i32>(page / PER_FRAME);
      if (!this.cells[at]) this.cells[at] = reservedFrame();
      if (!this.cells[at]) return 0;
      this.fresh++;
    }
    store<u32>(this.cell(page), NONE);
    this.free--;
    addSwap(-1, 1);
    return page;
  }
  /** Its free pages count, or do not. */
  setClosed(closed: bool): void {
    if (closed == this.isClosed) return;
    this.isClosed = closed;
    addSwap(closed ? -(<i64>this.free) : <i64>this.free, 0);
  }
}

const areas = new StaticArray<SwapArea | null>(AREAS_MOST);
/** Where the next slot is looked for first: areas take turns, as illumos's do, each for so many pages. */
let turn = 0;
let taken: u32 = 0;
const TURN: u32 = 256;

export function swapArea(index: i32): SwapArea | null {
  return areas[index];
}
export const SWAP_AREAS: i32 = AREAS_MOST;
export const SWAP_PAGES_MOST: u64 = PAGES_MOST;
/** An area becomes one. False: there are too many. */
export function enterArea(area: SwapArea): bool {
  for (let i = 0; i < AREAS_MOST; i++) {
    if (areas[i]) continue;
    areas[i] = area;
    area.setClosed(false);
    return true;
  }
  return false;
}
export function leaveArea(area: SwapArea): void {
  for (let i = 0; i < AREAS_MOST; i++) if (areas[i] == area) areas[i] = null;
}

// ---- slots

function areaOf(slot: u32): SwapArea {
  return areas[<i32>(slot >> PAGE_BITS)]!;
}
export function isSlotOf(slot: u32, area: SwapArea): bool {
  return areas[<i32>(slot >> PAGE_BITS)] == area;
}
function pageOf(slot: u32): u32 {
  return slot & ((1 << PAGE_BITS) - 1);
}
function cellOf(slot: u32): usize {
  return areaOf(slot).cell(pageOf(slot));
}

/** A free slot; 0: there is none. */
function newSlot(): u32 {
  for (let i = 0; i < AREAS_MOST; i++) {
    const area = areas[turn];
    if (area && area.free && !area.isClosed && taken++ < TURN) return slotIn(area);
    turn = (turn + 1) % AREAS_MOST;
    taken = 0;
  }
  // The only one has had its turn.
  const area = areas[turn];
  return area && area.free && !area.isClosed ? slotIn(area) : 0;
}

function slotIn(area: SwapArea): u32 {
  const page = area.takeFree();
  return page ? ((<u32>turn) << PAGE_BITS) | page : 0;
}

/** One more refers to it. False: too many do. */
export function shareSlot(slot: u32): bool {
  const cell = cellOf(slot);
  const count = load<u32>(cell, 4);
  if (count == 0xffff) return false;
  store<u32>(cell, count + 1, 4);
  return true;
}
/** One does not refer to it any more; with the last it goes, when its transfer is over. */
export function dropSlot(slot: u32): void {
  const cell = cellOf(slot);
  const count = load<u32>(cell, 4) - 1;
  store<u32>(cell, count, 4);
  if (count) return;
  const frame = detach(slot);
  if (frame) dropFrame(frame);
  if (!(load<u32>(cell) & BUSY)) areaOf(slot).putFree(pageOf(slot));
}
/** Its frame is its no longer: whoever calls is the owner in its place. */
function detach(slot: u32): usize {
  const cell = cellOf(slot);
  const frame = <usize>(load<u32>(cell) & FRAME);
  if (!frame) return 0;
  store<u32>(cell, load<u32>(cell) & ~FRAME);
  setSlotOf(frame, 0);
  areaOf(slot).cached--;
  return frame;
}
function attach(slot: u32, frame: usize, flags: u32): void {
  store<u32>(cellOf(slot), <u32>frame | flags);
  setSlotOf(frame, slot);
  areaOf(slot).cached++;
}

// ---- whose content a frame has

const CHUNK: usize = 1024;
const chunks = new StaticArray<usize>(<i32>(0xc0000000 / (CHUNK * PAGE)));

function slotCell(frame: usize): usize {
  return chunks[<i32>(frame / (CHUNK * PAGE))] + (((frame / PAGE) % CHUNK) << 2);
}
function slotOf(frame: usize): u32 {
  return chunks[<i32>(frame / (CHUNK * PAGE))] ? load<u32>(slotCell(frame)) : 0;
}
function setSlotOf(frame: usize, slot: u32): void {
  store<u32>(slotCell(frame), slot);
}
/** Can the frame be a slot's? */
function mayAttach(frame: usize): bool {
  const chunk = <i32>(frame / (CHUNK * PAGE));
  if (!chunks[chunk]) chunks[chunk] = reservedFrame();
  return chunks[chunk] != 0;
}

// ---- out

/**
 * A slot to refer to in place of a frame, whose owner the caller is no longer; 0: there is none. The frame stays until it is written; if
 * {@link mustWrite} then, that is to be done now.
 */
export function pageOut(frame: usize): u32 {
  let slot = slotOf(frame);
  if (slot) {
    if (!shareSlot(slot)) return 0;
    dropFrame(frame);
    evict(slot);
    return slot;
  }
  if (!mayAttach(frame)) return 0;
  slot = newSlot();
  if (!slot) return 0;
  store<u32>(cellOf(slot), 1, 4);
  attach(slot, frame, 0);
  return slot;
}
/** Nobody but the slot has its frame any more, which is not on the device yet. */
export function mustWrite(slot: u32): bool {
  // What has been chosen may be free meanwhile, and even its area gone.
  if (!areas[<i32>(slot >> PAGE_BITS)] || !load<u32>(cellOf(slot), 4)) return false;
  const cell = load<u32>(cellOf(slot));
  return (cell & (BUSY | VALID)) == 0 && (cell & FRAME) != 0 && !isShared(<usize>(cell & FRAME));
}
/** Gives the frame back, if the device has its content and nobody uses it. */
function evict(slot: u32): bool {
  const cell = load<u32>(cellOf(slot));
  if ((cell & (BUSY | VALID)) != VALID || !(cell & FRAME) || isShared(<usize>(cell & FRAME))) return false;
  dropFrame(detach(slot));
  return true;
}

/** Writes a frame to its slot's page; sleeps. False: the device has failed, and takes no more; the frame stays. */
export function writeOut(slot: u32): bool {
  // Since it was chosen it may have been wanted again.
  if (!mustWrite(slot)) return true;
  const area = areaOf(slot);
  const cell = cellOf(slot);
  const frame = <usize>(load<u32>(cell) & FRAME);
  store<u32>(cell, <u32>frame | BUSY);
  // Whatever becomes of the slot meanwhile, the frame stays until it is written.
  const kept = shareFrame(frame);
  const error = kept ? area.device.transferPage(true, pageOf(slot), frame) : setError(ENOMEM);
  if (kept) dropFrame(frame);
  store<u32>(cell, (load<u32>(cell) & ~BUSY) | (error ? 0 : VALID));
  ready.wakeAll();
  if (error && error != -ENOMEM) area.setClosed(true);
  if (!load<u32>(cell, 4)) area.putFree(pageOf(slot));
  else evict(slot);
  return !error;
}

/** Frames that slots have and nobody uses: those that are on their devices go, the others are written. How many have gone; sleeps. */
export function dropCached(): u32 {
  let gone: u32 = 0;
  for (let i = 0; i < AREAS_MOST; i++) {
    const area = areas[i];
    if (!area) continue;
    for (let page: u32 = 1; page < area.fresh && area.cached && areas[i] == area; page++) {
      const slot = ((<u32>i) << PAGE_BITS) | page;
      const cell = area.cell(page);
      if (!load<u32>(cell, 4) || !(load<u32>(cell) & FRAME)) continue;
      if (mustWrite(slot)) writeOut(slot);
      else if (!evict(slot)) continue;
      gone++;
    }
  }
  return gone;
}

// ---- in

/** Who waits for a slot's page. */
const ready = new WaitQueue();

/** A reference becomes one to the slot's frame, whose owner the caller is now, perhaps among others. 0: {@link readIn}. */
export function takeFrame(slot: u32): usize {
  const cell = cellOf(slot);
  const frame = <usize>(load<u32>(cell) & FRAME);
  if (!frame) return 0;
  const count = load<u32>(cell, 4);
  if (count > 1) {
    if (!shareFrame(frame)) return 0;
    store<u32>(cell, count - 1, 4);
    return frame;
  }
  store<u32>(cell, 0, 4);
  detach(slot);
  if (!(load<u32>(cell) & BUSY)) areaOf(slot).putFree(pageOf(slot));
  return frame;
}

/**
 * Gives a slot its frame, of a zone; sleeps, and the slot may be anything afterwards. 0, -EIO, -ENOMEM. The device's lock is taken first: who has it may
 * come here by a fault, and must not wait for somebody who waits for it.
 */
export function readIn(slot: u32, memory: ZoneMemory): i32 {
  const area = areaOf(slot);
  const device = area.device;
  device.hold();
  device.lockForSwap();
  const error = readLocked(slot, area, memory);
  device.unlockForSwap();
  device.release();
  return error;
}
function readLocked(slot: u32, area: SwapArea, memory: ZoneMemory): i32 {
  // The lock may have been waited for.
  if (!isSlotOf(slot, area)) return 0;
  const cell = area.cell(pageOf(slot));
  if (!load<u32>(cell, 4)) return 0;
  if (load<u32>(cell) & BUSY) {
    const flags = saveInterrupts();
    if (load<u32>(cell) & BUSY) ready.wait(false, 1);
    restoreInterrupts(flags);
    return 0;
  }
  if (load<u32>(cell) & FRAME) return 0;
  const frame = mayHoldSlot(memory);
  if (!frame) return setError(ENOMEM);
  store<u32>(cell, BUSY);
  const error = area.device.transferPage(false, pageOf(slot), frame);
  store<u32>(cell, NONE);
  ready.wakeAll();
  const wanted = load<u32>(cell, 4) != 0;
  if (!error) vmFigures.pgin++;
  const process = current().process;
  if (process) process.majorFaults++;
  if (!error && wanted) {
    attach(slot, frame, VALID);
    return 0;
  }
  dropFrame(frame);
  if (!wanted) area.putFree(pageOf(slot));
  return error ? setError(EIO) : 0;
}
function mayHoldSlot(memory: ZoneMemory): usize {
  const frame = reservedFrame();
  if (!frame) return 0;
  if (mayAttach(frame)) {
    memory.own(frame, true);
    return frame;
  }
  dropFrame(frame);
  return 0;
}
