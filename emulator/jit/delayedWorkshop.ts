// SPDX-License-Identifier: MIT
/** @fileoverview A workshop for tests, which compiles what it has been given when it is told to: meanwhile the machine goes on and may change it. */
import type { Tables } from '../decode/tables.ts';
import { fulfil, type Order, type Product, type Workshop } from './order.ts';

export class DelayedWorkshop implements Workshop {
  readonly ready = true;
  private readonly tables: Tables;
  private readonly keys: readonly string[];
  private readonly waiting: { order: Order; done: (product: Product | undefined) => void }[] = [];
  /** Orders that have been fulfilled, and given back. */
  fulfilled = 0;
  failed = 0;

  constructor(tables: Tables, keys: readonly string[]) {
    this.tables = tables;
    this.keys = keys;
  }
  submit(order: Order, done: (product: Product | undefined) => void): void {
    this.waiting.push({ order, done });
  }
  /** Delivers what waits, or says that it was not to be had. */
  deliver(possible = true): void {
    for (const { order, done } of this.waiting.splice(0)) {
      const product = possible ? fulfil(order, this.tables, this.keys) : undefined;
      if (product) this.fulfilled++;
      else this.failed++;
      done(product);
    }
  }
}
