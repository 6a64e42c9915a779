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
import type { Tables } from '../decode/tables.ts';
import { HEAD, MAXIMUM_RUN, RECORD, RECORD_SIZE } from '../ir/state.ts';
import { PSEUDO } from './generate.ts';
import { FUSED, LENGTH, MOST_RECORDS, type RecordPlace, RecordWriter, type RunMode, WINDOW } from './records.ts';

const PAGE = 4096;
/** A run is often entered when less than this part of its way to being hot is left, and warm at that one. */
const OFTEN = 0.95;
const WARM = 0.9;

/** A head, and how many entries are left until it is hot. */
export interface HeadState {
  left: number;
  compiled: boolean;
}
/** Whether a run is compiled or on the way to it. */
export const isOften = ({ left, compiled }: HeadState, hotAfter: number): boolean => compiled || left < hotAfter * OFTEN;
/** Whether control has arrived there, other than from the instruction before, often enough to be compiled with what is hot. */
export const isWarm = ({ left, compiled }: HeadState, hotAfter: number): boolean =>
  hotAfter === 1 || compiled || left <= hotAfter * WARM;

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

export interface RunHost extends RecordPlace {
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

/** Records that hold copies of others, for stopping at an exact instruction. */
const SCRATCH_RECORDS = MOST_RECORDS * MAXIMUM_RUN + 4;

export class RunCache extends RecordWriter {
  private readonly host: RunHost;
  private readonly pages = new Map<number, PageRuns>();
  /** Records of instructions in two pages. */
  private readonly crossings = new Set<number>();
  readonly headHandler: number;
  readonly compiledHandler: number;
  private readonly first: number;

  constructor(host: RunHost, tables: Tables, keys: readonly string[]) {
    super(host, tables, keys, host.poolStart + SCRATCH_RECORDS * RECORD_SIZE);
    this.host = host;
    this.first = this.next;
    this.headHandler = this.handlers.get(PSEUDO.head)!;
    this.compiledHandler = this.handlers.get(PSEUDO.compiled)!;
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
    const d = this.decodeWindow(mode);
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
  /** Makes the run of a head enter compiled code. */
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
      if (key >> 12 !== mode.id || !this.isOftenEntered(head)) continue;
      found.push({ offset: key & (PAGE - 1), left: this.left(head) });
    }
    found.sort((a, b) => a.left - b.left || a.offset - b.offset);
    return found.slice(0, most).map((f) => f.offset);
  }
  /** Whether a run, if it is none of 0, is compiled or on the way to it. */
  isOftenEntered(head: number): boolean {
    return head !== 0 && this.isHead(head) && isOften(this.stateOf(head), this.host.hotAfter);
  }
  private stateOf(head: number): HeadState {
    return { left: this.left(head), compiled: this.isCompiled(head) };
  }
  /** All heads of a page in one mode: for each its offset, itself, entries left, and 1 if it is compiled. */
  headsOf(page: number, mode: RunMode): number[] {
    const list: number[] = [];
    for (const [key, head] of this.pages.get(page)?.runs ?? []) {
      if (key >> 12 !== mode.id || !this.isHead(head)) continue;
      list.push(key & (PAGE - 1), head, this.left(head), this.isCompiled(head) ? 1 : 0);
    }
    return list;
  }
  /** Entries until a head is hot. */
  private left(head: number): number {
    return this.host.view.getInt32(head + HEAD.counter, true);
  }
  isWarm(head: number): boolean {
    return head !== 0 && isWarm(this.stateOf(head), this.host.hotAfter);
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
  /** The compiler decodes from the page at `bytes`; what it decodes is watched. */
  watchRegion(page: number, from: number, to: number): void {
    this.watch(this.page(page), from, to);
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
}
