// SPDX-License-Identifier: MIT
/**
 * @fileoverview The collected heap of every guest program: non-moving mark-sweep, conservative on stacks, precise in objects.
 *
 * asc calls `__new` and `__renew` to allocate and generates `__visit_globals` and `__visit_members`; it expects the header
 * below, 20 bytes in front of the payload, of which rtId and rtSize are its own. What differs between a kernel and a user
 * program (where memory comes from, what the stacks are, what must be held off meanwhile) is the port, `runtime/port`.
 *
 * Memory is one contiguous range of 16 KiB pages, which only grows. A page is free, or holds cells of one size, or is part
 * of a large object. The page table (one 16-byte entry a page) lies in the heap itself and is moved when it gets too small.
 * - Small: cells of a size class, each class with a list of free cells; pages without live cells go back.
 * - Large (over 8 KiB): consecutive whole pages, next fit.
 *
 * Collection: roots are wasm globals, pinned objects and every aligned word of the stacks that points *anywhere into* an
 * object (compiled code may hold only a derived pointer). Marking keeps its grey objects on a list threaded through their
 * headers, so a million-node list needs no stack. An object is marked if its `epoch` is that of the running collection,
 * so nothing has to be unmarked, static objects included: a static array may refer to heap objects. Sweeping is eager.
 *
 * Objects that only unmanaged memory refers to are not seen. There are no finalisers. `__link` is empty: no write barrier.
 *
 * Invariants: payloads are 16-byte aligned, hence cells begin at 12 modulo 16; a free cell has `state` FREE and links
 * through `link`; the port's enter/leave bracket every moment at which lists or the page table are inconsistent.
 */
import { abortHeapFull, discard, enter, grow, heapStart, leave, pauseClock, scanRoots, withRegisters } from 'runtime/port';

@unmanaged
class Header {
  /** FREE or USED: asc calls this word mmInfo and never looks at it. */
  state: u32;
  /** The last collection that reached this object. */
  epoch: u32;
  /** Next grey object while marking, next free cell while free. */
  link: usize;
  rtId: u32;
  rtSize: u32;
}
// @ts-ignore: decorator
@inline const HEADER: usize = offsetof<Header>();
// @ts-ignore: decorator
@inline const FREE: u32 = 0;
// @ts-ignore: decorator
@inline const USED: u32 = 0x75736564;

/** Entry of the page table. */
@unmanaged
class Page {
  kind: u32;
  /** CELLS: size of a cell. LARGE: pages of the object. TAIL: index of the object's first page. */
  value: u32;
  /** CELLS: cells of this page. */
  cells: u32;
  sizeClass: u32;
}
const PAGE_FREE: u32 = 0;
const PAGE_CELLS: u32 = 1;
const PAGE_LARGE: u32 = 2;
const PAGE_TAIL: u32 = 3;
/** The page table's own pages. */
const PAGE_TABLE: u32 = 4;

const PAGE_SHIFT: u32 = 14;
const PAGE_SIZE: usize = 1 << PAGE_SHIFT;
/** Cells begin here in their page, which aligns payloads to 16. */
const CELL_OFFSET: usize = 12;
/** Classes of 16-byte steps up to 512, then those that divide a page well. */
const FINE_LIMIT: u32 = 512;
const FINE_CLASSES: u32 = 32;
const COARSE_CLASSES: u32 = 10;
const CLASSES: u32 = FINE_CLASSES + COARSE_CLASSES;
const LARGEST_CELL: u32 = 8176;
/** The first collection comes after this much allocation, and never sooner than after it again. */
const MINIMUM_LIMIT: usize = 1 << 20;

