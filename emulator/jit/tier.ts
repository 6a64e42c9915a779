// SPDX-License-Identifier: MIT
/**
 * @fileoverview The compiled tier of one processor: takes runs that have become hot, has regions compiled in batches, and forgets them when their
 * code changes. Where the host has a workshop (`order.ts`), it compiles while the processor goes on interpreting, one batch at a time.
 *
 * A run is hot when its head has counted down (EXIT.hot). Compiled, its head enters the region's function through the interpreter's table.
 * Nothing but heads leads into compiled code, so to forget a region is to make its heads interpret again; their records vanish with the
 * page's runs anyway.
 */
import type { RunMode } from '../interp/records.ts';
import type { RunCache } from '../interp/runs.ts';
import { HEAD, ODD_SEGMENTS, RECORD, RECORD_SIZE, SLOT } from '../ir/state.ts';
import { MAXIMUM_REGION } from './discover.ts';
import type { Workshop } from './order.ts';
import { type Hot, hasNeighbours, Orders } from './orders.ts';
import { type Neighbour, PAGE, RegionCode } from './pages.ts';
import { ENTRY_TABLE } from './region.ts';
import { type Built, type BuiltRegion, buildRegions, type RegionHost } from './regionModule.ts';
import { type RegionTrace, readCounters, type TierEvent } from './trace.ts';

export interface TierHost {
  /** Number of the processor. */
  readonly index: number;
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly base: number;
  readonly runs: RunCache;
  /** Makes the interpreter anew, with no code decoded, and returns its function table. */
  startOver(): WebAssembly.Table;
  /** Compile each hot run at once. */
  readonly atOnce: boolean;
  placeOfPage(page: number): number;
  modeNumber(id: number): RunMode;
  tlbBlock(kind: number): number;
  /** The record that a jump cache has for a RIP, or 0. */
  lookupJump(kind: number, rip: bigint): number;
  /** Often entered code that a jump cache has within some bytes of an address: distances from there, and heads. */
  near(kind: number, rip: bigint, farthest: number): { offset: number; head: number }[];
  /** RAM, and the pool. */
  readonly u8: Uint8Array;
  readonly hotAfter: number;
  /** Name of the CPU model. */
  readonly model: string;
  readonly workshop: Workshop | undefined;
  /** What compiled code calls: `Processor.help`. */
  readonly help: (helper: number, record: number, budget: number) => number;
}
/** Regions of one module; more while others are being compiled. */
const BATCH = 16;
const MOST_IN_BATCH = 48;
/** Instructions that a batch waits for more. */
const PATIENCE = 1_000_000;
/**
 * Instructions that an order may take: whoever runs the machine without ever serving his host's events hears of no product, and its code is not to be
 * interpreted for ever.
 */
const LATE = 40_000_000;
/**
 * What one table holds; then everything starts over. Browsers and Node 20 keep a module alive as long as the table that it shares, so there is
 * no forgetting a single one; and each of them has its own copy of the table.
 */
export const MOST_MODULES = 512;
export const MOST_BYTES = 48 << 20;
/** The table grows by so many elements. */
const ELEMENTS = 1024;

/** A hot head, and what the state was then. */
interface Waiting {
  head: number;
  flat: boolean;
  rip: bigint;
}
const ACCESS_KINDS = ['user', 'supervisor', 'supervisor under SMAP'];

export class CompiledTier {
  private readonly host: TierHost;
  private readonly regionHost: RegionHost;
  /** Hot heads that wait for a batch to be full. */
  private waiting: Waiting[] = [];
  private waitingSince = 0;
  private table: WebAssembly.Table;
  /** First unused element of the table. */
  private nextElement: number;
  /** Modules that share the table, and their bytes. */
  readonly held = { modules: 0, bytes: 0 };
  readonly statistics = {
    regions: 0,
    /** Of these, on another thread. */
    elsewhere: 0,
    instructions: 0,
    modules: 0,
    bytes: 0,
    refused: 0,
    invalidated: 0,
    startedOver: 0,
    milliseconds: 0,
  };
  /** Told of everything that happens; to be set before anything does. */
  onEvent: ((event: TierEvent) => void) | undefined;
  /** Regions in use, by page: how many, and their traces with the places of their counters if somebody listens. */
  private readonly inPage = new Map<number, number>();
  private readonly traced = new Map<number, { region: RegionTrace; counters: number }[]>();
  private regionsTraced = 0;
  private readonly orders: Orders | undefined;
  /** When the order was given that is outstanding, in retired instructions. */
  private givenAt = 0;

