// SPDX-License-Identifier: MIT
/**
 * @fileoverview The translation blocks of one processor: read and write TLB and jump cache for user, supervisor, and supervisor
 * under SMAP (layout in `ir/state.ts`).
 *
 * Guests can see stale entries, so what is here is part of the machine's behaviour: entries come and go at the same instruction in
 * every engine. Every filled entry is noted in a list, so that a flush costs what was filled, not the size of the tables; global ones in one of
 * their own, so that a change of CR3 does not look at them. An entry that was filled both ways is in both lists; GLOBAL says what it is now.
 *
 * A large page has an entry for each 4 KiB of it that are used, or follow those that are, which says how large the page is: to invalidate one address is to invalidate the
 * whole page (APM vol. 2, 5.5.2).
 *
 * A watched entry never matches in an engine; it keeps the translation for the miss path, which sees every access to its page: the page holds
 * decoded code or is under a data breakpoint.
 *
 * An engine hits if an address and the tag differ in nothing but the offset in the page. So the tags of watched and of empty entries differ from
 * every address that is looked up there in bit 12, which is part of the entry's number; empty ones have offset bits set.
 */
import {
  JUMP_BESIDE,
  JUMP_CACHE,
  JUMP_ENTRIES,
  TLB_BLOCK_SIZE,
  TLB_ENTRIES,
  TLB_KINDS,
  TLB_READ,
  TLB_WRITE,
  tlbBlock,
} from '../ir/state.ts';

/** Flipped in the tag of a watched entry. */
const WATCHED = 0x1000;
/** Bits of an address that number its entry. */
const NUMBER = (TLB_ENTRIES - 1) << 12;

/** Of an entry: holds a global translation; is in the list of others; is in that of global ones. */
const GLOBAL = 1;
const IN_LOCAL = 2;
const IN_GLOBAL = 4;

const SMALL = 4096;
/** Sizes of large pages. */
export const LARGE = [0x200000, 0x400000, 0x40000000] as const;

/** Byte addresses of filled entries, each once. */
interface Filled {
  local: number[];
  global: number[];
}

/** Arguments of `fill`. */
export interface TlbEntry {
  kind: number;
  write: boolean;
  high: number;
  low: number;
  place: number;
  global: boolean;
  /** Of the page that it is part of. */
  size: number;
}

/**
 * A large page that holds an address, as a number: its base, and its size in the bits that are zero there. An address has 48 bits, and bit 47
 * again above them, which a double would not hold exactly.
 */
export const largePage = (high: number, low: number, size: number): number =>
  (high & 0xffff) * 2 ** 32 + ((low & -size) >>> 0) + LARGE.indexOf(size as (typeof LARGE)[number]);

export class Tlb {
  private readonly i32: Int32Array;
  private readonly blocks: number[];
  /** Entries of the two TLBs and of the jump caches filled since the last flush, and for each entry (16 bytes apart) how it was. */
  private readonly filled: Filled = { local: [], global: [] };
  private readonly jumps: Filled = { local: [], global: [] };
  private readonly kept: Uint8Array;
  private readonly first: number;
  /** Large pages that have had entries since everything was flushed, and how large they are. */
  private readonly large = new Set<number>();

  constructor(memory: WebAssembly.Memory, processor: number) {
    this.i32 = new Int32Array(memory.buffer);
    this.blocks = Array.from({ length: TLB_KINDS }, (_, kind) => tlbBlock(processor, kind));
    this.first = this.blocks[0];
    this.kept = new Uint8Array((TLB_KINDS * TLB_BLOCK_SIZE) / 16);
    for (const block of this.blocks) {
      this.i32.fill(-1, block >> 2, (block + TLB_BLOCK_SIZE) >> 2);
      for (const table of [TLB_READ, TLB_WRITE]) this.empty(block + table + (TLB_ENTRIES - 1) * 16);
      for (const beside of [0, JUMP_BESIDE]) this.emptyJump(block + JUMP_CACHE + beside);
    }
  }

  block(kind: number): number {
    return this.blocks[kind];
  }
  kindOf(block: number): number {
    return this.blocks[1] === block ? 1 : this.blocks[0] === block ? 0 : 2;
  }
  private empty(entry: number): void {
    const e = entry >> 2;
    this.i32[e] = this.numberOf(entry) === NUMBER ? ~WATCHED : -1;
    this.i32[e + 1] = -1;
  }
  /** Number of an entry as address bits. */
  private numberOf(entry: number): number {
    return (((entry - this.first) % TLB_BLOCK_SIZE) << 8) & NUMBER;
  }
  private isEmpty(entry: number): boolean {
    return (this.i32[entry >> 2] & 0xfff) !== 0;
  }
  private pageOf(entry: number): number {
    return (this.i32[entry >> 2] & ~NUMBER & ~0xfff) | this.numberOf(entry);
  }
  private entry(kind: number, write: boolean, low: number): number {
    return this.blocks[kind] + (write ? TLB_WRITE : TLB_READ) + ((low >>> 8) & ((TLB_ENTRIES - 1) << 4));
  }