// The heap's state is @lazy: initialised statically, so that allocations of global initialisers find it ready.
// @ts-ignore: decorator
@lazy let base: usize = 0;
// @ts-ignore: decorator
@lazy let end: usize = 0;
// @ts-ignore: decorator
@lazy let table: usize = 0;
/** Pages the table has room for. */
// @ts-ignore: decorator
@lazy let tableCapacity: u32 = 0;
// @ts-ignore: decorator
@lazy let pages: u32 = 0;
/** Where the search for free pages begins. */
// @ts-ignore: decorator
@lazy let cursor: u32 = 0;
// @ts-ignore: decorator
@lazy let epoch: u32 = 1;
// @ts-ignore: decorator
@lazy let grey: usize = 0;
// @ts-ignore: decorator
@lazy let allocated: usize = 0;
// @ts-ignore: decorator
@lazy let limit: usize = MINIMUM_LIMIT;
// @ts-ignore: decorator
@lazy let collections: u32 = 0;
// @ts-ignore: decorator
@lazy let survived: usize = 0;
// @ts-ignore: decorator
@lazy let pauses: u64 = 0;
// @ts-ignore: decorator
@lazy let longestPause: u64 = 0;
// @ts-ignore: decorator
@lazy let collecting: bool = false;
// @ts-ignore: decorator
@lazy let pins: usize = 0;
// @ts-ignore: decorator
@lazy const freeCells = memory.data(<i32>(CLASSES * sizeof<usize>()), 16);
const coarseSizes = memory.data<u16>([672, 1008, 1360, 1808, 2032, 2720, 3264, 4080, 5456, 8176]);

/** Bytes in cells and large objects in use, headers included, and those swept but not yet known to be dead. */
// @ts-ignore: decorator
@global export function heapLive(): usize {
  return allocated;
}
// @ts-ignore: decorator
@global export function heapCollections(): u32 {
  return collections;
}
/** Bytes that the last collection left. */
// @ts-ignore: decorator
@global export function heapSurvived(): usize {
  return survived;
}
/** Counts of the time stamp counter that all collections took, and the longest one. */
// @ts-ignore: decorator
@global export function heapPauseTime(): u64 {
  return pauses;
}
// @ts-ignore: decorator
@global export function heapLongestPause(): u64 {
  return longestPause;
}
/** Bytes the heap occupies. */
// @ts-ignore: decorator
@global export function heapSize(): usize {
  return end - base;
}

