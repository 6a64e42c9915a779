// SPDX-License-Identifier: MIT
/**
 * @fileoverview Compiling elsewhere. An order says everything that the compiler asks about some hot runs, as data that can be sent to another
 * thread: the pages around them as they are now, and how often their runs have been entered. What comes back is installed by the
 * processor (`tier.ts`) if the code is still what it was. The guest cannot tell, since it cannot tell which engine runs its code.
 */
import type { Tables } from '../decode/tables.ts';
import { NoRoom, OrderedCode } from './orderedCode.ts';
import { RegionCode } from './pages.ts';
import { type Built, buildRegions, type HotRun, type RegionHost } from './regionModule.ts';

export interface OrderedPage {
  /** Physical page number. */
  page: number;
  bytes: Uint8Array;
  /** By mode, its runs: `RunCache.headsOf`. */
  heads: { mode: number; list: number[] }[];
}
export interface OrderedRun extends HotRun {
  /** Often entered code within reach of its page: offset from that, and physical page. */
  near: { offset: number; page: number }[];
}
export interface Order {
  /** Of the processor: which instructions it has. */
  model: string;
  host: RegionHost;
  hotAfter: number;
  runs: OrderedRun[];
  pages: OrderedPage[];
  /** First element of the table for its regions. */
  tableAt: number;
  /** Room in the pool for what is written beside them. */
  spare: { from: number; bytes: number };
}
export interface Product extends Built {
  module: WebAssembly.Module;
  /** Of wasm. */
  bytes: number;
  /** For the room in the pool. */
  written: Uint8Array;
}
/** Compiles on another thread, for all machines of a host. */
export interface Workshop {
  /** Whether it takes orders already; asked for the first time, it gets ready. Meanwhile who asks had better compile for himself. */
  readonly ready: boolean;
  /** `done` is called later, between the machine's slices; with undefined if nothing can be expected any more. */
  submit(order: Order, done: (product: Product | undefined) => void): void;
}

/** Undefined where the room in the pool was not enough. */
export function fulfil(order: Order, tables: Tables, keys: readonly string[]): Product | undefined {
  const code = new OrderedCode(order, tables, keys);
  const wanted = order.runs.map((run) => {
    const near = new Map(run.near.map(({ offset, page }) => [offset, page]));
    const neighbour = (offset: number): { page: number; bytes: number } | undefined => {
      const page = near.get(offset);
      const bytes = page === undefined ? undefined : code.placeOf(page);
      return page === undefined || bytes === undefined ? undefined : { page, bytes };
    };
    const first = { page: run.page, bytes: code.placeOf(run.page)! };
    return { ...run, code: new RegionCode(code, run.mode, first, neighbour) };
  });
  try {
    const { wasm, regions, refused } = buildRegions(order.host, wanted, order.tableAt);
    return { module: new WebAssembly.Module(wasm), bytes: wasm.length, regions, refused, written: code.written };
  } catch (e) {
    if (e instanceof NoRoom) return undefined;
    throw e;
  }
}
