// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who has taken which piece of RAM while a kernel is being loaded.
 *
 * A kernel's segments lie where the kernel says (`claim`); everything a boot protocol hands over (tables, command line, modules)
 * goes wherever there is room (`allocate`). Both are checked against the usable ranges of the e820 map and against each other,
 * so that no image can overwrite what firmware left, whatever its headers say. The first page (interrupt vectors and BIOS data
 * area) is never given out. RAM above 4 GiB is left to the kernel: no boot protocol here can hand it over.
 */

import { BootImageError, formatAddress, formatSize } from './bootError.ts';
import { alignDown, alignUp } from './bytes.ts';
import type { GuestRam } from './guestRam.ts';
import { E820_USABLE, e820Map, FOUR_GIB, type MemoryRange } from './memoryMap.ts';

const FIRST_PAGE_END = 0x1000;
export const PAGE_SIZE = 0x1000;
export const MIB = 0x10_0000;

export interface Placement {
  /** A power of two. */
  alignment?: number;
  /** Lowest address allowed. */
  from?: number;
  /** First address no longer allowed. */
  below?: number;
  /** 'bottom' takes the lowest place that fits, 'top' the highest. */
  prefer?: 'bottom' | 'top';
}

export class BootMemory {
  readonly ram: GuestRam;
  readonly map: MemoryRange[];
  private readonly claims: { base: number; end: number }[] = [];
  private free: { base: number; end: number }[];

  constructor(ram: GuestRam) {
    this.ram = ram;
    this.map = e820Map(ram.size);
    this.free = this.map
      .filter((range) => range.type === E820_USABLE && range.base < FOUR_GIB)
      .map((range) => ({ base: Math.max(range.base, FIRST_PAGE_END), end: range.base + range.length }));
  }

  /** True when all of the range is usable RAM that nobody has taken. */
  isFree(base: number, length: number): boolean {
    return this.free.some((range) => base >= range.base && base + length <= range.end);
  }

  /** Takes exactly this range for `what`. */
  claim(base: number, length: number, what: string): void {
    if (length === 0) return;
    if (!this.isFree(base, length)) {
      const where = `${formatAddress(base)}-${formatAddress(base + length - 1)}`;
      throw new BootImageError(`${what} needs memory at ${where}, which is not free in ${formatSize(this.ram.size)} of RAM`);
    }
    this.claims.push({ base, end: base + length });
    this.take(base, length);
  }

  /** Whether something was claimed there: an entry point must lie in what was loaded. */
  isClaimed(address: number): boolean {
    return this.claims.some(({ base, end }) => address >= base && address < end);
  }

  /** Where the kernel begins: the lowest address claimed. */
  get lowestClaim(): number | undefined {
    return this.claims.length ? Math.min(...this.claims.map(({ base }) => base)) : undefined;
  }

  /** Finds a place for `size` bytes and takes it. */
  allocate(size: number, what: string, placement: Placement = {}): number {
    const base = this.tryAllocate(size, placement);
    if (base !== undefined) return base;
    throw new BootImageError(`${what} of ${formatSize(size)} does not fit into ${formatSize(this.ram.size)} of RAM`);
  }

  /** As `allocate`, but undefined where there is no room. */
  tryAllocate(size: number, placement: Placement = {}): number | undefined {
    const { alignment = PAGE_SIZE, from = 0, below = FOUR_GIB, prefer = 'bottom' } = placement;
    const candidates = prefer === 'top' ? [...this.free].reverse() : this.free;
    for (const range of candidates) {
      const low = Math.max(range.base, from);
      const high = Math.min(range.end, below);
      const base = prefer === 'top' ? alignDown(high - size, alignment) : alignUp(low, alignment);
      if (base >= low && base + size <= high) {
        this.take(base, size);
        return base;
      }
    }
    return undefined;
  }

  /** Allocates a place for `bytes` and writes them there. */
  place(bytes: Uint8Array, what: string, placement?: Placement): number {
    const base = this.allocate(Math.max(bytes.length, 1), what, placement);
    this.ram.write(base, bytes);
    return base;
  }

  /** Fills a range with zeros, in pieces, so that a large bss costs no second copy of itself. */
  zero(base: number, length: number): void {
    const zeros = new Uint8Array(Math.min(length, MIB));
    for (let done = 0; done < length; done += zeros.length) {
      this.ram.write(base + done, zeros.subarray(0, Math.min(zeros.length, length - done)));
    }
  }

  private take(base: number, length: number): void {
    this.free = this.free.flatMap((range) => {
      if (base >= range.end || base + length <= range.base) return [range];
      return [
        { base: range.base, end: base },
        { base: base + length, end: range.end },
      ].filter((rest) => rest.end > rest.base);
    });
  }
}
