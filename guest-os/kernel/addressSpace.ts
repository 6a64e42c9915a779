// SPDX-License-Identifier: MIT
/**
 * @fileoverview A process's address space: segments say what should be where, faults bring it there (hat.ts holds what is).
 *
 * A segment is a range of pages with rights, backed by zeros or by a vnode. In a private one a page comes on the first access, either a fresh
 * zeroed frame or the file's own frame, mapped read-only; the first write copies a frame that has other owners. fork shares every such
 * frame between parent and child in the same way. The last bytes of an image's range are zero-filled by copying (the page that holds data
 * and the beginning of bss). In a shared one the file's own frames are mapped, writable; shared memory without a file has a vnode of its
 * own (anonymous.ts). Pages behind the end of a mapped file are SIGBUS.
 *
 * Reservations (frames.ts): a private segment that can be written to has memory promised for every page (`reserved`). After fork the child has promises of
 * its own for all pages, since it may write to all of them. MAP_NORESERVE has none, and its pages are refused when memory is short.
 *
 * A page that the pageout thread has taken has a slot in its entry (swap.ts), which fork shares like a frame; the next access brings it back. Pages of locked
 * segments stay. A fault may wait until memory is free (pageout.ts), and whatever waits looks at everything again: {@link AddressSpace.fault} returns 0 and
 * the page may still not be there; who needs it there says {@link AddressSpace.frame}.
 *
 * The stack's segment grows downwards on a fault below it, as far as RLIMIT_STACK lets it. A space may be used by two processes (vfork).
 *
 * Invariants: segments are sorted and do not overlap; a page is mapped only inside a segment; a private mapping is writable only if the
 * segment is and its frame has one owner.
 *
 * Omitted: taking pages away from mappings when their file is cut.
 */
import { USER_END, USER_STACK_TOP } from 'machine/addresses';
import { Vnode } from '../fs/vnode';
import { AnonymousMemory } from './anonymous';
import { EAGAIN, EFAULT, EIO, ENOMEM, failure, setError } from './errno';
import { dropFrame, isShared, newFrame, PAGE, reservedFrame, shareFrame } from './frames';
import { ACCESSED, createTables, destroyTables, entryAt, frameAt, frameOfEntry, mapFrame, mapSlot } from './hat';
import { nextTable, NO_EXECUTE, slotOfEntry, swappedAt, unmapFrame, unmapSlot, USER, WRITABLE } from './hat';
import { heapHasRoom, heapMayHaveRoom } from './heapRoom';
import { RLIM_INFINITY } from './limits';
import { throttle } from './pageout';
import { dropSlot, isSlotOf, readIn, shareSlot, SwapArea, takeFrame } from './swap';
import { FRAME_GRANTED, FRAME_LATER, FRAME_REFUSED, ZoneMemory } from './zoneMemory';

/** Rights, by mmap's values (<sys/mman.h>). */
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;

/** The range that mmap chooses from, downwards. */
const MAP_TOP: u64 = 0x7f0000000000;
const MAP_BOTTOM: u64 = 0x10000000000;
/** Linear memory of our programs ends here, and what follows must fault. */
export const BREAK_LIMIT: u64 = 0x100000000;
const PAGE_MASK: u64 = 4095;
/** Segments of a space: they are a list, which longer ones would make slow. */
const SEGMENTS_MAX: i32 = 8192;

/** No frame's address. */
const LATER: usize = 1;

export class Segment {
  next: Segment | null = null;
  /** File behind it, held; null: zeros. */
  vnode: Vnode | null = null;
  /** Offset in the file of `start`. */
  offset: u64 = 0;
  /** Address behind the last byte that comes from the file. */
  fileEnd: u64 = 0;
  shared: bool = false;
  /** The rest of its last page is zeros, and what follows too: an executable's segment, not one of mmap. */
  zeroFilled: bool = false;
  /** Every page has a frame promised. */
  reserved: bool = false;
  /** Its pages count as locked. */
  locked: bool = false;
  /** mprotect may not give more. */
  most: i32 = 7;
  constructor(
    public start: u64,
    public end: u64,
    public prot: i32,
  ) {}

