// SPDX-License-Identifier: MIT
/**
 * @fileoverview A process's address space: segments say what should be where (segments.ts), faults bring it there (residentPages.ts), and
 * hat.ts holds what is. Each of the three knows only what is below it. Here is how a space changes: mapping, unmapping, other rights, the
 * break, fork.
 *
 * fork shares every private frame between parent and child, and every slot of what is in swap. Shared memory without a file has a vnode of its
 * own (anonymous.ts).
 *
 * Reservations (frames.ts): a private segment that can be written to has memory promised for every page (`reserved`). After fork the child has promises of
 * its own for all pages, since it may write to all of them. MAP_NORESERVE has none, and its pages are refused when memory is short.
 *
 * The stack's segment grows downwards on a fault below it, as far as RLIMIT_STACK lets it. A space may be used by two processes (vfork).
 *
 * Omitted: taking pages away from mappings when their file is cut.
 */
import { EAGAIN, ENOMEM, setError } from '../errno';
import { dropFrame, PAGE, shareFrame } from './frames';
import { createTables, entryAt, frameOfEntry, mapFrame, mapSlot } from './hat';
import { nextTable, NO_EXECUTE, slotOfEntry, swappedAt, WRITABLE } from './hat';
import { heapHasRoom } from './heapRoom';
import { RLIM_INFINITY } from '../limits/limits';
import { dropSlot, shareSlot } from './swap';
import { ZoneMemory } from '../zone/zoneMemory';
import { ResidentPages } from './residentPages';
import { PAGE_MASK, PROT_READ, PROT_WRITE, Segment } from './segment';

/** Linear memory of our programs ends here, and what follows must fault. */
export const BREAK_LIMIT: u64 = 0x100000000;

export class AddressSpace extends ResidentPages {
  /** Where brk began and where it is. */
  breakStart: u64 = 0;
  breakEnd: u64 = 0;
  /** RLIMIT_DATA of its process. */
  dataLimit: u64 = RLIM_INFINITY;
  /** mlockall(MCL_FUTURE): new pages come at once. */
  locksFuture: bool = false;

  static create(memory: ZoneMemory): AddressSpace | null {
    const tables = createTables();
    return tables ? new AddressSpace(tables, memory) : null;
  }

  /** A new segment where nothing is ({@link unmap} first): 0, or -ENOMEM if it cannot be promised, or is more than the limit. */
  map(segment: Segment, reserves: bool = true): i32 {
    const bytes = segment.end - segment.start;
    if (this.sizeLimit < RLIM_INFINITY && this.size + bytes > this.sizeLimit) return setError(ENOMEM);
    if (!this.hasRoom) return setError(ENOMEM);
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
        this.unlink(before, segment);
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

  /** Other rights for [start, end), all of which must be mapped. -EACCES where the file does not allow them is the caller's to find out. */
  protect(start: u64, end: u64, prot: i32): i32 {
    if (!this.covers(start, end)) return setError(ENOMEM);
    if (!this.hasRoom) return setError(ENOMEM);
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