/** Would an object of so many bytes fit without a collection? Live bytes may leave room enough, but none of it in one piece. */
// @ts-ignore: decorator
@global export function heapHasPiece(bytes: usize): bool {
  const count = <u32>((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
  if (!base || isFree(pieceAt, count)) return true;
  let at = findFree(cursor, count);
  if (at < 0) at = findFree(0, count);
  if (at < 0) return grow(end, (<usize>count) << PAGE_SHIFT);
  pieceAt = <u32>at;
  return true;
}
/** Where the last piece was that somebody asked for: most often it is still there, and longer searches are spared. */
let pieceAt: u32 = 0;

// @ts-ignore: decorator
@global @unsafe export function __alloc(size: usize): usize {
  return __new(size, 1);
}
// @ts-ignore: decorator
@global @unsafe export function __realloc(pointer: usize, size: usize): usize {
  return __renew(pointer, size);
}
/** Unreachable memory is found by the collector. */
// @ts-ignore: decorator
@global @unsafe export function __free(pointer: usize): void {}

// @ts-ignore: decorator
@global @unsafe export function __new(size: usize, id: u32): usize {
  if (size > 0x3fffffec) abortHeapFull(size);
  enter();
  if (allocated > limit) __collect();
  let header = take(size);
  if (!header) {
    // Nothing fits and the heap cannot grow: what is dead must go now.
    __collect();
    header = take(size);
    if (!header) abortHeapFull(size);
  }
  const object = changetype<Header>(header);
  object.state = USED;
  object.epoch = epoch;
  object.rtId = id;
  object.rtSize = <u32>size;
  memory.fill(header + HEADER, 0, size);
  leave();
  return header + HEADER;
}

// @ts-ignore: decorator
@global @unsafe export function __renew(pointer: usize, size: usize): usize {
  const object = changetype<Header>(pointer - HEADER);
  const old = <usize>object.rtSize;
  if (size <= capacityOf(pointer - HEADER)) {
    // What asc grows into must read as zero, like fresh memory.
    if (size > old) memory.fill(pointer + old, 0, size - old);
    object.rtSize = <u32>size;
    return pointer;
  }
  const larger = __new(size, object.rtId);
  memory.copy(larger, pointer, min(old, size));
  return larger;
}

// @ts-ignore: decorator
@global @unsafe @inline export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

/** Keeps an object alive that only the host refers to (a test under Node). Pins nest. */
// @ts-ignore: decorator
@global @unsafe export function __pin(pointer: usize): usize {
  if (!pointer) return 0;
  const cell = __new(2 * sizeof<usize>(), 0);
  store<usize>(cell, pins);
  store<usize>(cell, pointer, sizeof<usize>());
  pins = cell;
  return pointer;
}
// @ts-ignore: decorator
@global @unsafe export function __unpin(pointer: usize): void {
  let before: usize = 0;
  for (let cell = pins; cell; cell = load<usize>(cell)) {
    if (load<usize>(cell, sizeof<usize>()) == pointer) {
      if (before) store<usize>(before, load<usize>(cell));
      else pins = load<usize>(cell);
      return;
    }
    before = cell;
  }
}

/** Collects now. The callee-saved registers are put on the stack first: they may hold the only reference. */
// @ts-ignore: decorator
@global @unsafe export function __collect(): void {
  withRegisters();
}

/** The collection itself, entered from {@link __collect} through a stub that saved the registers above `stackPointer`. */
export function collectFrom(stackPointer: u64): void {
  assert(!collecting);
  const began = pauseClock();
  enter();
  collecting = true;
  collections++;
  epoch++;
  __visit_globals(0);
  for (let cell = pins; cell; cell = load<usize>(cell)) {
    changetype<Header>(cell - HEADER).epoch = epoch;
    __visit(load<usize>(cell, sizeof<usize>()), 0);
  }
  scanRoots(stackPointer);
  drain();
  sweep();
  survived = allocated;
  limit = max(allocated * 2, MINIMUM_LIMIT);
  collecting = false;
  leave();
  const pause = pauseClock() - began;
  pauses += pause;
  longestPause = max(longestPause, pause);
}

/** Where the heap's memory ends so far; 0: there is none yet. */
export function heapEnd(): usize {
  return end;
}

/** Collects, and gives memory back. */
export function trimHeap(): void {
  __collect();
  giveBackPages();
}
/** Memory of free pages goes back, where the system takes it; they stay part of the heap, and may read as anything. */
export function giveBackPages(): void {
  for (let index: u32 = 0; index < pages; ) {
    let next = index;
    while (next < pages && pageAt(next).kind == PAGE_FREE) next++;
    if (next > index) discard(base + ((<usize>index) << PAGE_SHIFT), (<usize>(next - index)) << PAGE_SHIFT);
    index = next + 1;
  }
}

// ---- marking

/** Called by generated code for every reference in an object or global; some are null. */
// @ts-ignore: decorator
@global @unsafe export function __visit(pointer: usize, cookie: u32): void {
  if (!pointer) return;
  const object = changetype<Header>(pointer - HEADER);
  if (object.epoch == epoch) return;
  object.epoch = epoch;
  object.link = grey;
  grey = pointer;
}

function drain(): void {
  while (grey) {
    const pointer = grey;
    grey = changetype<Header>(pointer - HEADER).link;
    __visit_members(pointer, 0);
  }
}

/** Marks what a word found on a stack may refer to. For the port's scanRoots. */
// @ts-ignore: decorator
@inline export function visitWord(word: usize): void {
  if (word - base >= end - base) return;
  const pointer = objectAt(word);
  if (pointer) __visit(pointer, 0);
}

/** The payload of the object that an address lies in, header and slack of its cell included, or 0. */
export function objectAt(address: usize): usize {
  if (address - base >= end - base) return 0;
  let index = <u32>((address - base) >> PAGE_SHIFT);
  let page = pageAt(index);
  if (page.kind == PAGE_TAIL) {
    index = page.value;
    page = pageAt(index);
  }
  const start = base + ((<usize>index) << PAGE_SHIFT) + CELL_OFFSET;
  if (address < start) return 0;
  if (page.kind == PAGE_LARGE) return start + HEADER;
  if (page.kind != PAGE_CELLS) return 0;
  const cell = <u32>(address - start) / page.value;
  if (cell >= page.cells) return 0;
  const header = start + cell * page.value;
  return changetype<Header>(header).state == USED ? header + HEADER : 0;
}

// ---- sweeping

/** Rebuilds the lists of free cells in address order and returns pages without live cells. */
function sweep(): void {
  memory.fill(freeCells, 0, CLASSES * sizeof<usize>());
  allocated = 0;
  // Backwards, so that each class's list begins at the lowest address: survivors gather there.
  for (let index = pages; index-- > 0; ) {
    const page = pageAt(index);
    if (page.kind == PAGE_CELLS) sweepCells(index, page);
    else if (page.kind == PAGE_LARGE) sweepLarge(index, page);
  }
  cursor = 0;
}

function sweepCells(index: u32, page: Page): void {
  const size = <usize>page.value;
  const list = freeCells + ((<usize>page.sizeClass) << alignof<usize>());
  const first = base + ((<usize>index) << PAGE_SHIFT) + CELL_OFFSET;
  const before = load<usize>(list);
  let free = before;
  let live: u32 = 0;
  for (let header = first + (page.cells - 1) * size; header >= first; header -= size) {
    const object = changetype<Header>(header);
    if (object.state == USED && object.epoch == epoch) {
      live++;
      continue;
    }
    object.state = FREE;
    object.link = free;
    free = header;
  }
  if (live) {
    store<usize>(list, free);
    allocated += live * size;
  } else {
    page.kind = PAGE_FREE;
  }
}

function sweepLarge(index: u32, page: Page): void {
  const object = changetype<Header>(base + ((<usize>index) << PAGE_SHIFT) + CELL_OFFSET);
  const count = page.value;
  if (object.epoch == epoch) {
    allocated += (<usize>count) << PAGE_SHIFT;
    return;
  }
  object.state = FREE;
  for (let i = index; i < index + count; i++) pageAt(i).kind = PAGE_FREE;
}

// ---- allocation

// @ts-ignore: decorator
@inline function pageAt(index: u32): Page {
  return changetype<Page>(table + <usize>index * offsetof<Page>());
}

/** A header for a payload of `size` bytes, or 0 if nothing fits and the heap cannot grow. */
function take(size: usize): usize {
  const total = size + HEADER;
  if (total > LARGEST_CELL) return takeLarge(total);
  const sizeClass = classOf(<u32>total);
  const list = freeCells + ((<usize>sizeClass) << alignof<usize>());
  if (!load<usize>(list) && !refill(sizeClass, list)) return 0;
  const header = load<usize>(list);
  store<usize>(list, changetype<Header>(header).link);
  allocated += cellSize(sizeClass);
  return header;
}

function classOf(total: u32): u32 {
  if (total <= FINE_LIMIT) return (total - 1) >> 4;
  let sizeClass: u32 = FINE_CLASSES;
  while (cellSize(sizeClass) < total) sizeClass++;
  return sizeClass;
}

function cellSize(sizeClass: u32): u32 {
  if (sizeClass < FINE_CLASSES) return (sizeClass + 1) << 4;
  return load<u16>(coarseSizes + ((<usize>(sizeClass - FINE_CLASSES)) << 1));
}

/** Cuts a fresh page into cells. */
function refill(sizeClass: u32, list: usize): bool {
  const index = takePages(1);
  if (index < 0) return false;
  const size = cellSize(sizeClass);
  const page = pageAt(index);
  page.kind = PAGE_CELLS;
  page.value = size;
  page.cells = <u32>(PAGE_SIZE - CELL_OFFSET) / size;
  page.sizeClass = sizeClass;
  const first = base + ((<usize>index) << PAGE_SHIFT) + CELL_OFFSET;
  let free: usize = load<usize>(list);
  for (let cell = page.cells; cell-- > 0; ) {
    const object = changetype<Header>(first + cell * size);
    object.state = FREE;
    object.link = free;
    free = first + cell * size;
  }
  store<usize>(list, free);
  return true;
}

function takeLarge(total: usize): usize {
  const count = <u32>((total + CELL_OFFSET + PAGE_SIZE - 1) >> PAGE_SHIFT);
  const index = takePages(count);
  if (index < 0) return 0;
  const page = pageAt(index);
  page.kind = PAGE_LARGE;
  page.value = count;
  for (let i: u32 = 1; i < count; i++) {
    const tail = pageAt(index + i);
    tail.kind = PAGE_TAIL;
    tail.value = index;
  }
  allocated += (<usize>count) << PAGE_SHIFT;
  return base + ((<usize>index) << PAGE_SHIFT) + CELL_OFFSET;
}

/** Bytes a payload may occupy where it is. */
function capacityOf(header: usize): usize {
  // Static objects lie below the heap and cannot grow.
  if (header - base >= end - base) return changetype<Header>(header).rtSize;
  const page = pageAt(<u32>((header - base) >> PAGE_SHIFT));
  if (page.kind == PAGE_LARGE) return ((<usize>page.value) << PAGE_SHIFT) - CELL_OFFSET - HEADER;
  return page.value - HEADER;
}

/** Index of the first of `count` free pages, or -1. */
function takePages(count: u32): i32 {
  let index = findFree(cursor, count);
  if (index < 0 && cursor > 0) index = findFree(0, count);
  if (index < 0) {
    if (!extend(count)) return -1;
    index = findFree(0, count);
  }
  cursor = index + count;
  return index;
}

function isFree(from: u32, count: u32): bool {
  if (from + count > pages) return false;
  for (let index = from; index < from + count; index++) if (pageAt(index).kind != PAGE_FREE) return false;
  return true;
}

function findFree(from: u32, count: u32): i32 {
  let run: u32 = 0;
  for (let index = from; index < pages; index++) {
    run = pageAt(index).kind == PAGE_FREE ? run + 1 : 0;
    if (run == count) return index - count + 1;
  }
  return -1;
}

/** Adds at least `count` pages at the end, and an eighth of the heap, so that growing costs little in all. */
function extend(count: u32): bool {
  if (!base) {
    base = (heapStart() + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    end = base;
  }
  // A table of double the size is placed at the start of what is added.
  const wanted = pages + count + (pages >> 3);
  const enlarge = wanted + 4 > tableCapacity;
  const capacity = enlarge ? (wanted + 4) * 2 : tableCapacity;
  const tablePages = enlarge ? <u32>((capacity * offsetof<Page>() + PAGE_SIZE - 1) >> PAGE_SHIFT) : 0;
  let added = count + (pages >> 3) + tablePages;
  if (!grow(end, (<usize>added) << PAGE_SHIFT)) {
    added = count + tablePages;
    if (!grow(end, (<usize>added) << PAGE_SHIFT)) return false;
  }
  const first = pages;
  end += (<usize>added) << PAGE_SHIFT;
  if (enlarge) moveTable(base + ((<usize>first) << PAGE_SHIFT), capacity);
  pages += added;
  for (let i = first; i < pages; i++) pageAt(i).kind = i - first < tablePages ? PAGE_TABLE : PAGE_FREE;
  return true;
}

function moveTable(to: usize, capacity: u32): void {
  const old = table;
  const oldPages = <u32>((tableCapacity * offsetof<Page>() + PAGE_SIZE - 1) >> PAGE_SHIFT);
  memory.copy(to, old, <usize>pages * offsetof<Page>());
  table = to;
  tableCapacity = capacity;
  if (!old) return;
  const first = <u32>((old - base) >> PAGE_SHIFT);
  for (let i: u32 = 0; i < oldPages; i++) pageAt(first + i).kind = PAGE_FREE;
}
