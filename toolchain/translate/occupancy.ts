// SPDX-License-Identifier: MIT
/** @fileoverview When a physical register, or a spill slot, is taken: segments of intervals (or of nobody: fixed uses), sorted by time. */
import type { Interval, Segment } from './liveness.ts';

interface Taken extends Segment {
  readonly owner: Interval | undefined;
}

export class Occupancy {
  private readonly taken: Taken[] = [];

  /** Index of the first entry that ends after `time`. */
  private firstEndingAfter(time: number): number {
    let low = 0;
    let high = this.taken.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.taken[middle].end <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isFree(segments: readonly Segment[]): boolean {
    for (const { start, end } of segments) {
      const next = this.taken[this.firstEndingAfter(start)];
      if (next && next.start < end) return false;
    }
    return true;
  }

  /** Everybody in the way; undefined stands for a fixed use, which cannot move. */
  conflicts(segments: readonly Segment[]): Set<Interval | undefined> {
    const found = new Set<Interval | undefined>();
    for (const { start, end } of segments) {
      for (let i = this.firstEndingAfter(start); i < this.taken.length && this.taken[i].start < end; i++)
        found.add(this.taken[i].owner);
    }
    return found;
  }

  /** The segments must be free. */
  take(segments: readonly Segment[], owner: Interval | undefined): void {
    for (const { start, end } of segments) this.taken.splice(this.firstEndingAfter(start), 0, { start, end, owner });
  }

  release(owner: Interval): void {
    let kept = 0;
    for (const entry of this.taken) if (entry.owner !== owner) this.taken[kept++] = entry;
    this.taken.length = kept;
  }
}
