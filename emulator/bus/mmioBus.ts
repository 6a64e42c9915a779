// SPDX-License-Identifier: MIT
/**
 * @fileoverview The memory-mapped register space: ranges of physical addresses, each decoded by one register block.
 *
 * RAM is not here: the physical map asks this bus only for addresses that are not RAM. An access goes whole to the block that decodes
 * its first byte. Unassigned addresses read as all ones and ignore writes. Accesses are 1, 2 or 4 bytes; the caller splits wider
 * ones, low half first.
 *
 * `map` is for the machine's builder and refuses overlaps. A handle's `move` is for base address registers, which the guest writes:
 * there an overlap is legal, and the block that was mapped first keeps the addresses they share. Invariant: `segments` is sorted,
 * disjoint, and rebuilt on every change, so that an access is one binary search, or none when it hits the segment of the last.
 */
import type { AccessSize, RegisterBlock } from './device.ts';
import { type MappedRange, type Mapping, mappedRanges, mappingOf, newRange, ONES, type Range, span } from './range.ts';

/** A part of a range that nothing mapped earlier hides: [start, end). */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly range: Range;
}

const NOWHERE: Segment = {
  start: 0,
  end: 0,
  range: newRange(0, '', { read: () => 0, write() {} }),
};

export class MmioBus {
  private readonly ranges: Range[] = [];
  private segments: Segment[] = [];
  private last: Segment = NOWHERE;

  /** Called after every change of the map: whoever caches where an address leads forgets it. */
  onChange: () => void = () => {};

  map(base: number, length: number, name: string, block: RegisterBlock): Mapping {
    if (!(base >= 0 && length > 0 && base + length <= 2 ** 52))
      throw new Error(`${name}: addresses ${span(base, length)} do not exist`);
    for (const other of this.ranges) {
      if (other.mapped && base < other.base + other.length && other.base < base + length) {
        throw new Error(`${name}: addresses ${span(base, length)} overlap ${other.name} at ${span(other.base, other.length)}`);
      }
    }
    const mapping = this.reserve(length, name, block);
    mapping.move(base);
    return mapping;
  }

  /** Makes a block known without giving it addresses yet, as a base address register does; its rank among overlaps counts from here. */
  reserve(length: number, name: string, block: RegisterBlock): Mapping {
    const range = newRange(length, name, block);
    this.ranges.push(range);
    return mappingOf(range, () => this.rebuild());
  }

  read(address: number, size: AccessSize): number {
    const range = this.find(address);
    if (!range) return ONES[size];
    range.reads++;
    return (range.block.read(address - range.base, size) & ONES[size]) >>> 0;
  }

  write(address: number, size: AccessSize, value: number): void {
    const range = this.find(address);
    if (!range) return;
    range.writes++;
    range.block.write(address - range.base, size, (value & ONES[size]) >>> 0);
  }

  /** Whether any block decodes the address. */
  decodes(address: number): boolean {
    return this.find(address) !== undefined;
  }

  /** What is mapped, in order of addresses. */
  get mapped(): MappedRange[] {
    return mappedRanges(this.ranges);
  }

  /** The name of what decodes an address, for traces and error messages. */
  nameAt(address: number): string | undefined {
    return this.find(address)?.name;
  }

  private find(address: number): Range | undefined {
    if (address >= this.last.start && address < this.last.end) return this.last.range;
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.segments[middle].end <= address) low = middle + 1;
      else high = middle;
    }
    const segment = this.segments[low];
    if (!segment || address < segment.start) return undefined;
    this.last = segment;
    return segment.range;
  }

  private rebuild(): void {
    const segments: Segment[] = [];
    for (const range of this.ranges) {
      if (!range.mapped) continue;
      // Take what the earlier, stronger ranges leave free; `segments` is sorted throughout.
      const free: Segment[] = [];
      let start = range.base;
      const end = range.base + range.length;
      for (const taken of segments) {
        if (taken.end <= start || taken.start >= end) continue;
        if (taken.start > start) free.push({ start, end: taken.start, range });
        start = taken.end;
      }
      if (start < end) free.push({ start, end, range });
      segments.push(...free);
      segments.sort((a, b) => a.start - b.start);
    }
    this.segments = segments;
    this.last = NOWHERE;
    this.onChange();
  }
}
