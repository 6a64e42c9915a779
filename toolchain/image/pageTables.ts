// SPDX-License-Identifier: MIT
/**
 * @fileoverview Page tables computed when an image is built (APM vol. 2, section 5.3): four levels, 4 KiB and 2 MiB pages.
 *
 * The tables lie one after another at a physical address, the top level first. Upper levels allow everything; rights are those
 * of the last one. Mapping a page twice is an error of the caller.
 */

export const PRESENT = 1n << 0n;
export const WRITABLE = 1n << 1n;
/** Write-through and no caching: devices. */
export const UNCACHED = (1n << 3n) | (1n << 4n);
const LARGE = 1n << 7n;
export const NO_EXECUTE = 1n << 63n;

export const PAGE = 0x1000n;
export const LARGE_PAGE = 0x20_0000n;

export class PageTables {
  private readonly tables: BigUint64Array[] = [new BigUint64Array(512)];
  private readonly physical: bigint;

  constructor(physical: bigint) {
    this.physical = physical;
  }

  get bytes(): Uint8Array {
    const whole = new Uint8Array(this.tables.length * Number(PAGE));
    for (const [index, table] of this.tables.entries()) whole.set(new Uint8Array(table.buffer), index * Number(PAGE));
    return whole;
  }

  /** Maps whole 4 KiB pages that cover [address, address + size) to consecutive frames. */
  map(address: bigint, physical: bigint, size: bigint, rights: bigint): void {
    for (let at = 0n; at < size; at += PAGE) this.set(address + at, 12n, (physical + at) | rights | PRESENT);
  }

  mapLarge(address: bigint, physical: bigint, size: bigint, rights: bigint): void {
    for (let at = 0n; at < size; at += LARGE_PAGE) this.set(address + at, 21n, (physical + at) | rights | LARGE | PRESENT);
  }

  private set(address: bigint, lastShift: bigint, entry: bigint): void {
    let table = this.tables[0];
    for (let shift = 39n; shift > lastShift; shift -= 9n) table = this.below(table, Number((address >> shift) & 511n));
    const index = Number((address >> lastShift) & 511n);
    if (table[index]) throw new Error(`0x${BigInt.asUintN(64, address).toString(16)} is mapped twice`);
    table[index] = entry;
  }

  private below(table: BigUint64Array, index: number): BigUint64Array {
    if (!table[index]) {
      this.tables.push(new BigUint64Array(512));
      table[index] = (this.physical + BigInt(this.tables.length - 1) * PAGE) | WRITABLE | PRESENT;
    }
    const below = this.tables[Number(((table[index] & 0xf_ffff_ffff_f000n) - this.physical) / PAGE)];
    if (!below || table[index] & LARGE) throw new Error('a large page is in the way');
    return below;
  }
}
