// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a debugger looks at: memory of a kernel by its addresses, from vmcore.N or of the one that runs, and that kernel's symbols.
 *
 * A page of vmcore.N is found by the file's hash table of translations. In /dev/mem it is where the page tables say, which are read there too.
 */
import { DumpHeader, DumpMap, Elf64Symbol } from 'layout/dump';
import { zeroTerminated } from '../../lib/text';
import { Source } from './_dump';

const PAGE: u64 = 4096;
const NOWHERE: u64 = u64.MAX_VALUE;
const PRESENT: u64 = 1;
const LARGE: u64 = 1 << 7;
const FRAME: u64 = 0x000ffffffffff000;
const word: usize = memory.data(8, 8);
const cell: usize = memory.data(40, 8);

export abstract class Target {
  /** The last page that was asked for, and where it is. */
  private page: u64 = NOWHERE;
  private place: u64 = NOWHERE;

  constructor(
    protected readonly source: Source,
    public readonly symbols: Symbols,
  ) {}

  /** Where the page that begins at an address is in the file; NOWHERE: it is not there. */
  protected abstract find(page: u64): u64;

  read(at: u64, to: usize, count: usize): bool {
    let done: usize = 0;
    while (done < count) {
      const from = at + <u64>done;
      const page = from & ~(PAGE - 1);
      if (page != this.page) {
        this.place = this.find(page);
        this.page = page;
      }
      if (this.place == NOWHERE) return false;
      const part = <usize>min<u64>(PAGE - (from - page), <u64>count - <u64>done);
      if (!this.source.read(this.place + (from - page), to + done, part)) return false;
      done += part;
    }
    return true;
  }

  /** Numbers; 0 where there is nothing: {@link failed} says so. */
  failed: bool = false;
  u64(at: u64): u64 {
    store<u64>(word, 0);
    if (!this.read(at, word, 8)) this.failed = true;
    return load<u64>(word);
  }
  u32(at: u64): u32 {
    store<u64>(word, 0);
    if (!this.read(at, word, 4)) this.failed = true;
    return load<u32>(word);
  }

  // ---- objects of the kernel, by what its symbols say of them

  /** An address from the 32 bits that an object has of it; 0: null. */
  reference(at: u64): u64 {
    const offset = this.u32(at);
    return offset ? this.symbols.number('kernel_window') + offset : 0;
  }
  field(object: u64, name: string): u64 {
    return object + this.symbols.number(name);
  }
  /** Letters beyond 255 of a text are shown as `?`. */
  text(at: u64): string {
    const from = this.reference(at);
    if (!from) return '';
    const count = min<u32>(this.u32(from - this.symbols.number('String.bytes')) / 2, 1024);
    let text = '';
    for (let i: u32 = 0; i < count; i++) {
      const unit = this.u32(from + <u64>i * 2) & 0xffff;
      text += unit < 256 ? String.fromCharCode(unit) : '?';
    }
    return text;
  }
  /** The objects in an array that a symbol points at. */
  list(name: string): u64[] {
    return this.elements(this.u64(this.symbols.number(name)));
  }
  elements(array: u64): u64[] {
    const found: u64[] = [];
    if (!array) return found;
    const data = this.reference(this.field(array, 'Array.data'));
    const count = min<u32>(this.u32(this.field(array, 'Array.length')), 65536);
    for (let i: u32 = 0; i < count && !this.failed; i++) found.push(this.reference(data + <u64>i * 4));
    return found;
  }
}

/** vmcore.N. */
export class CoreTarget extends Target {
  private readonly space: u64;

  constructor(
    source: Source,
    symbols: Symbols,
    public readonly header: DumpHeader,
  ) {
    super(source, symbols);
    this.space = symbols.number('kernel_window') + symbols.number('kernel_tables');
  }
  protected find(page: u64): u64 {
    const header = this.header;
    const hash = ((this.space >> 3) + (page >> header.pageShift)) & header.hashMask;
    const map = changetype<DumpMap>(cell);
    if (!this.source.read(header.map + hash * DumpMap.SIZE, cell, DumpMap.SIZE)) return NOWHERE;
    for (let at = map.first, steps: u64 = 0; at && steps <= header.translations; at = map.next, steps++) {
      if (!this.source.read(at, cell, DumpMap.SIZE)) return NOWHERE;
      if (map.space == this.space && map.at == page) return map.data;
    }
    return NOWHERE;
  }
}

