// SPDX-License-Identifier: MIT
/**
 * @fileoverview A process's address space: segments say what should be where, faults bring it there (hat.ts holds what is).
 *
 * A segment is a range of pages with rights, backed by zeros or by a file. All are private: a page comes on the first access,
 * either a fresh zeroed frame or the file's own frame, shared read-only; the first write copies a frame that has other owners.
 * fork shares every frame between parent and child in the same way. The last bytes of a file's range are zero-filled by
 * copying (the page that holds data and the beginning of bss).
 *
 * Invariants: segments are sorted and do not overlap; a page is mapped only inside a segment; a mapping is writable only if
 * the segment is and its frame has one owner.
 *
 * Omitted for now: shared mappings, swap. Whoever asks for MAP_SHARED of a file is refused.
 */
import { USER_END } from 'machine/addresses';
import { Vnode } from '../fs/vnode';
import { EFAULT, ENOMEM, setError } from './errno';
import { dropFrame, isShared, newFrame, PAGE, shareFrame } from './frames';
import {
  createTables,
  destroyTables,
  frameAt,
  isWritable,
  mapFrame,
  nextTable,
  NO_EXECUTE,
  unmapFrame,
  USER,
  WRITABLE,
} from './hat';

/** Rights, by mmap's values (<sys/mman.h>). */
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;

/** The range that mmap chooses from, downwards. */
const MAP_TOP: u64 = 0x7f0000000000;
const MAP_BOTTOM: u64 = 0x10000000000;
/** Linear memory of our programs ends here, and what follows must fault. */
export const BREAK_LIMIT: u64 = 0x100000000;

export class Segment {
  next: Segment | null = null;
  /** File behind it, held; null: zeros. */
  vnode: Vnode | null = null;
  /** Offset in the file of `start`. */
  offset: u64 = 0;
  /** Address behind the last byte that comes from the file. */
  fileEnd: u64 = 0;
  constructor(
    public start: u64,
    public end: u64,
    public prot: i32,
  ) {}

  /** The same pages from another place of it on. */
  part(start: u64, end: u64): Segment {
    const copy = new Segment(start, end, this.prot);
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
}

export class AddressSpace {
  first: Segment | null = null;
  /** Where brk began and where it is. */
  breakStart: u64 = 0;
  breakEnd: u64 = 0;

  constructor(public readonly tables: usize) {}

  static create(): AddressSpace | null {
    const tables = createTables();
    return tables ? new AddressSpace(tables) : null;
  }

  /** The space must not be loaded on a processor. */
  destroy(): void {
    let segment: Segment | null = this.first;
    while (segment) {
      const vnode = segment.vnode;
      if (vnode) vnode.release();
      segment = segment.next;
    }
    this.first = null;
    destroyTables(this.tables);
  }

  /** Bytes in segments. */
  get size(): u64 {
    let sum: u64 = 0;
    let segment: Segment | null = this.first;
    while (segment) {
      sum += segment.end - segment.start;
      segment = segment.next;
    }
    return sum;
  }

  /** Pages that are there. */
  get resident(): u64 {
    let count: u64 = 0;
    let segment: Segment | null = this.first;
    while (segment) {
      for (
        let at = nextTable(this.tables, segment.start, segment.end);
        at < segment.end;
        at = nextTable(this.tables, at + PAGE, segment.end)
      ) {
        if (frameAt(this.tables, at)) count++;
      }
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

  /** Puts a segment where nothing is: {@link unmap} first. */
  add(segment: Segment): void {
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
        const vnode = segment.vnode;
        if (vnode) vnode.release();
        if (before) before.next = next;
        else this.first = next;
        if (head) {
          this.add(head);
          before = head;
        }
        if (tail) this.add(tail);
      }
      segment = next;
    }
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      const frame = unmapFrame(this.tables, at);
      if (frame) dropFrame(frame);
    }
  }

  /** Other rights for [start, end), all of which must be mapped. */
  protect(start: u64, end: u64, prot: i32): i32 {
    for (let at = start; at < end; ) {
      const segment = this.segmentAt(at);
      if (!segment) return setError(ENOMEM);
      at = segment.end;
    }
    for (let at = start; at < end; ) {
      const segment = this.segmentAt(at)!;
      const from = max(segment.start, start);
      const to = min(segment.end, end);
      const middle = segment.part(from, to);
      middle.prot = prot;
      const head = segment.start < from ? segment.part(segment.start, from) : null;
      const tail = segment.end > to ? segment.part(to, segment.end) : null;
      this.remove(segment);
      if (head) this.add(head);
      this.add(middle);
      if (tail) this.add(tail);
      at = to;
    }
    // Pages come back with their new rights on the next access.
    for (let at = nextTable(this.tables, start, end); at < end; at = nextTable(this.tables, at + PAGE, end)) {
      const frame = frameAt(this.tables, at);
      if (!frame) continue;
      const segment = this.segmentAt(at)!;
      if (prot & PROT_READ) mapFrame(this.tables, at, frame, segment.rights & ~WRITABLE);
      else this.hide(at);
    }
    return 0;
  }