  constructor(host: TierHost, table: WebAssembly.Table) {
    this.host = host;
    this.table = table;
    this.nextElement = table.length;
    const { headHandler, compiledHandler } = host.runs;
    this.regionHost = { base: host.base, headHandler, compiledHandler, onlyEntries: host.atOnce };
    if (host.workshop) this.orders = new Orders(host, this.regionHost, host.workshop);
  }

  /** The head of a run that has become hot, when so many instructions had retired. */
  hot(head: number, retired: number): void {
    if (this.waiting.length === 0) this.waitingSince = retired;
    const { view, base } = this.host;
    const flat = (view.getUint32(base + SLOT.ODD, true) & ODD_SEGMENTS) === 0;
    this.waiting.push({ head, flat, rip: view.getBigUint64(base + SLOT.RIP, true) });
    if (this.waiting.length >= BATCH || this.host.atOnce) this.compile(retired);
  }
  /** To be called now and then: compiles a batch that does not get full. */
  tick(retired: number): void {
    this.takeProduct();
    if (this.orders?.outstanding && retired - this.givenAt > LATE) this.compileHere(this.stillThere(this.orders.abandon()));
    if (this.waiting.length > 0 && (retired - this.waitingSince > PATIENCE || this.waiting.length >= BATCH))
      this.compile(retired);
  }
  /** The record pool has been cleared. */
  cleared(): void {
    this.waiting = [];
    this.orders?.drop();
    this.refreshTraces();
    const regions = [...this.traced.values()].flat().map(({ region }) => region);
    this.traced.clear();
    this.inPage.clear();
    if (regions.length > 0) this.tell({ kind: 'forgotten', regions, why: 'the pool of decoded code was cleared' });
  }
  /** The code of a page has changed. */
  pageForgotten(page: number): void {
    const count = this.inPage.get(page);
    if (!count) return;
    this.inPage.delete(page);
    this.statistics.invalidated += count;
    const list = this.traced.get(page);
    if (!list) return;
    this.refreshTraces(page);
    this.traced.delete(page);
    this.tell({ kind: 'forgotten', regions: list.map(({ region }) => region), why: 'their code was written' });
  }
  /** Brings the counters of traced regions up to date. */
  refreshTraces(page?: number): void {
    for (const [key, list] of this.traced) {
      if (page !== undefined && key !== page) continue;
      for (const { region, counters } of list) readCounters(region, this.host.view, counters);
    }
  }
  private tell(event: TierEvent): void {
    if (event.kind === 'forgotten') for (const region of event.regions) region.forgotten = event.why;
    this.onEvent?.(event);
  }

