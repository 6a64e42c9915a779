// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sets of 64-bit numbers as disjoint ranges: free space, space to be freed, transaction groups missed.
 *
 * A treap (R. Seidel, C. Aragon, 1996): ordered by start, a heap by random priority, so of logarithmic depth whatever the order of
 * insertion. Each node knows the largest range of its subtree, which finds the first fit without a walk.
 * Nodes lie in a pool outside the collected heap. Touching ranges are merged.
 */
import { Pool } from 'runtime/pool';
import { newPool } from '../port/memory';

@unmanaged
export class Range {
  start: u64;
  end: u64;
  largest: u64;
  left: Range | null;
  right: Range | null;
  priority: u32;
}

let pool: Pool | null = null;
let seed: u32 = 0x9e3779b9;

function newRange(start: u64, end: u64): Range {
  let from = pool;
  if (!from) pool = from = newPool('range', offsetof<Range>());
  const range = changetype<Range>(from.alloc());
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  range.start = start;
  range.end = end;
  range.left = null;
  range.right = null;
  range.priority = seed;
  range.largest = end - start;
  return range;
}

function update(range: Range): void {
  let largest = range.end - range.start;
  const left = range.left;
  const right = range.right;
  if (left) largest = max(largest, left.largest);
  if (right) largest = max(largest, right.largest);
  range.largest = largest;
}

function merge(low: Range | null, high: Range | null): Range | null {
  if (!low) return high;
  if (!high) return low;
  if (low.priority > high.priority) {
    low.right = merge(low.right, high);
    update(low);
    return low;
  }
  high.left = merge(low, high.left);
  update(high);
  return high;
}

let low: Range | null = null;
let high: Range | null = null;
/** Into `low`, which begins before `key`, and `high`. */
function split(range: Range | null, key: u64): void {
  if (!range) {
    low = null;
    high = null;
  } else if (range.start < key) {
    split(range.right, key);
    range.right = low;
    update(range);
    low = range;
  } else {
    split(range.left, key);
    range.left = high;
    update(range);
    high = range;
  }
}

function removeNode(range: Range | null, start: u64): Range | null {
  if (!range) return null;
  if (range.start == start) {
    const rest = merge(range.left, range.right);
    pool!.free(changetype<usize>(range));
    return rest;
  }
  if (start < range.start) range.left = removeNode(range.left, start);
  else range.right = removeNode(range.right, start);
  update(range);
  return range;
}

function firstFit(range: Range | null, size: u64, from: u64): Range | null {
  if (!range || range.largest < size) return null;
  if (range.end > from) {
    const left = firstFit(range.left, size, from);
    if (left) return left;
    const begin = max(range.start, from);
    if (range.end - begin >= size) return range;
  }
  return firstFit(range.right, size, from);
}

function walk(range: Range | null, each: (start: u64, end: u64, context: usize) => void, context: usize): void {
  if (!range) return;
  walk(range.left, each, context);
  each(range.start, range.end, context);
  walk(range.right, each, context);
}

function freeAll(range: Range | null): void {
  if (!range) return;
  freeAll(range.left);
  freeAll(range.right);
  pool!.free(changetype<usize>(range));
}

export class RangeTree {
  private root: Range | null = null;
  /** Ranges, and the sum of their sizes. */
  count: u32 = 0;
  space: u64 = 0;

  get largest(): u64 {
    const root = this.root;
    return root ? root.largest : 0;
  }
  get first(): u64 {
    let range = this.root;
    if (!range) return 0;
    while (range.left) range = range.left!;
    return range.start;
  }
  get last(): u64 {
    let range = this.root;
    if (!range) return 0;
    while (range.right) range = range.right!;
    return range.end;
  }

  /** The range that begins last at or before `at`. */
  private before(at: u64): Range | null {
    let range = this.root;
    let found: Range | null = null;
    while (range) {
      if (range.start <= at) {
        found = range;
        range = range.right;
      } else {
        range = range.left;
      }
    }
    return found;
  }
  private after(at: u64): Range | null {
    let range = this.root;
    let found: Range | null = null;
    while (range) {
      if (range.start > at) {
        found = range;
        range = range.left;
      } else {
        range = range.right;
      }
    }
    return found;
  }

  contains(start: u64, size: u64): bool {
    const range = this.before(start);
    return range != null && range.end >= start + size;
  }
  overlaps(start: u64, size: u64): bool {
    const before = this.before(start);
    if (before && before.end > start) return true;
    const after = this.after(start);
    return after != null && after.start < start + size;
  }

  /** False: some of it is there already; then nothing is done. */
  add(start: u64, size: u64): bool {
    if (!size) return true;
    if (this.overlaps(start, size)) return false;
    let from = start;
    let to = start + size;
    const before = this.before(start);
    if (before && before.end == start) {
      from = before.start;
      this.drop(before);
    }
    const after = this.after(start);
    if (after && after.start == to) {
      to = after.end;
      this.drop(after);
    }
    this.insert(from, to);
    this.space += size;
    return true;
  }

  /** Adds what is not there yet. */
  cover(start: u64, size: u64): void {
    const end = start + size;
    let at = start;
    while (at < end) {
      const before = this.before(at);
      if (before && before.end > at) {
        at = before.end;
        continue;
      }
      const after = this.after(at);
      const stop = after ? min(after.start, end) : end;
      this.add(at, stop - at);
      at = stop;
    }
  }

  /** False: not all of it is there; then nothing is done. */
  remove(start: u64, size: u64): bool {
    if (!size) return true;
    const range = this.before(start);
    const end = start + size;
    if (!range || range.end < end) return false;
    const from = range.start;
    const to = range.end;
    this.drop(range);
    if (from < start) this.insert(from, start);
    if (end < to) this.insert(end, to);
    this.space -= size;
    return true;
  }

  private insert(start: u64, end: u64): void {
    split(this.root, start);
    const higher = high;
    this.root = merge(merge(low, newRange(start, end)), higher);
    this.count++;
  }
  private drop(range: Range): void {
    this.root = removeNode(this.root, range.start);
    this.count--;
  }

  /** Where `size` fits first at or after `from`; u64.MAX_VALUE: nowhere. */
  fit(size: u64, from: u64): u64 {
    const range = firstFit(this.root, size, from);
    return range ? max(range.start, from) : u64.MAX_VALUE;
  }

  visit(each: (start: u64, end: u64, context: usize) => void, context: usize): void {
    walk(this.root, each, context);
  }
  clear(): void {
    freeAll(this.root);
    this.root = null;
    this.count = 0;
    this.space = 0;
  }
}
