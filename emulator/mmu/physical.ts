// SPDX-License-Identifier: MIT
/**
 * @fileoverview The physical address space: RAM in linear memory, and the register blocks of the MMIO bus everywhere else. The accessors here
 * are those of bus masters and page walks and reach RAM only; a processor's own accesses to registers go through `registers`.
 *
 * RAM is one stretch of linear memory; the guest sees it from address 0 up to `lowTop`, but for the window of VGA memory, and the rest from
 * 4 GiB on, as chipsets map around the hole below 4 GiB. Only this class turns a physical address into a place in linear memory.
 *
 * Bus masters (`DmaMemory`) write through here, so decoded code that they overwrite is noticed: before a page that holds code changes,
 * every processor is told, since each decodes for itself what all of them may write.
 *
 * RAM need not be here from the start. A machine that was forked, or loaded from a snapshot, has its pages *absent*: a page is brought from
 * its `PageSource` when its place is first asked for, which everything does before it touches the page. Memory that is lent to a fork makes
 * sure, at the same point, that the fork has the page before it can change here. So a fork costs next to nothing, and later each page that
 * either side uses, once. Invariants: whoever holds a place got it from `place` or `placeOfPage` since the memory was lent, or its page was
 * brought to the borrower when it was lent (`lendTo`).
 */
import type { AccessSize, DmaMemory } from '../bus/device.ts';

const FOUR_GIB = 2 ** 32;
const PAGE = 4096;
/** The window of VGA memory. */
const VGA_START = 0xa_0000;
const VGA_END = 0xc_0000;

/** What answers where no RAM is. */
export interface Registers {
  read(address: number, size: AccessSize): number;
  write(address: number, size: AccessSize, value: number): void;
}

/** A processor, as the holder of decoded code. */
export interface CodeHolder {
  /** Decoded code has appeared in a page, here or elsewhere: stores to it must be announced from now on. */
  watchCode(page: number): void;
  /** Bytes of a page change: code that was decoded from them is forgotten. */
  codeWritten(page: number, offset: number, size: number): void;
  /** Whether any of these bytes is decoded; whether anything in the page is. */
  isCode(page: number, offset: number, size: number): boolean;
  holdsCode(page: number): boolean;
}

/** Where absent pages come from. */
export interface PageSource {
  /** Fills `into`, which is all zeros, with what the page holds. */
  read(page: number, into: Uint8Array): void;
}

export class PhysicalMemory implements DmaMemory {
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Place of guest RAM in linear memory, and its size, in bytes. */
  readonly ramStart: number;
  readonly ramSize: number;
  /** First address above low RAM. */
  readonly lowTop: number;
  readonly registers: Registers;
  /** One byte a RAM page: 1 while decoded code lies in it. */
  readonly holdsCode: Uint8Array;
  readonly codeHolders: CodeHolder[] = [];
  /** One byte a RAM page: 1 while it is to be brought from `source`. */
  private absent: Uint8Array | undefined;
  private source: PageSource | undefined;
  /** Memories with pages that are to be brought from here. Weak: a fork that nobody wants any more wants no pages. */
  private borrowers: WeakRef<PhysicalMemory>[] = [];
  /** One byte a RAM page: 1 when all borrowers have it. */
  private lent: Uint8Array | undefined;
  /** Pages are absent or lent. */
  private sharing = false;

  constructor(memory: WebAssembly.Memory, ramStart: number, ramSize: number, lowTop: number, registers: Registers) {
    this.memory = memory;
    this.u8 = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.ramStart = ramStart;
    this.ramSize = ramSize;
    this.lowTop = Math.min(lowTop, ramSize);
    this.registers = registers;
    this.holdsCode = new Uint8Array(Math.ceil(ramSize / PAGE));
  }