/** The kernel that runs, by /dev/mem. */
export class LiveTarget extends Target {
  protected find(page: u64): u64 {
    let table = this.symbols.number('kernel_tables');
    for (let shift: u64 = 39; shift >= 12; shift -= 9) {
      if (!this.source.read(table + ((page >> shift) & 511) * 8, word, 8)) return NOWHERE;
      const entry = load<u64>(word);
      if (!(entry & PRESENT)) return NOWHERE;
      table = entry & FRAME;
      if (shift == 21 && entry & LARGE) return (table & ~(((<u64>1) << 21) - 1)) + (page & (((<u64>1) << 21) - 1));
    }
    return table;
  }
}

/** An ELF file's symbols. */
export class Symbols {
  private readonly values: Map<string, u64> = new Map<string, u64>();
  private readonly sizes: Map<string, u64> = new Map<string, u64>();
  /** Functions by address. */
  private readonly addresses: u64[] = [];
  private readonly names: string[] = [];
  private readonly lengths: u64[] = [];
  isGood: bool = false;

  constructor(source: Source) {
    this.load(source);
  }

  private load(source: Source): void {
    const header = new StaticArray<u8>(64);
    const section = new StaticArray<u8>(64);
    const at = changetype<usize>(header);
    const entry = changetype<usize>(section);
    if (!source.read(0, at, 64) || load<u32>(at) != 0x464c457f) return;
    const sections = load<u64>(at, 40);
    // The second section is the symbol table, the third has its names.
    if (!source.read(sections + 64, entry, 64)) return;
    const place = load<u64>(entry, 24);
    const count = load<u64>(entry, 32) / Elf64Symbol.SIZE;
    if (!source.read(sections + 128, entry, 64)) return;
    const namesAt = load<u64>(entry, 24);
    const length = <i32>load<u64>(entry, 32);
    if (count > 1000000 || length < 0 || length > 1 << 26) return;
    const names = new StaticArray<u8>(length + 1);
    const table = new StaticArray<u8>(<i32>(count * Elf64Symbol.SIZE));
    if (!source.read(namesAt, changetype<usize>(names), length)) return;
    if (!source.read(place, changetype<usize>(table), table.length)) return;
    for (let i: u64 = 1; i < count; i++) {
      const symbol = changetype<Elf64Symbol>(changetype<usize>(table) + <usize>(i * Elf64Symbol.SIZE));
      if (<i32>symbol.name >= length) return;
      const name = zeroTerminated(changetype<usize>(names) + symbol.name);
      if ((<u32>symbol.info & 15) == 2) {
        this.addresses.push(symbol.value);
        this.names.push(name);
        this.lengths.push(symbol.size);
      } else {
        this.values.set(name, symbol.value);
        this.sizes.set(name, symbol.size);
      }
    }
    this.isGood = this.values.has('kernel_window');
  }

  /** The value of a symbol that is no function; 0: there is none. */
  number(name: string): u64 {
    return this.values.has(name) ? this.values.get(name) : 0;
  }
  size(name: string): u64 {
    return this.sizes.has(name) ? this.sizes.get(name) : 0;
  }

  /** `function+offset`, or the address. */
  place(at: u64): string {
    let low = 0;
    let high = this.addresses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.addresses[middle] <= at) low = middle + 1;
      else high = middle;
    }
    if (!low || at >= this.addresses[low - 1] + this.lengths[low - 1]) return '0x' + at.toString(16);
    const offset = at - this.addresses[low - 1];
    return this.names[low - 1] + (offset ? '+0x' + offset.toString(16) : '');
  }
}
