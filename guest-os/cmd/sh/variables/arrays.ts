// SPDX-License-Identifier: MIT
/**
 * @fileoverview bash's arrays: values by number (with gaps) or by text.
 *
 * Keys are texts in either case; those of an indexed array are kept in the order of their numbers, those of an associative one in the order in
 * which they came. (bash's own order of the latter is that of its hash table, and promised to nobody.)
 */
import { parseNumber } from '../../../lib/text';

export class ShellArray {
  private readonly order: string[] = [];
  private readonly values: Map<string, string> = new Map<string, string>();
  constructor(public readonly associative: bool) {}

  get length(): i32 {
    return this.order.length;
  }
  keys(): string[] {
    return this.order.slice(0);
  }
  all(): string[] {
    const list: string[] = [];
    for (let i = 0; i < this.order.length; i++) list.push(this.values.get(this.order[i]));
    return list;
  }
  has(key: string): bool {
    return this.values.has(key);
  }
  get(key: string): string {
    return this.values.has(key) ? this.values.get(key) : '';
  }
  set(key: string, value: string): void {
    if (!this.values.has(key)) this.insert(key);
    this.values.set(key, value);
  }
  delete(key: string): void {
    if (!this.values.has(key)) return;
    this.values.delete(key);
    this.order.splice(this.order.indexOf(key), 1);
  }
  clear(): void {
    this.values.clear();
    this.order.length = 0;
  }
  /** Behind the highest index. */
  get next(): i64 {
    return this.order.length ? parseNumber(this.order[this.order.length - 1]) + 1 : 0;
  }

  private insert(key: string): void {
    let at = this.order.length;
    if (!this.associative && at && parseNumber(key) < this.next) {
      const index = parseNumber(key);
      let low = 0;
      while (low < at) {
        const middle = (low + at) >> 1;
        if (parseNumber(this.order[middle]) < index) low = middle + 1;
        else at = middle;
      }
    }
    if (at == this.order.length) {
      this.order.push(key);
      return;
    }
    this.order.push('');
    for (let i = this.order.length - 1; i > at; i--) this.order[i] = this.order[i - 1];
    this.order[at] = key;
  }
}
