// SPDX-License-Identifier: MIT
/**
 * @fileoverview The segments of an address space: what should be where, and what of memory is promised or locked for it. What is there, and how it
 * comes there, are residentPages.ts's matter.
 *
 * Invariants: segments are sorted and do not overlap; there are no more than {@link SEGMENTS_MAX}.
 */
import { USER_STACK_TOP } from 'machine/addresses';
import { EAGAIN, ENOMEM, setError } from '../errno';
import { PAGE } from './frames';
import { heapHasRoom, heapMayHaveRoom } from './heapRoom';
import { RLIM_INFINITY } from '../limits/limits';
import { ZoneMemory } from '../zone/zoneMemory';
import { PAGE_MASK, Segment } from './segment';

/** The range that mmap chooses from, downwards. */
const MAP_TOP: u64 = 0x7f0000000000;
const MAP_BOTTOM: u64 = 0x10000000000;
/** Segments of a space: they are a list, which longer ones would make slow. */
const SEGMENTS_MAX: i32 = 8192;

export class Segments {
  first: Segment | null = null;
  /** Bytes in segments. */
  size: u64 = 0;
  private count: i32 = 0;
  /** RLIMIT_VMEM and RLIMIT_STACK of its process. */
  sizeLimit: u64 = RLIM_INFINITY;
  stackLimit: u64 = 0;

  constructor(
    /** What its zone has of memory. */
    public readonly memory: ZoneMemory,
  ) {}

  // ---- what is where

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
  /** The stack's segment, which ends at the top of the user's half. */
  get stack(): Segment | null {
    return this.segmentAt(USER_STACK_TOP - 1);
  }

  // ---- changing the list

  /** May there be another one, and an object for it? */
  protected get hasRoom(): bool {
    return this.count < SEGMENTS_MAX && heapHasRoom();
  }
  /** Puts one where nothing is. */
  protected add(segment: Segment): void {
    this.count++;
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
  protected remove(segment: Segment): void {
    let before: Segment | null = null;
    let at: Segment | null = this.first;
    while (at) {
      if (at == segment) {
        this.unlink(before, segment);
        return;
      }
      before = at;
      at = at.next;
    }
  }
  /** Takes the one behind another, or the first, out of the list. */
  protected unlink(before: Segment | null, segment: Segment): void {
    if (before) before.next = segment.next;
    else this.first = segment.next;
    this.count--;
    heapMayHaveRoom();
    const vnode = segment.vnode;
    if (vnode) vnode.release();
  }
  /** A part of a segment takes the place of that part; what is left on either side stays as it was. */
  protected replacePart(segment: Segment, middle: Segment): void {
    const head = segment.start < middle.start ? segment.part(segment.start, middle.start) : null;
    const tail = segment.end > middle.end ? segment.part(middle.end, segment.end) : null;
    this.remove(segment);
    if (head) this.add(head);
    this.add(middle);
    if (tail) this.add(tail);
  }

  // ---- promises and locks

  /** Promises for [start, end) of a segment. */
  protected giveBack(segment: Segment, start: u64, end: u64): void {
    const pages = (end - start) / PAGE;
    if (segment.locked) this.memory.locked -= pages;
    if (segment.reserved) this.memory.giveBack(pages);
  }
  /** It reaches further, if that may be promised and locked: 0, -ENOMEM. */
  protected grow(segment: Segment, start: u64, end: u64): i32 {
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
  /** A fault below the stack makes it reach there, within its limit. */
  protected growStack(at: u64): Segment | null {
    const stack = this.stack;
    if (!stack || at >= stack.start || at >= USER_STACK_TOP) return null;
    const start = at & ~PAGE_MASK;
    if (USER_STACK_TOP - start > this.stackLimit || this.lastOverlap(start, stack.start)) return null;
    return this.grow(stack, start, stack.end) ? null : stack;
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
    if (locked && !this.hasRoom) {
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
}
