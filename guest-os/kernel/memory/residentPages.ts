// SPDX-License-Identifier: MIT
/**
 * @fileoverview The pages of an address space that are there: how faults bring them, and how they go.
 *
 * In a private segment a page comes on the first access, either a fresh zeroed frame or the file's own frame, mapped read-only; the first write
 * copies a frame that has other owners. The last bytes of an image's range are zero-filled by copying (the page that holds data
 * and the beginning of bss). In a shared one the file's own frames are mapped, writable. Pages behind the end of a mapped file are SIGBUS.
 *
 * A page that the pageout thread has taken has a slot in its entry (swap.ts); the next access brings it back. Pages of locked segments stay. A fault
 * may wait until memory is free (pageout.ts), and whatever waits looks at everything again: {@link ResidentPages.fault} returns 0 and the page may
 * still not be there; who needs it there says {@link ResidentPages.frame}.
 *
 * Invariants: a page is mapped only inside a segment; a private mapping is writable only if the segment is and its frame has one owner.
 */
import { USER_END } from 'machine/addresses';
import { Vnode } from '../../fs/vnode';
import { AnonymousMemory } from './anonymous';
import { EFAULT, EIO, ENOMEM, failure, setError } from '../errno';
import { dropFrame, isShared, newFrame, PAGE, reservedFrame, shareFrame } from './frames';
import { ACCESSED, destroyTables, entryAt, frameAt, frameOfEntry, mapFrame } from './hat';
import { nextTable, slotOfEntry, swappedAt, unmapFrame, unmapSlot, WRITABLE } from './hat';
import { throttle } from './pageout';
import { dropSlot, isSlotOf, readIn, SwapArea, takeFrame } from './swap';
import { FRAME_GRANTED, FRAME_LATER, FRAME_REFUSED, ZoneMemory } from '../zone/zoneMemory';
import { PAGE_MASK, PROT_EXEC, PROT_READ, PROT_WRITE, Segment } from './segment';
import { Segments } from './segments';

/** No frame's address. */
const LATER: usize = 1;

export class ResidentPages extends Segments {
  private holders: i32 = 1;

  constructor(
    public readonly tables: usize,
    memory: ZoneMemory,
  ) {
    super(memory);
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

  // ---- what is there

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

  // ---- bringing pages

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

  // ---- back from swap

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

  // ---- pages go

  /** A page is not needed any more, wherever it is. */
  protected dropPage(at: u64): void {
    const frame = unmapFrame(this.tables, at);
    const slot = frame ? 0 : unmapSlot(this.tables, at);
    if (frame) dropFrame(frame);
    else if (slot) dropSlot(slot);
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
}