  private startOver(why: string): void {
    this.statistics.startedOver++;
    this.tell({ kind: 'over', why, modules: this.held.modules, bytes: this.held.bytes });
    this.table = this.host.startOver();
    this.nextElement = this.table.length;
    this.held.modules = 0;
    this.held.bytes = 0;
  }
  private compile(retired: number): void {
    if (this.orders?.outstanding) return;
    const { held } = this;
    if (held.modules >= MOST_MODULES) {
      this.startOver('as many modules as are allowed');
      return;
    }
    if (!this.host.runs.hasRoom(MOST_IN_BATCH * (MAXIMUM_REGION + ENTRY_TABLE / RECORD_SIZE))) {
      this.host.runs.clear();
      return;
    }
    const start = performance.now();
    const hot = this.stillHot();
    if (hot.length > 0) {
      // What gets hot first is the hottest: it does not wait for a thread to begin.
      if (this.orders?.ready) {
        this.givenAt = retired;
        this.orders.give(hot, this.nextElement);
      } else this.compileHere(hot);
    }
    this.statistics.milliseconds += performance.now() - start;
  }
  /** The hot runs that wait, as far as their pages have not changed meanwhile. */
  private stillHot(): Hot[] {
    const { view, runs } = this.host;
    const hot: Hot[] = [];
    for (const { head, flat, rip } of this.waiting.splice(0, MOST_IN_BATCH)) {
      const page = view.getUint32(head + HEAD.page, true);
      const mode = this.host.modeNumber(view.getUint16(head + HEAD.mode, true));
      const entry = view.getUint16(head + RECORD.next, true);
      if (runs.find(page, entry, mode) !== head || runs.isCompiled(head) || runs.isDelayed(head)) continue;
      hot.push({
        page,
        entry,
        mode,
        tlb: this.host.tlbBlock(mode.kind),
        flat: flat && mode.code !== 64,
        counters: this.onEvent ? runs.spare(RECORD_SIZE) : 0,
        head,
        rip,
      });
    }
    return hot;
  }
  private compileHere(hot: readonly Hot[]): void {
    const { runs } = this.host;
    const wanted = hot.map((h) => {
      const first = { page: h.page, bytes: this.host.placeOfPage(h.page) };
      return { ...h, code: new RegionCode(runs, h.mode, first, this.neighbour(h)) };
    });
    const { wasm, ...built } = buildRegions(this.regionHost, wanted, this.nextElement);
    this.install(hot, built, wasm.length, () => new WebAssembly.Module(wasm));
  }
  /** Makes the heads of regions enter them. */
  private install(
    hot: readonly Hot[],
    { regions, refused }: Built,
    bytes: number,
    compile: () => WebAssembly.Module,
    isUnchanged: (region: BuiltRegion) => boolean = () => true,
  ): void {
    const { held, table, statistics: s } = this;
    if (held.bytes + bytes > MOST_BYTES) {
      this.startOver('as many bytes as are allowed');
      return;
    }
    s.refused += refused.length;
    for (const i of refused) this.tell({ kind: 'refused', why: 'its first instruction is never compiled', ...placeOf(hot[i]) });
    if (regions.length === 0) return;
    const { runs } = this.host;
    if (this.nextElement + regions.length > table.length) table.grow(Math.max(ELEMENTS, regions.length));
    new WebAssembly.Instance(compile(), { env: { memory: this.host.memory, table, help: this.host.help } });
    for (const [i, region] of regions.entries()) {
      const { page, mode, head, entry, counters } = hot[region.wanted];
      // What has changed meanwhile keeps its place in the table, where nobody enters it.
      if (runs.find(page, entry, mode) !== head || !isUnchanged(region)) continue;
      for (const b of region.blocks) runs.watchRegion(b.page, b.from, b.to);
      region.entries.forEach((offset, n) => {
        if (offset < 0 || offset >= PAGE) return;
        const run = runs.find(page, offset, mode);
        if (run) runs.setCompiled(run, this.nextElement + i, n);
      });
      if (!this.host.atOnce) for (const b of region.blocks) runs.delay(runs.find(b.page, b.from, mode));
      s.regions++;
      s.instructions += region.instructions;
      this.inPage.set(page, (this.inPage.get(page) ?? 0) + 1);
      if (counters) this.trace(hot[region.wanted], region);
    }
    this.nextElement += regions.length;
    s.modules++;
    s.bytes += bytes;
    held.modules++;
    held.bytes += bytes;
  }
  /** Finds code around the page of a hot run, unless something else is mapped there now. */
  private neighbour(hot: Hot): Neighbour {
    const { view, runs } = this.host;
    const { mode, rip, entry } = hot;
    const first = rip - BigInt(entry);
    const wide = mode.code === 64 ? 64 : 32;
    if (!hasNeighbours(this.host, hot)) return () => undefined;
    return (offset) => {
      const found = this.host.lookupJump(mode.kind, BigInt.asUintN(wide, first + BigInt(offset)));
      if (found === 0 || !runs.isHead(found)) return undefined;
      const page = view.getUint32(found + HEAD.page, true);
      return { page, bytes: this.host.placeOfPage(page) };
    };
  }

  private stillThere(hot: readonly Hot[]): Hot[] {
    return hot.filter((h) => this.host.runs.find(h.page, h.entry, h.mode) === h.head);
  }
  /** Takes in what has come back from the workshop. */
  private takeProduct(): void {
    const done = this.orders?.take();
    if (!done) return;
    const start = performance.now();
    const { hot, product } = done;
    const before = this.statistics.regions;
    if (product) this.install(hot, product, product.bytes, () => product.module, done.isUnchanged);
    else this.compileHere(this.stillThere(hot));
    if (product) this.statistics.elsewhere += this.statistics.regions - before;
    this.statistics.milliseconds += performance.now() - start;
  }
  private trace(hot: Hot, { blocks, instructions, entries, size }: BuiltRegion): void {
    const region: RegionTrace = {
      number: ++this.regionsTraced,
      processor: this.host.index,
      ...placeOf(hot),
      why: this.host.atOnce ? 'entered' : 'entered often',
      blocks: blocks.length,
      instructions,
      entries: entries.length,
      bytes: size,
      entered: 0,
      left: {},
    };
    const { page, counters } = hot;
    const list = this.traced.get(page) ?? [];
    list.push({ region, counters });
    this.traced.set(page, list);
    this.tell({ kind: 'compiled', region });
  }
}

function placeOf({ page, mode, entry, rip, flat }: Hot): Pick<RegionTrace, 'physical' | 'rip' | 'mode'> {
  const segments = mode.code === 64 ? '' : flat ? ', flat' : ', segmented';
  return { physical: page * PAGE + entry, rip, mode: `${mode.code}-bit ${ACCESS_KINDS[mode.kind]}${segments}` };
}