  /** Place of a physical address in linear memory, or -1 where no RAM is. Valid up to the page's end. */
  place(address: number): number {
    let place = -1;
    // The RAM behind the display's memory is out of reach, as on every PC.
    if (address < this.lowTop) place = address >= VGA_START && address < VGA_END ? -1 : this.ramStart + address;
    else if (address >= FOUR_GIB && address < FOUR_GIB + this.ramSize - this.lowTop) {
      place = this.ramStart + this.lowTop + (address - FOUR_GIB);
    }
    if (this.sharing && place >= 0) this.bring(this.pageAt(place));
    return place;
  }
  /** Number of the RAM page at a place. */
  pageAt(place: number): number {
    return (place - this.ramStart) >>> 12;
  }
  placeOfPage(page: number): number {
    if (this.sharing) this.bring(page);
    return this.ramStart + page * PAGE;
  }
  /** All of RAM, to be replaced. */
  get ramToReplace(): Uint8Array {
    if (this.lent) for (let page = 0; page < this.lent.length; page++) this.bring(page);
    this.forgetSource();
    return this.u8.subarray(this.ramStart, this.ramStart + this.ramSize);
  }
  /** All of RAM as it is now, to be read. */
  get ram(): Uint8Array {
    if (this.absent) for (let page = 0; page < this.absent.length; page++) this.fetch(page);
    this.settleSharing();
    return this.u8.subarray(this.ramStart, this.ramStart + this.ramSize);
  }

  /** Whether a page holds anything but zeros, as far as it is here. Brings nothing. */
  pageHoldsData(page: number): boolean {
    return !isZeroPage(this.u8, this.ramStart + page * PAGE);
  }

  // Sharing.

  /** RAM, which is all zeros, is from now on what `source` says. */
  comesFrom(source: PageSource): void {
    this.source = source;
    this.absent = new Uint8Array(this.ramSize / PAGE).fill(1);
    this.sharing = true;
  }
  /**
   * Another memory, of the same size and all zeros, becomes a copy of this one as it is now. `held`: the pages at places that somebody may
   * write to without asking again.
   */
  lendTo(other: PhysicalMemory, held: Iterable<number>): void {
    other.comesFrom({
      read: (page, into) => {
        this.fetch(page);
        const from = this.ramStart + page * PAGE;
        const bytes = this.u8.subarray(from, from + PAGE);
        // Memory that was never touched costs the host nothing, and writing zeros would touch it.
        if (!isZeroPage(this.u8, from)) into.set(bytes);
      },
    });
    this.borrowers.push(new WeakRef(other));
    this.lent = new Uint8Array(this.ramSize / PAGE);
    this.sharing = true;
    for (const page of held) this.bring(page);
  }
  /** Nobody asks for this memory any more: it needs no pages. */
  forgetSource(): void {
    this.source = undefined;
    this.absent = undefined;
    this.settleSharing();
  }
  /** Before a place is given out: the page is here, and wherever it was lent to. */
  private bring(page: number): void {
    this.fetch(page);
    if (!this.lent || this.lent[page]) return;
    this.lent[page] = 1;
    for (const borrower of this.borrowers) borrower.deref()?.fetch(page);
  }
  private fetch(page: number): void {
    if (!this.absent?.[page]) return;
    this.absent[page] = 0;
    const at = this.ramStart + page * PAGE;
    this.source!.read(page, this.u8.subarray(at, at + PAGE));
  }
  private settleSharing(): void {
    if (this.absent?.every((absent) => absent === 0)) {
      this.absent = undefined;
      this.source = undefined;
    }
    this.borrowers = this.borrowers.filter((borrower) => borrower.deref()?.absent);
    if (this.borrowers.length === 0) this.lent = undefined;
    this.sharing = this.absent !== undefined || this.lent !== undefined;
  }

