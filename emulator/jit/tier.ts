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
import { HEAD, ODD_SEGMENTS, RECORD, SLOT } from '../ir/state.ts';
import { MAXIMUM_REGION } from './discover.ts';
import { buildRegions, type RegionHost, type Wanted } from './regionModule.ts';

export interface TierHost {
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

export class CompiledTier {
  private readonly host: TierHost;
  private readonly regionHost: RegionHost;
  /** Hot heads that wait for a batch to be full. */
  private waiting: { head: number; flat: boolean }[] = [];
  private waitingSince = 0;
  private table: WebAssembly.Table;
  /** First unused element of the table. */
  private nextElement: number;
  /** Modules that share the table, and their bytes. */
  readonly held = { modules: 0, bytes: 0 };
  readonly statistics = { regions: 0, instructions: 0, modules: 0, bytes: 0, refused: 0, startedOver: 0, milliseconds: 0 };

  constructor(host: TierHost, table: WebAssembly.Table) {
    this.host = host;
    this.table = table;
    this.nextElement = table.length;
    const { headHandler, compiledHandler } = host.runs;
    this.regionHost = { base: host.base, headHandler, compiledHandler };
  }

  /** The head of a run that has become hot, when so many instructions had retired. */
  hot(head: number, retired: number): void {
    if (this.waiting.length === 0) this.waitingSince = retired;
    this.waiting.push({ head, flat: (this.host.view.getUint32(this.host.base + SLOT.ODD, true) & ODD_SEGMENTS) === 0 });
    if (this.waiting.length >= BATCH || this.host.atOnce) this.compile();
  }
  /** To be called now and then: compiles a batch that does not get full. */
  tick(retired: number): void {
    if (this.waiting.length > 0 && retired - this.waitingSince > PATIENCE) this.compile();
  }
  /** The record pool has been cleared. */
  cleared(): void {
    this.waiting = [];
  }

  private startOver(): void {
    this.statistics.startedOver++;
    this.table = this.host.startOver();
    this.nextElement = this.table.length;
    this.held.modules = 0;
    this.held.bytes = 0;
  }
  private compile(): void {
    const { held } = this;
    if (held.modules >= MOST_MODULES) {
      this.startOver();
      return;
    }
    if (!this.host.runs.hasRoom(BATCH * MAXIMUM_REGION)) {
      this.host.runs.clear();
      return;
    }
    const start = performance.now();
    const { view, runs } = this.host;
    const wanted: Wanted[] = [];
    for (const { head, flat } of this.waiting) {
      const page = view.getUint32(head + HEAD.page, true);
      const mode = this.host.modeNumber(view.getUint16(head + HEAD.mode, true));
      const entry = view.getUint16(head + RECORD.next, true);
      // The page may have changed meanwhile.
      if (runs.find(page, entry, mode) !== head || runs.isCompiled(head)) continue;
      wanted.push({
        code: { runs, page, bytes: this.host.placeOfPage(page), mode },
        entry,
        tlb: this.host.tlbBlock(mode.kind),
        flat: flat && mode.code !== 64,
      });
    }
    this.waiting = [];
    const { table } = this;
    const { wasm, regions, refused } = buildRegions(this.regionHost, wanted, this.nextElement);
    if (held.bytes + wasm.length > MOST_BYTES) {
      this.startOver();
      return;
    }
    const s = this.statistics;
    s.refused += refused.length;
    if (regions.length === 0) return;
    if (this.nextElement + regions.length > table.length) table.grow(Math.max(ELEMENTS, regions.length));
    const module = new WebAssembly.Module(wasm);
    new WebAssembly.Instance(module, { env: { memory: this.host.memory, table, help: this.host.help } });
    for (const region of regions) {
      const { page, mode } = region.wanted.code;
      region.entries.forEach((offset, i) => {
        const head = runs.find(page, offset, mode);
        if (head) runs.setCompiled(head, this.nextElement, i);
      });
      this.nextElement++;
      s.regions++;
      s.instructions += region.instructions;
    }
    s.modules++;
    s.bytes += wasm.length;
    held.modules++;
    held.bytes += wasm.length;
    s.milliseconds += performance.now() - start;
  }
}
