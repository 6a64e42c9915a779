// SPDX-License-Identifier: MIT
/**
 * @fileoverview Gives orders for the hot runs of one processor to a workshop (`order.ts`), one at a time, and takes back what was made of them: of
 * use if the pool has not been cleared since, and the code that it was made from is still the same.
 */
import type { RunMode } from '../interp/records.ts';
import { ACCESS_KIND, HEAD } from '../ir/state.ts';
import type { Order, OrderedPage, OrderedRun, Product, Workshop } from './order.ts';
import { FARTHEST, PAGE } from './pages.ts';
import type { BuiltRegion, HotRun, RegionHost } from './regionModule.ts';
import type { TierHost } from './tier.ts';

/** A hot run that is to be compiled: its head, and RIP there. */
export interface Hot extends HotRun {
  head: number;
  rip: bigint;
}
interface Given {
  hot: Hot[];
  order: Order;
  /** Nothing is left of what it was given for. */
  dropped: boolean;
  done: boolean;
  product: Product | undefined;
}
export interface Done {
  hot: Hot[];
  /** Undefined: it was not to be had there. */
  product: Product | undefined;
  /** Whether the code of a region is what it was. */
  isUnchanged(region: BuiltRegion): boolean;
}

/** Room in the pool that an order has for records and tables, in bytes; what it leaves is for the next one. */
const SPARE = 256 << 10;
const LEAST_SPARE = 64 << 10;
/** Pages that an order takes in besides those of its runs. */
const MOST_NEAR = 48;

/**
 * Whether a region may take in code around the page of a hot run: not if something else is mapped there now, or 16-bit branches or segments ask for
 * more than pages. Kernels do not earn it: half of what they make hot they run once, while they boot.
 */
export function hasNeighbours(host: TierHost, { head, rip, mode, flat }: Hot): boolean {
  const possible = mode.code === 64 || (mode.code === 32 && flat);
  const worthIt = host.atOnce || mode.kind === ACCESS_KIND.user;
  return possible && worthIt && host.lookupJump(mode.kind, rip) === head;
}

export class Orders {
  private readonly host: TierHost;
  private readonly regionHost: RegionHost;
  private readonly workshop: Workshop;
  private given: Given | undefined;
  private spare = { from: 0, bytes: 0 };

  constructor(host: TierHost, regionHost: RegionHost, workshop: Workshop) {
    this.host = host;
    this.regionHost = regionHost;
    this.workshop = workshop;
  }
  get ready(): boolean {
    return this.workshop.ready;
  }
  get outstanding(): boolean {
    return this.given !== undefined;
  }
  give(hot: Hot[], tableAt: number): void {
    if (this.spare.bytes < LEAST_SPARE) this.spare = { from: this.host.runs.spare(SPARE), bytes: SPARE };
    const { hotAfter } = this.host;
    const order: Order = {
      model: this.host.model,
      host: this.regionHost,
      hotAfter,
      ...this.describe(hot),
      tableAt,
      spare: this.spare,
    };
    const given: Given = { hot, order, dropped: false, done: false, product: undefined };
    this.given = given;
    this.workshop.submit(order, (product) => {
      given.done = true;
      given.product = product;
    });
  }
  /** What is done, once. */
  take(): Done | undefined {
    const { given } = this;
    if (!given?.done) return undefined;
    this.given = undefined;
    const { hot, order, product, dropped } = given;
    if (dropped) return undefined;
    if (product) {
      const { from, bytes } = order.spare;
      this.host.u8.set(product.written, from);
      this.spare = { from: from + product.written.length, bytes: bytes - product.written.length };
    }
    return { hot, product, isUnchanged: (region) => this.isUnchanged(order, region) };
  }
  /** Nobody waits any more for what is outstanding. Returns what it was given for, as far as there is anything left of that. */
  abandon(): readonly Hot[] {
    const { given } = this;
    const dropped = given?.dropped ?? true;
    this.drop();
    this.given = undefined;
    return dropped ? [] : given!.hot;
  }
  /** The pool has been cleared. */
  drop(): void {
    this.spare = { from: 0, bytes: 0 };
    if (this.given) this.given.dropped = true;
  }

  private describe(hot: readonly Hot[]): { runs: OrderedRun[]; pages: OrderedPage[] } {
    const { host } = this;
    const pages = new Map<number, OrderedPage>();
    const takeIn = (page: number, mode: RunMode): void => {
      let p = pages.get(page);
      if (!p) {
        const at = host.placeOfPage(page);
        p = { page, bytes: host.u8.slice(at, at + PAGE), heads: [] };
        pages.set(page, p);
      }
      if (!p.heads.some((h) => h.mode === mode.id)) p.heads.push({ mode: mode.id, list: host.runs.headsOf(page, mode) });
    };
    const runs = hot.map((h): OrderedRun => {
      const { page, entry, mode, tlb, flat, counters } = h;
      takeIn(page, mode);
      const near: OrderedRun['near'] = [];
      if (hasNeighbours(host, h)) {
        for (const { offset, head } of host.near(mode.kind, h.rip - BigInt(entry), FARTHEST)) {
          if (!host.runs.isOftenEntered(head)) continue;
          const other = host.view.getUint32(head + HEAD.page, true);
          if (!pages.has(other) && pages.size >= hot.length + MOST_NEAR) continue;
          takeIn(other, mode);
          near.push({ offset, page: other });
        }
      }
      return { page, entry, mode, tlb, flat, counters, near };
    });
    return { runs, pages: [...pages.values()] };
  }
  private isUnchanged({ pages }: Order, { blocks }: BuiltRegion): boolean {
    const { u8 } = this.host;
    return blocks.every(({ page, from, to }) => {
      const then = pages.find((p) => p.page === page)!.bytes;
      const at = this.host.placeOfPage(page);
      for (let i = from; i <= to; i++) if (u8[at + i] !== then[i]) return false;
      return true;
    });
  }
}