  read8(address: number): number {
    const at = this.place(address);
    return at >= 0 ? this.u8[at] : 0xff;
  }
  read16(address: number): number {
    return this.whole(address, 2) ? this.view.getUint16(this.place(address), true) : this.read(address, 2);
  }
  read32(address: number): number {
    const at = (address & (PAGE - 1)) + 4 <= PAGE ? this.place(address) : -1;
    return at >= 0 ? this.view.getUint32(at, true) : this.read(address, 4);
  }
  read64(address: number): bigint {
    if (this.whole(address, 8)) return this.view.getBigUint64(this.place(address), true);
    return BigInt(this.read32(address)) | (BigInt(this.read32(address + 4)) << 32n);
  }
  write8(address: number, value: number): void {
    this.write(address, 1, value);
  }
  write16(address: number, value: number): void {
    this.write(address, 2, value);
  }
  write32(address: number, value: number): void {
    this.write(address, 4, value);
  }
  write64(address: number, value: bigint): void {
    this.write(address, 4, Number(value & 0xffffffffn));
    this.write(address + 4, 4, Number((value >> 32n) & 0xffffffffn));
  }
  readBytes(address: number, into: Uint8Array): void {
    this.pieces(address, into.length, (at, from, n) => {
      if (at >= 0) into.set(this.u8.subarray(at, at + n), from);
      else into.fill(0xff, from, from + n);
    });
  }
  writeBytes(address: number, from: Uint8Array): void {
    this.pieces(address, from.length, (at, start, n) => {
      if (at < 0) return;
      this.aboutToWrite(at, n);
      this.u8.set(from.subarray(start, start + n), at);
    });
  }
  stretch(address: number, length: number, write: boolean): Uint8Array | undefined {
    const start = this.place(address);
    if (start < 0) return undefined;
    if (!this.sharing && address >= VGA_END && address + length <= this.lowTop) {
      if (write) this.changes(start, length);
      return this.u8.subarray(start, start + length);
    }
    let next = start;
    let whole = true;
    this.pieces(address, length, (place, _, n) => {
      whole &&= place === next;
      next += n;
    });
    if (!whole) return undefined;
    if (write) this.pieces(address, length, (place, _, n) => this.aboutToWrite(place, n));
    return this.u8.subarray(start, next);
  }
  /** A processor has decoded its first code in a page. */
  codeAppeared(page: number): void {
    this.holdsCode[page] = 1;
    for (const holder of this.codeHolders) holder.watchCode(page);
  }
  /** `size` bytes of RAM are about to change in a page that holds code. */
  codeWritten(page: number, offset: number, size: number): void {
    let left = false;
    for (const holder of this.codeHolders) {
      holder.codeWritten(page, offset, size);
      left ||= holder.holdsCode(page);
    }
    if (!left) this.holdsCode[page] = 0;
  }
  /** Whether any processor has decoded one of `size` bytes at a place. */
  isCode(place: number, size: number): boolean {
    const page = this.pageAt(place);
    return this.holdsCode[page] === 1 && this.codeHolders.some((holder) => holder.isCode(page, place & (PAGE - 1), size));
  }
  /** A stretch of RAM is about to change. */
  private changes(start: number, length: number): void {
    for (let place = start; place < start + length; place += PAGE - (place % PAGE)) {
      this.aboutToWrite(place, Math.min(PAGE - (place % PAGE), start + length - place));
    }
  }
  /** For whoever changes RAM at a place himself. */
  aboutToWrite(place: number, size: number): void {
    const page = this.pageAt(place);
    if (this.holdsCode[page]) this.codeWritten(page, place & (PAGE - 1), size);
  }

  /** In one page and all RAM. */
  private whole(address: number, size: number): boolean {
    return (address & (PAGE - 1)) + size <= PAGE && this.place(address) >= 0;
  }
  private read(address: number, size: 2 | 4): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.read8(address + i);
    return value;
  }
  private write(address: number, size: AccessSize, value: number): void {
    const at = this.place(address);
    if ((address & (PAGE - 1)) + size > PAGE) {
      for (let i = 0; i < size; i++) this.write(address + i, 1, (value >>> (8 * i)) & 0xff);
    } else if (at >= 0) {
      this.aboutToWrite(at, size);
      if (size === 1) this.u8[at] = value;
      else if (size === 2) this.view.setUint16(at, value, true);
      else this.view.setUint32(at, value, true);
    }
  }
  private pieces(address: number, length: number, piece: (place: number, from: number, n: number) => void): void {
    for (let done = 0; done < length; ) {
      const n = Math.min(length - done, PAGE - ((address + done) % PAGE));
      piece(this.place(address + done), done, n);
      done += n;
    }
  }
}

function isZeroPage(u8: Uint8Array, at: number): boolean {
  const words = new BigInt64Array(u8.buffer, at, PAGE / 8);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0n) return false;
  return true;
}
