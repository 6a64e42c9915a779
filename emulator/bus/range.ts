// SPDX-License-Identifier: MIT
/** @fileoverview Register blocks on a bus, of ports or of memory addresses: where each is, which may change at any time. */
import type { AccessSize, RegisterBlock } from './device.ts';

/** All bits of an access: what reads where nothing decodes it. */
export const ONES: Readonly<Record<AccessSize, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffffffff };

/** One block's place on a bus. Moving or unmapping is allowed at any time. */
export interface Mapping {
  move(base: number): void;
  unmap(): void;
}

/** A block where it is now, for those who look at the machine. */
export interface MappedRange {
  readonly base: number;
  readonly length: number;
  readonly name: string;
  readonly reads: number;
  readonly writes: number;
}

export interface Range {
  base: number;
  readonly length: number;
  readonly name: string;
  readonly block: RegisterBlock;
  mapped: boolean;
  /** Accesses since the machine was made; no part of its state. */
  reads: number;
  writes: number;
}

export function newRange(length: number, name: string, block: RegisterBlock): Range {
  return { base: 0, length, name, block, mapped: false, reads: 0, writes: 0 };
}

/** The handle of a range; `changed` is called whenever it is somewhere else. */
export function mappingOf(range: Range, changed: () => void): Mapping {
  return {
    move: (to) => {
      range.base = to;
      range.mapped = true;
      changed();
    },
    unmap: () => {
      range.mapped = false;
      changed();
    },
  };
}

/** Those that are mapped, in order. */
export function mappedRanges(ranges: readonly Range[]): MappedRange[] {
  return ranges.filter((range) => range.mapped).sort((a, b) => a.base - b.base);
}

/** For messages. */
export function span(base: number, length: number): string {
  return `${base.toString(16)}h-${(base + length - 1).toString(16)}h`;
}