  get pages(): u64 {
    return (this.end - this.start) / PAGE;
  }

  /** The same pages from another place of it on. */
  part(start: u64, end: u64): Segment {
    const copy = new Segment(start, end, this.prot);
    copy.shared = this.shared;
    copy.zeroFilled = this.zeroFilled;
    copy.reserved = this.reserved;
    copy.locked = this.locked;
    copy.most = this.most;
    const vnode = this.vnode;
    if (vnode) {
      vnode.hold();
      copy.vnode = vnode;
      copy.offset = this.offset + (start - this.start);
      copy.fileEnd = this.fileEnd;
    }
    return copy;
  }

  get rights(): u64 {
    return USER | (this.prot & PROT_WRITE ? WRITABLE : 0) | (this.prot & PROT_EXEC ? 0 : NO_EXECUTE);
  }
  /** Does it need promises? */
  get wantsReservation(): bool {
    return !this.shared && (this.prot & PROT_WRITE) != 0;
  }
}

export class AddressSpace {
  first: Segment | null = null;
  /** Where brk began and where it is. */
  breakStart: u64 = 0;
  breakEnd: u64 = 0;
  /** RLIMIT_STACK, RLIMIT_VMEM and RLIMIT_DATA of its process. */
  stackLimit: u64 = 0;
  sizeLimit: u64 = RLIM_INFINITY;
  dataLimit: u64 = RLIM_INFINITY;
  /** Bytes in segments. */
  size: u64 = 0;
  /** mlockall(MCL_FUTURE): new pages come at once. */
  locksFuture: bool = false;
  private holders: i32 = 1;
  private segments: i32 = 0;

  constructor(
    public readonly tables: usize,
    /** What its zone has of memory. */
    public readonly memory: ZoneMemory,
  ) {}

  static create(memory: ZoneMemory): AddressSpace | null {
    const tables = createTables();
    return tables ? new AddressSpace(tables, memory) : null;
  }

  hold(): void {
    this.holders++;
  }
  /** With the last holder it goes; it must not be loaded on a processor then. */
  release(): void {
    if (--this.holders) return;
    let segment: Segment | null = this.first;
    while (segment) {
      const next = segment.next;
      this.giveBack(segment, segment.start, segment.end);
      const vnode = segment.vnode;
      if (vnode) vnode.release();
      segment = next;
    }
    this.first = null;
    destroyTables(this.tables);
    this.memory.noteRoom();
  }

