// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs: decoded code as micro-op records, found by physical address.
 *
 * A run begins where control arrives and ends at an unconditional transfer, at the page's end or after MAXIMUM_RUN instructions. It
 * is keyed by the physical address of its first byte and the decoding mode; records hold no linear address, so one run serves
 * every mapping of its page, and a change of CR3 decodes nothing again.
 *
 * An instruction whose bytes lie in two pages is a run of its own, valid while both pages are what they were: it is filed under its
 * first page together with the number of the second, and dropped with either.
 *
 * Writes to code: pages that hold runs are `watched`, in pieces of 64 bytes; whoever writes to a watched piece calls `invalidate`
 * first. All runs of the page go, and so do the jump cache entries for them, since nothing else points into a page from outside it.
 *
 * Where there is a compiler, a run begins with a head (`HEAD` in `ir/state.ts`), and its record is that.
 *
 * When the pool is full everything is forgotten at once.
 */
import { type Decoded, type DecodeMode, decode } from '../decode/decode.ts';
import type { Tables } from '../decode/tables.ts';
import type { Environment } from '../ir/builder.ts';
import { HEAD, MAXIMUM_RUN, RECORD, RECORD_SIZE, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { dryRun, type Form, type FormOperand } from './forms.ts';
import { addressKey, fusedKey, isFusable, PSEUDO } from './generate.ts';
import { type AddressKind, fusedTarget } from './handlers.ts';

/** Everything besides the bytes that decides how code is decoded; interned, `id` numbers them. */
export interface RunMode extends DecodeMode {
  id: number;
  /** All of it in one number. */
  bits: number;
  /** ACCESS_KIND of its memory accesses. */
  kind: number;
  stack: 16 | 32 | 64;
  /** What CR0 and CR4 make of instructions that need a unit. */
  units: Readonly<Record<'fpu' | 'fwait' | 'mmx' | 'sse', 'ready' | 'undefined' | 'unavailable'>>;
}

/** Fused pairs carry this bit in the record's length field; SS as the default segment the next. */
export const FUSED = 0x40;
export const STACK_SEGMENT = 0x80;
const LENGTH = 0x1f;
const PAGE = 4096;
const WINDOW = 16;
/** A run is often entered when less than this part of its way to being hot is left, and warm at that one. */
const OFTEN = 0.95;
const WARM = 0.9;

/** What is known of one (entry, size, operand kinds, environment) after its first use. */
export interface Variant {
  handler: number;
  key: string;
  form: Form;
  /** Writes its memory operand; uses the stack; never goes on behind itself. */
  writes: boolean;
  usesStack: boolean;
  usesAddress: boolean;
  ends: boolean;
  /** What the compiler has found out about it. */
  summary?: unknown;
}
interface PageRuns {
  /** Offset | mode id << 12 -> record. */
  runs: Map<number, number>;
  /** The same for instructions that continue in another page. */
  crossing: Map<number, { record: number; page: number }>;
  /** Pages whose crossing instructions end here. */
  entered: Set<number>;
  watchedLow: number;
  watchedHigh: number;
}

export interface RunHost {
  /** Linear memory: guest RAM and the record pool. */
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Base of the processor's state: records name registers by absolute address. */
  readonly base: number;
  /** The pool: byte range of linear memory. */
  readonly poolStart: number;
  readonly poolEnd: number;
  /** Entries after which a run is hot; 0: runs have no heads. */
  readonly hotAfter: number;
  /** A page has its first run. */
  codeAppeared(page: number): void;
  /** The runs of a page, and what was compiled from them, are no longer entered. */
  pageForgotten(page: number): void;
  /** Every jump cache entry may be wrong whose record `isDropped`. */
  runsDropped(isDropped?: (record: number) => boolean): void;
  /** Every record is. */
  poolCleared(): void;
}

/** Of one instruction: three address micro-ops and itself. */
const MOST_RECORDS = 4;
/** Records that hold copies of others, for stopping at an exact instruction. */
const SCRATCH_RECORDS = MOST_RECORDS * MAXIMUM_RUN + 4;

export class RunCache {
  private readonly host: RunHost;
  private readonly tables: Tables;
  private readonly handlers: ReadonlyMap<string, number>;
  private readonly keys: readonly string[];
  private readonly variants = new Map<number, Variant>();
  private readonly pages = new Map<number, PageRuns>();
  private readonly fused = new Map<number, number>();
  private readonly linkable: Uint8Array;
  /** Records of instructions in two pages. */
  private readonly crossings = new Set<number>();
  readonly headHandler: number;
  readonly compiledHandler: number;
  private next: number;
  private readonly first: number;
  private readonly window = new Uint8Array(2 * WINDOW);
  /** Records written, for the report. */
  recordsMade = 0;

  constructor(host: RunHost, tables: Tables, keys: readonly string[]) {
    this.host = host;
    this.tables = tables;
    this.keys = keys;
    ({ handlers: this.handlers, linkable: this.linkable } = handlersOf(keys));
    this.headHandler = this.handlers.get(PSEUDO.head)!;
    this.compiledHandler = this.handlers.get(PSEUDO.compiled)!;
    this.first = host.poolStart + SCRATCH_RECORDS * RECORD_SIZE;
    this.next = this.first;
  }

  /** The run at a physical address; `offset` is the address within its page, whose bytes start at host address `bytes`. */
  find(page: number, offset: number, mode: RunMode): number {
    return this.pages.get(page)?.runs.get(offset | (mode.id << 12)) ?? 0;
  }
  /** Decodes the run there. 0: its first instruction continues in the next page; ask `crossing`. */
  build(page: number, offset: number, bytes: number, mode: RunMode): number {
    this.reserve();
    const record = this.next;
    this.head(page, offset, mode);
    const end = this.decodeRun(offset, bytes, mode);
    if (end === 0) {
      this.next = record;
      return 0;
    }
    const p = this.page(page);
    this.watch(p, offset, end - 1);
    p.runs.set(offset | (mode.id << 12), record);
    return record;
  }
  /** Of the instruction there, as far as its page goes: the number of its bytes, one more than are left where it crosses. */
  lengthAt(offset: number, bytes: number, mode: RunMode): number {
    const d = this.decodeAt(offset, bytes, mode);
    return d === 'crosses' ? PAGE - offset + 1 : typeof d === 'string' ? 1 : d.length;
  }
  /** The run of one instruction that begins in `page` and ends in `second`, which may be the same; `from` and `to` are host addresses of the pages. */
  crossing(page: number, offset: number, mode: RunMode, second: number, from: number, to: number): number {
    const key = offset | (mode.id << 12);
    const known = this.pages.get(page)?.crossing.get(key);
    if (known?.page === second) return known.record;
    this.reserve();
    const record = this.next;
    const w = this.window;
    const inFirst = PAGE - offset;
    w.set(this.host.u8.subarray(from + offset, from + Math.min(PAGE, offset + WINDOW)));
    if (inFirst < WINDOW) w.set(this.host.u8.subarray(to, to + WINDOW), inFirst);
    const d = decode(this.tables, w, 0, mode);
    this.head(page, offset, mode);
    this.one(d, offset, mode, 1);
    const length = typeof d === 'string' ? 0 : d.length;
    this.link(offset + length, 1, false);
    const p = this.page(page);
    p.crossing.set(key, { record, page: second });
    this.crossings.add(record);
    this.watch(p, offset, PAGE - 1);
    const q = this.page(second);
    q.entered.add(page);
    this.watch(q, 0, Math.max(0, length - inFirst - 1));
    return record;
  }

  private head(page: number, offset: number, mode: RunMode): void {
    const { hotAfter, view } = this.host;
    if (hotAfter === 0) return;
    const r = this.record(this.handlers.get(PSEUDO.head)!, offset, 0, 0);
    view.setUint16(r + HEAD.mode, mode.id, true);
    view.setUint32(r + HEAD.page, page, true);
    view.setInt32(r + HEAD.counter, hotAfter, true);
  }
  isHead(record: number): boolean {
    const handler = this.host.view.getUint16(record, true);
    return handler === this.headHandler || handler === this.compiledHandler;
  }
  /** The record of the run's first instruction. */
  firstOf(record: number): number {
    return this.isHead(record) ? record + RECORD_SIZE : record;
  }
  /** Makes the run of a head enter compiled code, or go through its own records again. */
  setCompiled(head: number, region: number, entry: number): void {
    this.host.view.setInt32(head + HEAD.region, region, true);
    this.host.view.setInt32(head + HEAD.entry, entry, true);
    this.host.view.setUint16(head, this.compiledHandler, true);
  }
  isCompiled(head: number): boolean {
    return this.host.view.getUint16(head, true) === this.compiledHandler;
  }
  /** Offsets of a page's runs that are compiled or on the way to it, at most so many, those entered most first. */
  oftenEntered(page: number, mode: RunMode, most: number): number[] {
    const found: { offset: number; left: number }[] = [];
    for (const [key, head] of this.pages.get(page)?.runs ?? []) {
      if (key >> 12 !== mode.id || !this.isHead(head)) continue;
      if (!this.isOftenEntered(head)) continue;
      found.push({ offset: key & (PAGE - 1), left: this.left(head) });
    }
    found.sort((a, b) => a.left - b.left);
    return found.slice(0, most).map((f) => f.offset);
  }
  /** Whether a run, if it is none of 0, is compiled or on the way to it. */
  isOftenEntered(head: number): boolean {
    if (head === 0 || !this.isHead(head)) return false;
    return this.isCompiled(head) || this.left(head) < this.host.hotAfter * OFTEN;
  }
  /** Entries until a head is hot. */
  private left(head: number): number {
    return this.host.view.getInt32(head + HEAD.counter, true);
  }
  /** Whether control has arrived there, other than from the instruction before, often enough to be compiled with what is hot. */
  isWarm(head: number): boolean {
    if (head === 0) return false;
    const { hotAfter } = this.host;
    return hotAfter === 1 || this.isCompiled(head) || this.left(head) <= hotAfter * WARM;
  }
  /**
   * A region has the run of a head inside: control that comes from the region does not enter the run any more. If other code still enters it
   * often, it becomes hot again, and a region of its own is worth it.
   */
  delay(head: number): void {
    if (head === 0 || !this.isHead(head) || this.isCompiled(head)) return;
    this.host.view.setInt32(head + HEAD.counter, Math.floor(this.host.hotAfter * WARM), true);
  }
  /** Whether that has happened to a head since it was hot. */
  isDelayed(head: number): boolean {
    return this.left(head) > 0;
  }
  setInterpreted(head: number): void {
    this.host.view.setInt32(head + HEAD.region, 0, true);
    this.host.view.setUint16(head, this.headHandler, true);
  }
  /** The compiler decodes from the page at `bytes`; what it decodes is watched. */
  watchRegion(page: number, from: number, to: number): void {
    this.watch(this.page(page), from, to);
  }

  /** A record of one instruction by itself, which compiled code names to helpers. It lives as long as the pool. */
  recordOf(d: Decoded, offset: number, mode: RunMode): number {
    this.one(d, offset, mode, 1);
    return this.next - RECORD_SIZE;
  }
  /** Address of some cleared bytes that live as long as the pool. */
  spare(bytes: number): number {
    const at = this.next;
    this.next += Math.ceil(bytes / RECORD_SIZE) * RECORD_SIZE;
    this.host.u8.fill(0, at, this.next);
    return at;
  }
  setSpare(address: number, byte: number): void {
    this.host.u8[address] = byte;
  }
  /** Whether that many instructions can be recorded without clearing the pool. */
  hasRoom(instructions: number): boolean {
    return this.next + instructions * MOST_RECORDS * RECORD_SIZE <= this.host.poolEnd;
  }

  isCode(page: number): boolean {
    return this.pages.has(page);
  }
  /** Whether any of `size` bytes from `offset` is decoded code. */
  isWatched(page: number, offset: number, size: number): boolean {
    const p = this.pages.get(page);
    if (!p) return false;
    for (let piece = offset >> 6; piece <= Math.min(PAGE - 1, offset + size - 1) >> 6; piece++) {
      if (((piece < 32 ? p.watchedLow : p.watchedHigh) >>> (piece & 31)) & 1) return true;
    }
    return false;
  }
  invalidate(page: number): void {
    const p = this.pages.get(page);
    if (!p) return;
    this.pages.delete(page);
    for (const before of p.entered) this.pages.get(before)?.crossing.clear();
    this.host.pageForgotten(page);
    // Heads say which page they are of; instructions that continue here from another page are of that one.
    const heads = this.host.hotAfter > 0 && p.entered.size === 0;
    this.host.runsDropped(heads ? (record) => this.host.view.getUint32(record + HEAD.page, true) === page : undefined);
  }
  clear(): void {
    this.pages.clear();
    this.crossings.clear();
    this.next = this.first;
    this.host.poolCleared();
    this.host.runsDropped();
  }

  /** Whether a run depends on what another page is mapped to, so that it must be looked up each time. */
  isCrossing(record: number): boolean {
    return this.crossings.has(record);
  }
  /** The handler may be given its branch target's record. */
  isLinkable(record: number): boolean {
    return record >= this.first && this.linkable[this.host.view.getUint16(record, true)] === 1;
  }
  keyOf(record: number): string {
    return this.keys[this.host.view.getUint16(record + RECORD.handler, true)];
  }

  /**
   * Copies as much of the run at `record` as `wanted` instructions allow into scratch records and ends it with a stop record.
   * Returns the number of instructions copied; 0 if the first two are fused and only one is wanted.
   */
  copyExactly(record: number, wanted: number): number {
    const { u8, view } = this.host;
    let from = this.firstOf(record);
    let to = this.host.poolStart;
    let copied = 0;
    for (let i = 0; i < SCRATCH_RECORDS - 1; i++) {
      const count = view.getUint16(from + RECORD.count, true);
      // Counts grow within a run: what does not fit belongs to another or to none. Behind a branch that always leaves it does no harm.
      if (count > wanted || count < copied || count === 0) {
        // The address of a fused pair's operand counts as the first of the two, but is no instruction: the pair stays whole.
        if (copied > 0 && count > wanted && this.startOf(from) === this.startOf(from - RECORD_SIZE)) {
          to -= RECORD_SIZE;
          copied--;
        }
        break;
      }
      u8.copyWithin(to, from, from + RECORD_SIZE);
      copied = count;
      to += RECORD_SIZE;
      if (this.endsRun(from)) break;
      from += RECORD_SIZE;
    }
    this.stopRecord(to, copied);
    return copied;
  }
  /** Offset in the page of the instruction that a record belongs to. */
  private startOf(record: number): number {
    const { view } = this.host;
    return view.getUint16(record + RECORD.next, true) - (view.getUint8(record + RECORD.length) & LENGTH);
  }
  /** Copies one record; with no budget it is left after its instruction. Returns the number of its instructions. */
  copyOne(record: number): number {
    const { u8, view } = this.host;
    const to = this.host.poolStart;
    u8.copyWithin(to, record, record + RECORD_SIZE);
    const n = view.getUint8(record + RECORD.length) & FUSED ? 2 : 1;
    view.setUint16(to + RECORD.count, n, true);
    this.stopRecord(to + RECORD_SIZE, n);
    return n;
  }
  /** Decodes a single instruction, unfused, into scratch records; false if it crosses the page. */
  decodeOne(offset: number, bytes: number, mode: RunMode): boolean {
    const saved = this.next;
    this.next = this.host.poolStart;
    const d = this.decodeAt(offset, bytes, mode);
    if (d !== 'crosses') {
      this.one(d, offset, mode, 1);
      this.stopRecord(this.next, 1);
    }
    this.next = saved;
    return d !== 'crosses';
  }
  private stopRecord(at: number, count: number): void {
    const { view } = this.host;
    view.setUint16(at + RECORD.handler, this.handlers.get(PSEUDO.stop)!, true);
    view.setUint8(at + RECORD.length, 0);
    view.setUint16(at + RECORD.next, view.getUint16(at - RECORD_SIZE + RECORD.next, true), true);
    view.setUint16(at + RECORD.count, count, true);
  }
  private endsRun(record: number): boolean {
    const key = this.keyOf(record);
    return key === PSEUDO.link || key === PSEUDO.linkFar;
  }

  // Building.

  private reserve(): void {
    const most = (MOST_RECORDS + 1) * MAXIMUM_RUN * RECORD_SIZE;
    if (this.next + most > this.host.poolEnd) this.clear();
  }
  private page(number: number): PageRuns {
    let p = this.pages.get(number);
    if (!p) {
      p = { runs: new Map(), crossing: new Map(), entered: new Set(), watchedLow: 0, watchedHigh: 0 };
      this.pages.set(number, p);
      this.host.codeAppeared(number);
    }
    return p;
  }
  private watch(p: PageRuns, from: number, to: number): void {
    for (let piece = from >> 6; piece <= to >> 6; piece++) {
      if (piece < 32) p.watchedLow |= 1 << piece;
      else p.watchedHigh |= 1 << (piece & 31);
    }
  }
  decodeAt(offset: number, bytes: number, mode: RunMode): ReturnType<typeof decode> | 'crosses' {
    const left = PAGE - offset;
    if (left >= WINDOW) return decode(this.tables, this.host.u8, bytes + offset, mode);
    const w = this.window;
    w.fill(0);
    w.set(this.host.u8.subarray(bytes + offset, bytes + PAGE));
    const d = decode(this.tables, w, 0, mode);
    return typeof d === 'string' || d.length > left ? 'crosses' : d;
  }
  /** Offset behind the bytes that the run depends on; 0 if its first instruction crosses the page. */
  private decodeRun(start: number, bytes: number, mode: RunMode): number {
    let offset = start;
    let count = 0;
    while (count < MAXIMUM_RUN && offset < PAGE) {
      const d = this.decodeAt(offset, bytes, mode);
      if (d === 'crosses') {
        if (count === 0) return 0;
        break;
      }
      count++;
      if (typeof d !== 'string' && count < MAXIMUM_RUN) {
        const pair = this.tryFuse(d, offset, bytes, mode, count + 1);
        if (pair > 0) {
          count++;
          offset += pair;
          continue;
        }
      }
      const ends = this.one(d, offset, mode, count);
      offset += typeof d === 'string' ? Math.min(WINDOW, PAGE - offset) : d.length;
      if (ends) return offset;
      if (typeof d !== 'string' && d.record.serializing) break;
    }
    this.link(offset, count, offset < PAGE);
    return offset;
  }
  /** Length of a comparison fused with the branch behind it, or 0. */
  private tryFuse(d: Decoded, offset: number, bytes: number, mode: RunMode, count: number): number {
    const first = this.variant(d, mode, false);
    if (!isFusable(first.form)) return 0;
    const at = offset + d.length;
    if (at >= PAGE) return 0;
    const branch = this.decodeAt(at, bytes, mode);
    if (typeof branch === 'string' || branch.record.mnemonic !== 'jcc' || branch.operands[0].k !== 'j' || mode.code !== 64)
      return 0;
    const length = d.length + branch.length;
    const target = at + branch.length + branch.operands[0].rel;
    if (target < 0 || target >= PAGE || length > LENGTH) return 0;
    const handler = this.fusedHandler(first, branch.cc);
    if (handler < 0) return 0;
    this.addressOperand(d, first, offset, mode, count - 2, d.length);
    const r = this.record(handler, offset + length, length | FUSED, count);
    this.fields(r, d, offset);
    this.host.view.setUint16(r + fusedTarget(first.form), target, true);
    return length;
  }
  private fusedHandler(v: Variant, cc: number): number {
    const id = v.handler * 16 + cc;
    let handler = this.fused.get(id);
    if (handler === undefined) {
      handler = this.handlers.get(fusedKey(v.key, cc)) ?? -1;
      this.fused.set(id, handler);
    }
    return handler;
  }

  /** Writes the records of one instruction; true if nothing behind it is reached from it. */
  private one(d: Decoded | string, offset: number, mode: RunMode, count: number): boolean {
    if (typeof d === 'string') {
      this.record(this.handlers.get(d === 'tooLong' ? PSEUDO.tooLong : PSEUDO.undefined)!, offset, 0, count);
      return true;
    }
    const unit = d.record.unit;
    const state = unit ? mode.units[unit] : 'ready';
    if (state !== 'ready') {
      this.record(this.handlers.get(state === 'undefined' ? PSEUDO.undefined : PSEUDO.unavailable)!, offset, 0, count);
      return true;
    }
    const j = d.operands.find((o) => o.k === 'j');
    const target = j?.k === 'j' ? offset + d.length + j.rel : 0;
    const v = this.variant(d, mode, j !== undefined && isNear(target, d, mode));
    this.addressOperand(d, v, offset, mode, count - 1, d.length);
    const stack = v.usesStack && !d.memory ? STACK_SEGMENT : 0;
    const r = this.record(v.handler, offset + d.length, d.length | stack, count);
    this.fields(r, d, offset);
    if (d.record.sourceSegment) this.host.view.setUint16(r + RECORD.dst, this.sourceSegment(d, mode), true);
    if (j) this.host.view.setBigInt64(r + RECORD.imm, BigInt(target), true);
    return v.ends;
  }
  private sourceSegment(d: Decoded, mode: RunMode): number {
    const seg =
      mode.code === 64 ? (d.override >= SEGMENT.fs ? d.override : SEGMENT.flat) : d.override >= 0 ? d.override : SEGMENT.ds;
    return this.host.base + segmentSlot(seg);
  }

  private record(handler: number, next: number, length: number, count: number): number {
    const { view } = this.host;
    const r = this.next;
    this.next += RECORD_SIZE;
    this.recordsMade++;
    view.setUint16(r + RECORD.handler, handler, true);
    view.setUint8(r + RECORD.length, length);
    view.setUint8(r + RECORD.scale, 0);
    view.setBigInt64(r + RECORD.dst, 0n, true);
    view.setInt32(r + RECORD.disp, 0, true);
    view.setBigInt64(r + RECORD.imm, 0n, true);
    view.setInt32(r + RECORD.link, 0, true);
    view.setUint16(r + RECORD.next, next, true);
    view.setUint16(r + RECORD.count, count, true);
    return r;
  }
  private link(target: number, count: number, near: boolean): void {
    const r = this.record(this.handlers.get(near ? PSEUDO.link : PSEUDO.linkFar)!, target, 0, count);
    this.host.view.setBigInt64(r + RECORD.imm, BigInt(target), true);
  }

  /** Fills in operands; a memory operand that the address micro-op computed is [EA]. */
  private fields(r: number, d: Decoded, offset: number): void {
    const { view, base } = this.host;
    const places = [RECORD.dst, RECORD.src, RECORD.imm];
    d.operands.forEach((o, i) => {
      if (o.k === 'r') view.setUint16(r + places[i], base + o.slot, true);
    });
    const immediates = d.operands.filter((o) => o.k === 'i');
    if (immediates.length === 1)
      view.setBigInt64(r + RECORD.imm, BigInt.asIntN(64, immediates[0].k === 'i' ? immediates[0].value : 0n), true);
    else
      for (const o of immediates) if (o.k === 'i') view.setInt32(r + RECORD.imm + o.at, Number(BigInt.asIntN(32, o.value)), true);
    if (!d.memory) return;
    if (this.addressed) {
      view.setUint16(r + RECORD.base, base + SLOT.EA, true);
      view.setUint16(r + RECORD.index, base + SLOT.ZERO, true);
    } else this.memoryFields(r, d, offset);
    if (d.memory.segment === SEGMENT.ss) view.setUint8(r + RECORD.length, view.getUint8(r + RECORD.length) | STACK_SEGMENT);
  }
  private memoryFields(r: number, d: Decoded, offset: number): void {
    const { view, base } = this.host;
    const m = d.memory!;
    const slot = (n: number): number => base + (n < 0 ? SLOT.ZERO : n === 16 ? SLOT.PAGE : n * 8);
    view.setUint16(r + RECORD.base, slot(m.base), true);
    view.setUint16(r + RECORD.index, slot(m.index), true);
    view.setUint8(r + RECORD.scale, m.scale);
    let disp = m.disp;
    if (m.base === 16) disp += offset + d.length;
    if (d.record.popsFirst && m.base === 4) disp += d.size / 8;
    view.setInt32(r + RECORD.disp, disp, true);
  }
  private addressed = false;
  /** Emits the address micro-op where the handler cannot compute the address itself. */
  private addressOperand(d: Decoded, v: Variant, offset: number, mode: RunMode, before: number, length: number): void {
    this.addressed = v.usesAddress && needsAddress(d, mode);
    if (!this.addressed) return;
    const { view, base } = this.host;
    const m = d.memory!;
    const long = mode.code === 64;
    // An address micro-op belongs to the instruction behind it, so it has that one's length and count.
    const address = (kind: AddressKind, segment: number): number => {
      const r = this.record(this.handlers.get(addressKey(kind))!, offset + length, length, before + 1);
      view.setUint16(r + RECORD.dst, segment, true);
      const type = d.operands.find((o) => o.k === 'm')?.type ?? 'i8';
      // A far pointer is an offset of the operand size and a selector.
      const far = d.entry.operands.some((o) => o.letter === 'M' && o.width === 'p');
      const whole = type === 'v128' ? 16 : Number(type.slice(1)) / 8;
      const bytes = d.record.memory?.bytes?.(d.size) ?? (far ? d.size / 8 + 2 : whole);
      view.setUint16(r + RECORD.src, bytes, true);
      view.setUint16(r + RECORD.base, base + SLOT.ZERO, true);
      view.setUint16(r + RECORD.index, base + SLOT.ZERO, true);
      return r;
    };
    const segment = base + segmentSlot(long && m.segment < SEGMENT.fs ? SEGMENT.flat : m.segment);
    if (m.absolute !== undefined) {
      const kind = long ? 'absolute64' : (`absolute${v.writes ? 'write' : 'read'}${d.address as 16 | 32}` as const);
      view.setBigInt64(address(kind, segment) + RECORD.imm, BigInt.asIntN(64, m.absolute), true);
      return;
    }
    const kind = long
      ? d.address === 32
        ? 'segment64a32'
        : 'segment64'
      : (`segment${v.writes ? 'write' : 'read'}${d.address as 16 | 32}` as const);
    if (d.record.bitString && wrapsApart(d, mode)) {
      // Base, index and displacement join the element's offset, and the sum is what wraps and what the segment checks.
      const element = d.operands[1];
      const first = address(`bits${d.size as 16 | 32 | 64}`, segment);
      if (element.k === 'r') view.setUint16(first + RECORD.src, base + element.slot, true);
      this.memoryFields(address('segment64', base + SLOT.EA - SEG.base), d, offset);
      view.setUint16(address(kind, segment) + RECORD.base, base + SLOT.EA, true);
    } else if (farFromRip(d)) {
      // The displacement and the instruction's place together exceed 32 bits: PAGE takes the place of a segment base.
      const first = address('absolute64', base + SLOT.PAGE - SEG.base);
      view.setBigInt64(first + RECORD.imm, BigInt(m.disp) + BigInt(offset + d.length), true);
      view.setUint16(address(kind, segment) + RECORD.base, base + SLOT.EA, true);
    } else this.memoryFields(address(kind, segment), d, offset);
  }

  variant(d: Decoded, mode: RunMode, near: boolean): Variant {
    const addressed = needsAddress(d, mode);
    const memory = d.memory ? (!addressed && d.memory.index >= 0 ? 1 : 2) : 0;
    const log = (n: number): number => 31 - Math.clz32(n) - 3;
    let id = log(d.size) | (log(d.effective) << 2) | (memory << 4) | (REP[d.rep] << 6) | ((near ? 1 : 0) << 8);
    id |= (log(mode.code) << 9) | (log(mode.stack) << 11) | (log(d.address) << 13);
    const key = d.entry.id * 65536 + id;
    let v = this.variants.get(key);
    if (!v) {
      v = this.makeVariant(d, mode, near, memory);
      this.variants.set(key, v);
    }
    return v;
  }
  private makeVariant(d: Decoded, mode: RunMode, near: boolean, memory: number): Variant {
    const operands = d.operands.map((o): FormOperand => {
      switch (o.k) {
        case 'r':
          return { kind: 'r', type: o.type, at: 0 };
        case 'm':
          return { kind: memory === 1 ? 'm' : 'b', type: o.type, at: 0 };
        case 'i':
          return { kind: 'i', type: o.type, at: o.at };
        case 'j':
          return { kind: near ? 'j' : 'J', type: 'i64', at: 0 };
        case 'f':
          return { kind: 'f', type: o.type, at: o.slot };
        default:
          return { kind: 'c', type: 'i8', at: o.value };
      }
    });
    const env: Environment = { code: mode.code, stack: mode.stack, address: d.address };
    const form: Form = { record: d.record, size: d.size, operands, cc: d.cc, rep: d.rep, env };
    const { key, effects, usesStack, usesAddress } = dryRun(form);
    const handler = this.handlers.get(key);
    if (handler === undefined) throw new Error(`the interpreter was not generated with a handler ${key} (${d.entry.notation})`);
    const jumps = effects.filter((e) => e.k === 'jump');
    return {
      handler,
      key,
      form,
      writes:
        d.record.memory?.writes === true ||
        effects.some((e) => (e.k === 'store' || (e.k === 'load' && e.forWrite)) && e.addr.op === 'ea'),
      usesStack,
      usesAddress,
      ends: jumps.some((e) => e.k === 'jump' && !e.when),
    };
  }
}

/** Whether a branch target, an offset from the page, lies in the page for certain, but for what 16-bit code wraps (`handlers.ts`, jump). */
export const isNear = (target: number, d: Decoded, mode: RunMode): boolean =>
  target >= 0 && target < PAGE && (d.size !== 16 || mode.code !== 32);
/** Whether addresses are narrower than 64 bits. */
interface HandlerTable {
  /** Number by key. */
  handlers: ReadonlyMap<string, number>;
  /** By number: 1 if it jumps, and so can be linked to where it goes. */
  linkable: Uint8Array;
}
const handlerTables = new WeakMap<readonly string[], HandlerTable>();
/** The same for every processor of one interpreter. */
function handlersOf(keys: readonly string[]): HandlerTable {
  let table = handlerTables.get(keys);
  if (!table) {
    const ends = (key: string): boolean => key === PSEUDO.link || /\/j\b/.test(key) || key.includes('+jcc');
    table = { handlers: new Map(keys.map((key, i) => [key, i])), linkable: Uint8Array.from(keys, (key) => Number(ends(key))) };
    handlerTables.set(keys, table);
  }
  return table;
}

const wrapsApart = (d: Decoded, mode: RunMode): boolean => mode.code !== 64 || d.address === 32;
const REP = { none: 0, rep: 1, repne: 2 } as const;
function needsAddress(d: Decoded, mode: RunMode): boolean {
  const m = d.memory;
  if (!m) return false;
  if (mode.code !== 64) return true;
  return m.absolute !== undefined || d.address !== 64 || (m.segment >= SEGMENT.fs && m.segment !== SEGMENT.flat) || farFromRip(d);
}
/** RIP-relative with a displacement to which a page offset cannot be added in 32 bits. */
const farFromRip = (d: Decoded): boolean => d.memory!.base === 16 && d.memory!.disp > 0x7fffffff - 2 * PAGE;
