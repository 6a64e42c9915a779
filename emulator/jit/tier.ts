// SPDX-License-Identifier: MIT
/**
 * @fileoverview The compiled tier of one processor: takes runs that have become hot, compiles regions in batches, and forgets them when their
 * code changes.
 *
 * A run is hot when its head has counted down (EXIT.hot). Compiled, its head enters the region's function through the interpreter's table.
 * Nothing but heads leads into compiled code, so to forget a region is to make its heads interpret again; their records vanish with the
 * page's runs anyway.
 */
import type { RunCache, RunMode } from '../interp/runs.ts';
import { ACCESS_KIND, HEAD, ODD_SEGMENTS, RECORD, RECORD_SIZE, SLOT } from '../ir/state.ts';
import { MAXIMUM_REGION } from './discover.ts';
import { type Neighbour, PAGE, RegionCode } from './pages.ts';
import type { Region } from './region.ts';
import { ENTRY_TABLE } from './region.ts';
import { buildRegions, type RegionHost, type Wanted } from './regionModule.ts';
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
  /** What compiled code calls: `Processor.help`. */
  readonly help: (helper: number, record: number, budget: number) => number;
}
/** Regions of one module. */
const BATCH = 16;
/** Instructions that a batch waits for more. */
const PATIENCE = 1_000_000;
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

  constructor(host: TierHost, table: WebAssembly.Table) {
    this.host = host;
    this.table = table;
    this.nextElement = table.length;
    const { headHandler, compiledHandler } = host.runs;
    this.regionHost = { base: host.base, headHandler, compiledHandler, onlyEntries: host.atOnce };
  }

  /** The head of a run that has become hot, when so many instructions had retired. */
  hot(head: number, retired: number): void {
    if (this.waiting.length === 0) this.waitingSince = retired;
    const { view, base } = this.host;
    const flat = (view.getUint32(base + SLOT.ODD, true) & ODD_SEGMENTS) === 0;
    this.waiting.push({ head, flat, rip: view.getBigUint64(base + SLOT.RIP, true) });
    if (this.waiting.length >= BATCH || this.host.atOnce) this.compile();
  }
  /** To be called now and then: compiles a batch that does not get full. */
  tick(retired: number): void {
    if (this.waiting.length > 0 && retired - this.waitingSince > PATIENCE) this.compile();
  }
  /** The record pool has been cleared. */
  cleared(): void {
    this.waiting = [];
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
  private compile(): void {
    const { held } = this;
    if (held.modules >= MOST_MODULES) {
      this.startOver('as many modules as are allowed');
      return;
    }
    if (!this.host.runs.hasRoom(BATCH * (MAXIMUM_REGION + ENTRY_TABLE / RECORD_SIZE))) {
      this.host.runs.clear();
      return;
    }
    const start = performance.now();
    const { view, runs } = this.host;
    const wanted: Wanted[] = [];
    for (const { head, flat, rip } of this.waiting) {
      const page = view.getUint32(head + HEAD.page, true);
      const mode = this.host.modeNumber(view.getUint16(head + HEAD.mode, true));
      const entry = view.getUint16(head + RECORD.next, true);
      // The page may have changed meanwhile.
      if (runs.find(page, entry, mode) !== head || runs.isCompiled(head) || runs.isDelayed(head)) continue;
      wanted.push({
        code: new RegionCode(
          runs,
          mode,
          { page, bytes: this.host.placeOfPage(page) },
          this.neighbour(head, rip - BigInt(entry), mode, flat),
        ),
        entry,
        tlb: this.host.tlbBlock(mode.kind),
        flat: flat && mode.code !== 64,
        counters: this.onEvent ? runs.spare(RECORD_SIZE) : 0,
        rip,
      });
    }
    this.waiting = [];
    const { table } = this;
    const { wasm, regions, refused } = buildRegions(this.regionHost, wanted, this.nextElement);
    if (held.bytes + wasm.length > MOST_BYTES) {
      this.startOver('as many bytes as are allowed');
      return;
    }
    const s = this.statistics;
    s.refused += refused.length;
    for (const w of refused) this.tell({ kind: 'refused', why: 'its first instruction is never compiled', ...placeOf(w) });
    if (regions.length === 0) return;
    if (this.nextElement + regions.length > table.length) table.grow(Math.max(ELEMENTS, regions.length));
    const module = new WebAssembly.Module(wasm);
    new WebAssembly.Instance(module, { env: { memory: this.host.memory, table, help: this.host.help } });
    for (const region of regions) {
      const { page, mode } = region.wanted.code;
      region.entries.forEach((offset, i) => {
        if (offset < 0 || offset >= PAGE) return;
        const head = runs.find(page, offset, mode);
        if (head) runs.setCompiled(head, this.nextElement, i);
      });
      if (!this.host.atOnce) for (const { offset } of region.blocks) runs.delay(region.wanted.code.runAt(offset));
      this.nextElement++;
      s.regions++;
      s.instructions += region.instructions;
      this.inPage.set(page, (this.inPage.get(page) ?? 0) + 1);
      if (region.wanted.counters) this.trace(region);
    }
    s.modules++;
    s.bytes += wasm.length;
    held.modules++;
    held.bytes += wasm.length;
    s.milliseconds += performance.now() - start;
  }
  /**
   * Finds code around a page that had RIP `first` while a head in it became hot, unless something else is mapped there now, or 16-bit branches or
   * segments ask for more than pages. Kernels do not earn it: half of what they make hot they run once, while they boot.
   */
  private neighbour(head: number, first: bigint, mode: RunMode, flat: boolean): Neighbour {
    const { view, runs, atOnce } = this.host;
    const wide = mode.code === 64 ? 64 : 32;
    const at = (offset: number): number => this.host.lookupJump(mode.kind, BigInt.asUintN(wide, first + BigInt(offset)));
    const possible = mode.code === 64 || (mode.code === 32 && flat);
    const worthIt = atOnce || mode.kind === ACCESS_KIND.user;
    if (!possible || !worthIt || at(view.getUint16(head + RECORD.next, true)) !== head) return () => undefined;
    return (offset) => {
      const found = at(offset);
      if (found === 0 || !runs.isHead(found)) return undefined;
      const page = view.getUint32(found + HEAD.page, true);
      return { page, bytes: this.host.placeOfPage(page) };
    };
  }
  private trace({ wanted, blocks, instructions, entries, function: { code } }: Region & { wanted: Wanted }): void {
    const region: RegionTrace = {
      number: ++this.regionsTraced,
      processor: this.host.index,
      ...placeOf(wanted),
      why: this.host.atOnce ? 'entered' : 'entered often',
      blocks: blocks.length,
      instructions,
      entries: entries.length,
      bytes: code.length,
      entered: 0,
      left: {},
    };
    const { page } = wanted.code;
    const list = this.traced.get(page) ?? [];
    list.push({ region, counters: wanted.counters });
    this.traced.set(page, list);
    this.tell({ kind: 'compiled', region });
  }
}

function placeOf({ code: { page, mode }, entry, rip, flat }: Wanted): Pick<RegionTrace, 'physical' | 'rip' | 'mode'> {
  const segments = mode.code === 64 ? '' : flat ? ', flat' : ', segmented';
  return { physical: page * PAGE + entry, rip, mode: `${mode.code}-bit ${ACCESS_KINDS[mode.kind]}${segments}` };
}