  /** Place in linear memory for a linear address if a watched or plain entry has it, else -1. */
  lookup(kind: number, write: boolean, high: number, low: number): number {
    const e = this.entry(kind, write, low) >> 2;
    // Empty and watched tags of other pages differ in more than that bit.
    if (((this.i32[e] ^ low) & ~WATCHED & ~0xfff) !== 0 || this.i32[e + 1] !== high || this.i32[e] & 0xfff) return -1;
    return (this.i32[e + 2] + low) >>> 0;
  }
  /** Place of `bytes` bytes where an engine would hit, else -1. */
  plain(kind: number, write: boolean, high: number, low: number, bytes: number): number {
    const { i32 } = this;
    const e = this.entry(kind, write, low) >> 2;
    const hit = i32[e] === (low & ~0xfff) && i32[e + 1] === high && (low & 0xfff) + bytes <= 0x1000;
    return hit ? (i32[e + 2] + low) >>> 0 : -1;
  }
  /** `place`: of the page in linear memory. */
  fill({ kind, write, high, low, place, global, size }: TlbEntry, watched: boolean): void {
    const entry = this.entry(kind, write, low);
    const e = entry >> 2;
    this.i32[e] = (low & ~0xfff) ^ (watched ? WATCHED : 0);
    this.i32[e + 1] = high;
    this.i32[e + 2] = (place - (low & ~0xfff)) | 0;
    this.i32[e + 3] = size;
    if (size > SMALL) this.large.add(largePage(high, low, size));
    this.note(this.filled, entry, global);
  }
  private note(lists: Filled, entry: number, global: boolean): void {
    const at = (entry - this.first) >> 4;
    const kept = this.kept[at];
    if (global) {
      if (!(kept & IN_GLOBAL)) lists.global.push(entry);
      this.kept[at] = kept | IN_GLOBAL | GLOBAL;
    } else {
      if (!(kept & IN_LOCAL)) lists.local.push(entry);
      this.kept[at] = (kept | IN_LOCAL) & ~GLOBAL;
    }
  }
  /** Accesses through this entry need the miss path no longer. */
  unwatch(kind: number, write: boolean, low: number): void {
    const entry = this.entry(kind, write, low);
    if (!this.isEmpty(entry)) this.i32[entry >> 2] = this.pageOf(entry);
  }
  /** From now on every write (and, for data breakpoints, read) to the page at `place` takes the miss path. */
  watch(place: number, reads: boolean): void {
    for (const list of [this.filled.local, this.filled.global]) {
      for (const entry of list) {
        const e = entry >> 2;
        if (this.isEmpty(entry)) continue;
        const isWrite = (entry - this.first) % TLB_BLOCK_SIZE >= TLB_WRITE;
        if (!isWrite && !reads) continue;
        const page = this.pageOf(entry);
        if ((this.i32[e + 2] + page) >>> 0 === place) this.i32[e] = page ^ WATCHED;
      }
    }
  }
  /** Everything that is in the two TLBs, for snapshots. */
  entries(): TlbEntry[] {
    const list: TlbEntry[] = [];
    for (const [kind, block] of this.blocks.entries()) {
      for (const write of [false, true]) {
        for (let i = 0; i < TLB_ENTRIES; i++) {
          const entry = block + (write ? TLB_WRITE : TLB_READ) + i * 16;
          const e = entry >> 2;
          if (this.isEmpty(entry)) continue;
          const low = this.pageOf(entry);
          const global = this.kept[(entry - this.first) >> 4] & GLOBAL;
          const place = (this.i32[e + 2] + low) >>> 0;
          list.push({ kind, write, high: this.i32[e + 1], low, place, global: global !== 0, size: this.i32[e + 3] });
        }
      }
    }
    return list;
  }
  flush(keepGlobal: boolean): void {
    this.forget(this.filled.local, IN_LOCAL, 0, false);
    if (!keepGlobal) {
      this.forget(this.filled.global, IN_GLOBAL, GLOBAL, false);
      this.large.clear();
    }
    this.flushJumps(keepGlobal);
  }
  /** Empties a list and those of its entries that belong into it. `listed`: its bit; `which`: GLOBAL for that of global ones. */
  private forget(list: number[], listed: number, which: number, jumps: boolean): void {
    const { kept, first } = this;
    for (let i = 0; i < list.length; i++) {
      const entry = list[i];
      const at = (entry - first) >> 4;
      const now = kept[at];
      kept[at] = now & ~listed;
      if ((now & GLOBAL) !== which) continue;
      if (jumps) this.emptyJump(entry);
      else this.empty(entry);
    }
    list.length = 0;
  }
  flushPage(high: number, low: number): void {
    for (let kind = 0; kind < TLB_KINDS; kind++) {
      for (const write of [false, true]) {
        if (this.lookup(kind, write, high, low) >= 0) this.empty(this.entry(kind, write, low));
      }
    }
    for (const size of LARGE) if (this.large.delete(largePage(high, low, size))) this.flushLarge(high, low, size);
  }
  private flushLarge(high: number, low: number, size: number): void {
    const { i32 } = this;
    for (const list of [this.filled.local, this.filled.global]) {
      for (const entry of list) {
        const e = entry >> 2;
        if (i32[e + 3] === size && i32[e + 1] === high && ((i32[e] ^ low) & -size) === 0) this.empty(entry);
      }
    }
  }