  /** No access at all: the content of the page must stay, so the frame is mapped for the kernel alone. */
  private hide(at: u64): void {
    mapFrame(this.tables, at, frameAt(this.tables, at), NO_EXECUTE);
  }

  private remove(segment: Segment): void {
    let before: Segment | null = null;
    let at: Segment | null = this.first;
    while (at) {
      if (at == segment) {
        if (before) before.next = at.next;
        else this.first = at.next;
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

  private lastOverlap(start: u64, end: u64): Segment | null {
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
    const pageEnd = (end + PAGE - 1) & ~(<u64>PAGE - 1);
    const old = (this.breakEnd + PAGE - 1) & ~(<u64>PAGE - 1);
    if (pageEnd > old) {
      if (this.lastOverlap(old, pageEnd)) return setError(ENOMEM);
      const heap = old > this.breakStart ? this.segmentAt(old - 1) : null;
      if (heap && !heap.vnode && heap.start >= this.breakStart) heap.end = pageEnd;
      else this.add(new Segment(old, pageEnd, PROT_READ | PROT_WRITE));
    } else if (pageEnd < old) {
      this.unmap(pageEnd, old);
    }
    this.breakEnd = end;
    return 0;
  }

  /** The child's space in fork: the same segments, every frame shared. Null: no memory. */
  duplicate(): AddressSpace | null {
    const copy = AddressSpace.create();
    if (!copy) return null;
    copy.breakStart = this.breakStart;
    copy.breakEnd = this.breakEnd;
    let segment: Segment | null = this.first;
    while (segment) {
      copy.add(segment.part(segment.start, segment.end));
      const rights = segment.rights & ~WRITABLE;
      for (
        let at = nextTable(this.tables, segment.start, segment.end);
        at < segment.end;
        at = nextTable(this.tables, at + PAGE, segment.end)
      ) {
        const frame = frameAt(this.tables, at);
        if (!frame) continue;
        if (!shareFrame(frame) || !this.shareInto(copy, segment, at, frame, rights)) {
          copy.destroy();
          return null;
        }
      }
      segment = segment.next;
    }
    return copy;
  }

  private shareInto(copy: AddressSpace, segment: Segment, at: u64, frame: usize, rights: u64): bool {
    if (!mapFrame(copy.tables, at, frame, segment.prot & PROT_READ ? rights : NO_EXECUTE)) {
      dropFrame(frame);
      return false;
    }
    if (segment.prot & PROT_READ) mapFrame(this.tables, at, frame, rights);
    return true;
  }

  /**
   * Makes a page accessible, as a fault asks. 0, -EFAULT where the access is not allowed, -ENOMEM.
   */
  fault(address: u64, write: bool, execute: bool): i32 {
    if (address >= USER_END) return setError(EFAULT);
    const segment = this.segmentAt(address);
    if (!segment) return setError(EFAULT);
    const prot = segment.prot;
    if (!(prot & PROT_READ) || (write && !(prot & PROT_WRITE)) || (execute && !(prot & PROT_EXEC))) return setError(EFAULT);
    const at = address & ~(<u64>PAGE - 1);
    const present = frameAt(this.tables, at);
    if (present) return this.upgrade(segment, at, present, write);
    const vnode = segment.vnode;
    if (vnode && at < segment.fileEnd) return this.bringFromFile(segment, vnode, at, write);
    const frame = newFrame();
    return this.place(at, frame, segment.rights);
  }

  /** There already: the access wants to write, or rights have changed. */
  private upgrade(segment: Segment, at: u64, frame: usize, write: bool): i32 {
    if (!write) {
      if (!mapFrame(this.tables, at, frame, segment.rights & (isWritable(this.tables, at) ? ~(<u64>0) : ~WRITABLE)))
        return setError(ENOMEM);
      return 0;
    }
    if (!isShared(frame)) {
      mapFrame(this.tables, at, frame, segment.rights);
      return 0;
    }
    const copy = newFrame();
    if (!copy) return setError(ENOMEM);
    memory.copy(copy, frame, PAGE);
    mapFrame(this.tables, at, copy, segment.rights);
    dropFrame(frame);
    return 0;
  }

  private bringFromFile(segment: Segment, vnode: Vnode, at: u64, write: bool): i32 {
    const offset = segment.offset + (at - segment.start);
    const frame = vnode.page(offset);
    const whole = segment.fileEnd - at >= PAGE;
    if (frame && whole && !write) {
      if (!shareFrame(frame)) return setError(ENOMEM);
      return this.place(at, frame, segment.rights & ~WRITABLE);
    }
    const copy = newFrame();
    if (copy && frame) memory.copy(copy, frame, whole ? PAGE : <usize>(segment.fileEnd - at));
    return this.place(at, copy, segment.rights);
  }

  private place(at: u64, frame: usize, rights: u64): i32 {
    if (!frame) return setError(ENOMEM);
    if (mapFrame(this.tables, at, frame, rights)) return 0;
    dropFrame(frame);
    return setError(ENOMEM);
  }
}