  /** Pages that are there. */
  get resident(): u64 {
    let count: u64 = 0;
    let segment: Segment | null = this.first;
    while (segment) {
      count += this.residentIn(segment.start, segment.end);
      segment = segment.next;
    }
    return count;
  }
  residentIn(start: u64, end: u64): u64 {
    let count: u64 = 0;
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      if (frameAt(this.tables, at)) count++;
    }
    return count;
  }
  /** Of those, the ones that are this process's alone. */
  privateIn(start: u64, end: u64): u64 {
    let count: u64 = 0;
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      const frame = frameAt(this.tables, at);
      if (frame && !isShared(frame)) count++;
    }
    return count;
  }

  /** Pages that are there and no file's; of shared memory those that have been touched here. */
  get ownPages(): u64 {
    let count: u64 = 0;
    let segment: Segment | null = this.first;
    while (segment) {
      const vnode = segment.vnode;
      if (!vnode || segment.reserved) count += this.privateIn(segment.start, segment.end);
      else if (vnode instanceof AnonymousMemory) count += this.residentIn(segment.start, segment.end);
      segment = segment.next;
    }
    return count;
  }

  segmentAt(at: u64): Segment | null {
    let segment: Segment | null = this.first;
    while (segment && segment.start <= at) {
      if (at < segment.end) return segment;
      segment = segment.next;
    }
    return null;
  }

  /** Is all of [start, end) mapped? */
  covers(start: u64, end: u64): bool {
    for (let at = start; at < end; ) {
      const segment = this.segmentAt(at);
      if (!segment) return false;
      at = segment.end;
    }
    return true;
  }

  /** A new segment where nothing is ({@link unmap} first): 0, or -ENOMEM if it cannot be promised, or is more than the limit. */
  map(segment: Segment, reserves: bool = true): i32 {
    const bytes = segment.end - segment.start;
    if (this.sizeLimit < RLIM_INFINITY && this.size + bytes > this.sizeLimit) return setError(ENOMEM);
    if (this.segments >= SEGMENTS_MAX || !heapHasRoom()) return setError(ENOMEM);
    if (reserves && segment.wantsReservation) {
      if (!this.memory.promise(segment.pages)) return setError(ENOMEM);
      segment.reserved = true;
    }
    this.add(segment);
    this.size += bytes;
    if (!this.locksFuture) return 0;
    const error = this.setLocked(segment.start, segment.end, true);
    return error ? error : this.touch(segment.start, segment.end);
  }

  private add(segment: Segment): void {
    this.segments++;
    let before: Segment | null = null;
    let at: Segment | null = this.first;
    while (at && at.start < segment.start) {
      before = at;
      at = at.next;
    }
    segment.next = at;
    if (before) before.next = segment;
    else this.first = segment;
  }

  /** Promises for [start, end) of a segment. */
  private giveBack(segment: Segment, start: u64, end: u64): void {
    const pages = (end - start) / PAGE;
    if (segment.locked) this.memory.locked -= pages;
    if (segment.reserved) this.memory.giveBack(pages);
  }

  /** Takes [start, end) away; segments that reach across are cut. */
  unmap(start: u64, end: u64): void {
    let before: Segment | null = null;
    let segment: Segment | null = this.first;
    while (segment && segment.start < end) {
      const next = segment.next;
      if (segment.end <= start) {
        before = segment;
      } else {
        const head = segment.start < start ? segment.part(segment.start, start) : null;
        const tail = segment.end > end ? segment.part(end, segment.end) : null;
        const from = max(segment.start, start);
        const to = min(segment.end, end);
        this.giveBack(segment, from, to);
        this.size -= to - from;
        const vnode = segment.vnode;
        if (vnode) vnode.release();
        if (before) before.next = next;
        else this.first = next;
        this.segments--;
        if (head) {
          this.add(head);
          before = head;
        }
        if (tail) this.add(tail);
      }
      segment = next;
    }
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      this.dropPage(at);
    }
  }
  /** A page is not needed any more, wherever it is. */
  private dropPage(at: u64): void {
    const frame = unmapFrame(this.tables, at);
    const slot = frame ? 0 : unmapSlot(this.tables, at);
    if (frame) dropFrame(frame);
    else if (slot) dropSlot(slot);
  }

  /** Other rights for [start, end), all of which must be mapped. -EACCES where the file does not allow them is the caller's to find out. */
  protect(start: u64, end: u64, prot: i32): i32 {
    if (!this.covers(start, end)) return setError(ENOMEM);
    if (this.segments >= SEGMENTS_MAX || !heapHasRoom()) return setError(ENOMEM);
    for (let at = start; at < end; ) {
      const segment = this.segmentAt(at)!;
      const from = max(segment.start, start);
      const to = min(segment.end, end);
      const middle = segment.part(from, to);
      middle.prot = prot;
      if (middle.wantsReservation && !middle.reserved) {
        if (!this.memory.promise(middle.pages)) {
          const vnode = middle.vnode;
          if (vnode) vnode.release();
          return setError(ENOMEM);
        }
        middle.reserved = true;
      }
      this.replacePart(segment, middle);
      at = to;
    }
    // Pages come back with their new rights on the next access.
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      const entry = entryAt(this.tables, at);
      if (!entry) continue;
      const rights = prot & PROT_READ ? this.segmentAt(at)!.rights & ~WRITABLE : NO_EXECUTE;
      // Without any access the content must stay, so the frame is mapped for the kernel alone.
      mapFrame(this.tables, at, frameOfEntry(entry), rights);
    }
    return 0;
  }

  /** A part of a segment takes the place of that part; what is left on either side stays as it was. */
  private replacePart(segment: Segment, middle: Segment): void {
    const head = segment.start < middle.start ? segment.part(segment.start, middle.start) : null;
    const tail = segment.end > middle.end ? segment.part(middle.end, segment.end) : null;
    this.remove(segment);
    if (head) this.add(head);
    this.add(middle);
    if (tail) this.add(tail);
  }

  /** Locks pages of [start, end), or lets them go. 0, or -EAGAIN: the zone may not lock so many. */
  setLocked(start: u64, end: u64, locked: bool): i32 {
    let more: u64 = 0;
    let segment: Segment | null = this.first;
    while (segment && segment.start < end) {
      if (segment.end > start && !segment.locked) more += (min(segment.end, end) - max(segment.start, start)) / PAGE;
      segment = segment.next;
    }
    if (locked && !this.memory.lock(more)) return setError(EAGAIN);
    if (locked && this.segments >= SEGMENTS_MAX) {
      this.memory.locked -= more;
      return setError(EAGAIN);
    }
    segment = this.first;
    while (segment && segment.start < end) {
      const next = segment.next;
      if (segment.end > start && segment.locked != locked) {
        const from = max(segment.start, start);
        const to = min(segment.end, end);
        if (!locked) this.memory.locked -= (to - from) / PAGE;
        const middle = segment.part(from, to);
        middle.locked = locked;
        this.replacePart(segment, middle);
      }
      segment = next;
    }
    return 0;
  }

  private remove(segment: Segment): void {
    let before: Segment | null = null;
    let at: Segment | null = this.first;
    while (at) {
      if (at == segment) {
        if (before) before.next = at.next;
        else this.first = at.next;
        this.segments--;
        heapMayHaveRoom();
        const vnode = segment.vnode;
        if (vnode) vnode.release();
        return;
      }
      before = at;
      at = at.next;
    }
  }

  /** A free range of the mmap area, 0 if there is none. */
  findRange(length: u64): u64 {
    if (length > MAP_TOP - MAP_BOTTOM) return 0;
    let candidate = MAP_TOP - length;
    while (true) {
      const obstacle = this.lastOverlap(candidate, candidate + length);
      if (!obstacle) return candidate;
      if (obstacle.start < MAP_BOTTOM + length) return 0;
      candidate = obstacle.start - length;
    }
  }

  lastOverlap(start: u64, end: u64): Segment | null {
    let found: Segment | null = null;
    let segment: Segment | null = this.first;
    while (segment && segment.start < end) {
      if (segment.end > start) found = segment;
      segment = segment.next;
    }
    return found;
  }

  /** Moves the break. */
  setBreak(end: u64): i32 {
    if (end < this.breakStart || end > BREAK_LIMIT) return setError(ENOMEM);
    if (end - this.breakStart > this.dataLimit) return setError(ENOMEM);
    const pageEnd = (end + PAGE_MASK) & ~PAGE_MASK;
    const old = (this.breakEnd + PAGE_MASK) & ~PAGE_MASK;
    if (pageEnd > old) {
      if (this.lastOverlap(old, pageEnd)) return setError(ENOMEM);
      const heap = old > this.breakStart ? this.segmentAt(old - 1) : null;
      if (heap && !heap.vnode && heap.start >= this.breakStart && heap.prot == (PROT_READ | PROT_WRITE)) {
        const error = this.grow(heap, heap.start, pageEnd);
        if (error) return error;
      } else {
        const error = this.map(new Segment(old, pageEnd, PROT_READ | PROT_WRITE));
        if (error) return error;
      }
    } else if (pageEnd < old) {
      this.unmap(pageEnd, old);
    }
    this.breakEnd = end;
    return 0;
  }

  private grow(segment: Segment, start: u64, end: u64): i32 {
    const bytes = end - start - (segment.end - segment.start);
    if (this.sizeLimit < RLIM_INFINITY && this.size + bytes > this.sizeLimit) return setError(ENOMEM);
    if (segment.locked && !this.memory.lock(bytes / PAGE)) return setError(ENOMEM);
    if (segment.reserved && !this.memory.promise(bytes / PAGE)) {
      if (segment.locked) this.memory.locked -= bytes / PAGE;
      return setError(ENOMEM);
    }
    segment.start = start;
    segment.end = end;
    this.size += bytes;
    return 0;
  }

  /** The stack's segment, which ends at the top of the user's half. */
  get stack(): Segment | null {
    return this.segmentAt(USER_STACK_TOP - 1);
  }

  /** A fault below the stack makes it reach there, within its limit. */
  private growStack(at: u64): Segment | null {
    const stack = this.stack;
    if (!stack || at >= stack.start || at >= USER_STACK_TOP) return null;
    const start = at & ~PAGE_MASK;
    if (USER_STACK_TOP - start > this.stackLimit || this.lastOverlap(start, stack.start)) return null;
    return this.grow(stack, start, stack.end) ? null : stack;
  }

  /** The child's space in fork: the same segments, every private frame shared. Null: no memory. */
  duplicate(): AddressSpace | null {
    if (!heapHasRoom()) return null;
    const copy = AddressSpace.create(this.memory);
    if (!copy) return null;
    copy.breakStart = this.breakStart;
    copy.breakEnd = this.breakEnd;
    copy.stackLimit = this.stackLimit;
    copy.sizeLimit = this.sizeLimit;
    copy.dataLimit = this.dataLimit;
    let segment: Segment | null = this.first;
    while (segment) {
      const part = segment.part(segment.start, segment.end);
      // Locks are the parent's alone.
      part.locked = false;
      if (part.reserved && !this.memory.promise(part.pages)) {
        part.reserved = false;
        const vnode = part.vnode;
        if (vnode) vnode.release();
        copy.release();
        return null;
      }
      copy.add(part);
      copy.size += part.end - part.start;
      if (!segment.shared && !this.shareInto(copy, segment)) {
        copy.release();
        return null;
      }
      segment = segment.next;
    }
    return copy;
  }

  private shareInto(copy: AddressSpace, segment: Segment): bool {
    const readable = (segment.prot & PROT_READ) != 0;
    const rights = readable ? segment.rights & ~WRITABLE : NO_EXECUTE;
    const start = segment.start;
    const end = segment.end;
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      const swapped = swappedAt(this.tables, at);
      if (swapped) {
        const slot = slotOfEntry(swapped);
        if (!shareSlot(slot)) return false;
        if (mapSlot(copy.tables, at, slot)) continue;
        dropSlot(slot);
        return false;
      }
      const entry = entryAt(this.tables, at);
      if (!entry) continue;
      const frame = frameOfEntry(entry);
      if (!shareFrame(frame)) return false;
      if (!mapFrame(copy.tables, at, frame, rights)) {
        dropFrame(frame);
        return false;
      }
      if (readable) mapFrame(this.tables, at, frame, rights);
    }
    return true;
  }

  /** Brings all pages of a range, as for mlock: 0, -ENOMEM, or as {@link fault}. */
  touch(start: u64, end: u64): i32 {
    for (let at = start; at < end; at += PAGE) {
      for (let isThere = false; !isThere; isThere = frameAt(this.tables, at) != 0) {
        const segment = this.segmentAt(at);
        if (!segment || !(segment.prot & PROT_READ)) break;
        const error = this.fault(at, (segment.prot & PROT_WRITE) != 0, false);
        if (error) return error;
      }
    }
    return 0;
  }

  /** The frame of a page, which is brought if need be; 0: it cannot be accessed so. */
  frame(at: u64, write: bool): usize {
    while (!this.fault(at, write, false)) {
      const frame = frameAt(this.tables, at);
      if (frame) return frame;
    }
    return 0;
  }

  /** What private memory holds is not needed any more: pages that nobody shares go, and come back as zeros. */
  discard(start: u64, end: u64): void {
    let segment: Segment | null = this.first;
    while (segment && segment.start < end) {
      if (segment.end > start && segment.wantsReservation && !segment.vnode && !segment.locked) {
        const to = min(segment.end, end);
        for (
          let at = nextTable(this.tables, max(segment.start, start), to);
          at < to;
          at = nextTable(this.tables, at + PAGE, to)
        ) {
          const swapped = swappedAt(this.tables, at);
          const entry = entryAt(this.tables, at);
          if (!swapped && (!entry || isShared(frameOfEntry(entry)))) continue;
          this.dropPage(at);
        }
      }
      segment = segment.next;
    }
  }

  /**
   * Makes a page accessible, as a fault asks. 0, -EFAULT where the access is not allowed or nothing is there, -EIO behind the end
   * of a file, -ENOMEM.
   */
  fault(address: u64, write: bool, execute: bool): i32 {
    if (address >= USER_END) return setError(EFAULT);
    let segment = this.segmentAt(address);
    if (!segment) segment = this.growStack(address);
    if (!segment) return setError(EFAULT);
    const prot = segment.prot;
    if (!(prot & PROT_READ) || (write && !(prot & PROT_WRITE)) || (execute && !(prot & PROT_EXEC))) return setError(EFAULT);
    const at = address & ~PAGE_MASK;
    if (segment.shared) return this.bringShared(segment, segment.vnode!, at, write);
    const entry = entryAt(this.tables, at);
    if (entry) return this.upgrade(segment, at, entry, write);
    const swapped = swappedAt(this.tables, at);
    if (swapped) return this.bringFromSwap(segment, at, swapped);
    const vnode = segment.vnode;
    if (vnode && (at < segment.fileEnd || !segment.zeroFilled)) return this.bringFromFile(segment, vnode, at, write);
    return this.fill(segment, at, 0, 0);
  }

  /** There already: the access wants to write, or rights have changed. */
  private upgrade(segment: Segment, at: u64, entry: u64, write: bool): i32 {
    const frame = frameOfEntry(entry);
    if (!write) {
      mapFrame(this.tables, at, frame, segment.rights & (entry & WRITABLE ? ~(<u64>0) : ~WRITABLE));
      return 0;
    }
    if (isShared(frame)) {
      const copy = this.newPage(segment);
      if (!copy) return setError(ENOMEM);
      if (copy == LATER) return 0;
      memory.copy(copy, frame, PAGE);
      dropFrame(frame);
      mapFrame(this.tables, at, copy, segment.rights | ACCESSED);
    } else {
      mapFrame(this.tables, at, frame, segment.rights | ACCESSED);
    }
    return 0;
  }

  /** A frame for a page of its own; 0: the zone may not have it, or there is none; {@link LATER}: the access has to look again. */
  private newPage(segment: Segment): usize {
    const memory = this.memory;
    const may = memory.mayHaveFrame();
    if (may == FRAME_REFUSED) return 0;
    if (may == FRAME_LATER) {
      memory.waitForRoom();
      return LATER;
    }
    const frame = segment.reserved ? reservedFrame() : newFrame();
    // What is not promised is not counted as what promises have become.
    if (frame) memory.own(frame, segment.reserved);
    return frame;
  }

  /** A page that was taken away. If other references to its slot remain, they share the frame, as after fork. */
  private bringFromSwap(segment: Segment, at: u64, swapped: u64, always: bool = false): i32 {
    const slot = slotOfEntry(swapped);
    let frame = takeFrame(slot);
    if (!frame) {
      const may = always ? FRAME_GRANTED : this.memory.mayHaveFrame();
      if (may == FRAME_REFUSED) return setError(ENOMEM);
      if (may == FRAME_LATER) {
        this.memory.waitForRoom();
        return 0;
      }
      // It may be another process's, which ends meanwhile.
      this.hold();
      const error = readIn(slot, this.memory);
      const isSame = this.segmentAt(at) == segment && swappedAt(this.tables, at) == swapped;
      frame = isSame && !error ? takeFrame(slot) : 0;
      if (frame) this.mapBack(segment, at, frame);
      this.release();
      return isSame ? error : 0;
    }
    this.mapBack(segment, at, frame);
    return 0;
  }
  /** Brings all pages back that are in an area, whatever the zone may have: 0, -ENOMEM, -EIO. */
  bringBack(area: SwapArea): i32 {
    for (let at = nextTable(this.tables, 0, USER_END); at < USER_END; at = nextTable(this.tables, at + PAGE, USER_END)) {
      for (let swapped = swappedAt(this.tables, at); swapped; swapped = swappedAt(this.tables, at)) {
        const segment = this.segmentAt(at);
        if (!segment || !isSlotOf(slotOfEntry(swapped), area)) break;
        throttle();
        const error = swappedAt(this.tables, at) == swapped ? this.bringFromSwap(segment, at, swapped, true) : 0;
        if (error) return error;
      }
    }
    return 0;
  }
  private mapBack(segment: Segment, at: u64, frame: usize): void {
    mapFrame(this.tables, at, frame, (isShared(frame) ? segment.rights & ~WRITABLE : segment.rights) | ACCESSED);
  }

  /** A page of its own, with bytes of a frame, or zeros. */
  private fill(segment: Segment, at: u64, from: usize, count: usize): i32 {
    const frame = this.newPage(segment);
    if (!frame) return setError(ENOMEM);
    if (frame == LATER) return 0;
    if (from) memory.copy(frame, from, count);
    if (!mapFrame(this.tables, at, frame, segment.rights | ACCESSED)) {
      dropFrame(frame);
      return setError(ENOMEM);
    }
    return 0;
  }

  private bringFromFile(segment: Segment, vnode: Vnode, at: u64, write: bool): i32 {
    const offset = segment.offset + (at - segment.start);
    if (!segment.zeroFilled && offset >= ((vnode.attributes().size + PAGE_MASK) & ~PAGE_MASK)) return setError(EIO);
    vnode.hold();
    const frame = vnode.page(offset);
    vnode.release();
    // While the file was asked, another thread may have brought the page, or mapped something else: the access looks again.
    if (this.segmentAt(at) != segment || entryAt(this.tables, at) || swappedAt(this.tables, at)) return 0;
    const whole = !segment.zeroFilled || segment.fileEnd - at >= PAGE;
    if (!frame || !whole || write) return this.fill(segment, at, frame, whole ? PAGE : <usize>(segment.fileEnd - at));
    if (!shareFrame(frame)) return setError(ENOMEM);
    if (mapFrame(this.tables, at, frame, segment.rights & ~WRITABLE)) return 0;
    dropFrame(frame);
    return setError(ENOMEM);
  }

  /** The file's own frame: writable only once the file has been told that it will be changed. */
  private bringShared(segment: Segment, vnode: Vnode, at: u64, write: bool): i32 {
    const offset = segment.offset + (at - segment.start);
    if (offset >= ((vnode.attributes().size + PAGE_MASK) & ~PAGE_MASK)) return setError(EIO);
    vnode.hold();
    const frame = vnode.page(offset, true, write);
    const error = failure;
    vnode.release();
    if (this.segmentAt(at) != segment) return 0;
    if (!frame) return setError(error == ENOMEM ? ENOMEM : EIO);
    const rights = write ? segment.rights : segment.rights & ~WRITABLE;
    const entry = entryAt(this.tables, at);
    if (entry) {
      if (frameOfEntry(entry) == frame) {
        mapFrame(this.tables, at, frame, entry & WRITABLE ? segment.rights : rights);
        return 0;
      }
      // The file has another page there now: it was cut and written again.
      dropFrame(unmapFrame(this.tables, at));
    }
    if (!shareFrame(frame)) return setError(ENOMEM);
    if (mapFrame(this.tables, at, frame, rights)) return 0;
    dropFrame(frame);
    return setError(ENOMEM);
  }

  /** Pages that shared mappings of [start, end) have changed go to their files. */
  sync(start: u64, end: u64): i32 {
    for (let at = start; at < end; ) {
      const segment = this.segmentAt(at);
      if (!segment) return setError(ENOMEM);
      const to = min(segment.end, end);
      const vnode = segment.vnode;
      if (segment.shared && vnode) {
        const error = vnode.putPages(segment.offset + (at - segment.start), to - at);
        if (error) return error;
      }
      at = to;
    }
    return 0;
  }
}