  // Jump cache.

  /** The tag of an empty entry is an address that is looked up elsewhere: -1 belongs into entries 0 and 1, so these hold -5, which belongs into 4 and 5. */
  private emptyJump(entry: number): void {
    const { blocks } = this;
    const at = (entry & ~JUMP_BESIDE) - JUMP_CACHE;
    this.i32[entry >> 2] = at === blocks[0] || at === blocks[1] || at === blocks[2] ? -5 : -1;
    this.i32[(entry >> 2) + 1] = -1;
  }
  /** Whether the address in an entry has the entry's own number: that of an empty one has not. */
  private isAtHome(kind: number, entry: number): boolean {
    return this.jumpEntry(this.blocks[kind], this.i32[entry >> 2]) === entry;
  }

  private jumpEntry(block: number, low: number): number {
    return block + JUMP_CACHE + (((low ^ (low >>> 10)) << 4) & ((JUMP_ENTRIES - 1) << 4));
  }
  /** `low`, `high`: RIP; `offset`: of the code in its page; `global`: its translation outlives a change of CR3. */
  fillJump(kind: number, high: number, low: number, record: number, offset: number, global: boolean): void {
    const entry = this.jumpEntry(this.blocks[kind], low);
    const e = entry >> 2;
    const beside = entry ^ JUMP_BESIDE;
    // What is at home there stays there, or two neighbours would drive each other out with what nobody wants any more.
    if (this.isAtHome(kind, entry) && !this.isAtHome(kind, beside)) {
      this.i32.copyWithin(beside >> 2, e, e + 4);
      this.note(this.jumps, beside, (this.kept[(entry - this.first) >> 4] & GLOBAL) !== 0);
    }
    this.i32[e] = low;
    this.i32[e + 1] = high;
    this.i32[e + 2] = record;
    this.i32[e + 3] = offset;
    this.note(this.jumps, entry, global);
  }
  /** The record, or 0. */
  lookupJump(kind: number, high: number, low: number): number {
    const { i32 } = this;
    const entry = this.jumpEntry(this.blocks[kind], low);
    const e = entry >> 2;
    if (i32[e] === low && i32[e + 1] === high) return i32[e + 2];
    const b = (entry ^ JUMP_BESIDE) >> 2;
    return i32[b] === low && i32[b + 1] === high ? i32[b + 2] : 0;
  }
  /** What the cache of a kind has within some bytes of an address: distances from there, and records. */
  jumpsNear(kind: number, high: number, low: number, farthest: number): { offset: number; record: number }[] {
    const { i32 } = this;
    const from = this.blocks[kind];
    const found: { offset: number; record: number }[] = [];
    for (const list of [this.jumps.local, this.jumps.global]) {
      for (const entry of list) {
        if (entry < from || entry >= from + TLB_BLOCK_SIZE) continue;
        const e = entry >> 2;
        const offset = (i32[e + 1] - high) * 2 ** 32 + ((i32[e] >>> 0) - (low >>> 0));
        if (offset < -farthest || offset >= farthest) continue;
        const record = this.lookupJump(kind, i32[e + 1], i32[e]);
        if (record !== 0) found.push({ offset, record });
      }
    }
    return found;
  }
  flushJumpsOf(kind: number): void {
    const from = this.blocks[kind];
    for (const [list, listed] of [
      [this.jumps.local, IN_LOCAL],
      [this.jumps.global, IN_GLOBAL],
    ] as const) {
      let left = 0;
      for (const entry of list) {
        if (entry < from || entry >= from + TLB_BLOCK_SIZE) list[left++] = entry;
        else {
          this.emptyJump(entry);
          this.kept[(entry - this.first) >> 4] &= ~listed;
        }
      }
      list.length = left;
    }
  }
  /** Empties the entries of some records, or of those that these entries had before. */
  dropJumps(isDropped: (record: number) => boolean): void {
    for (const list of [this.jumps.local, this.jumps.global]) {
      for (const entry of list) if (isDropped(this.i32[(entry >> 2) + 2])) this.emptyJump(entry);
    }
  }
  flushJumps(keepGlobal = false): void {
    this.forget(this.jumps.local, IN_LOCAL, 0, true);
    if (!keepGlobal) this.forget(this.jumps.global, IN_GLOBAL, GLOBAL, true);
  }
}
