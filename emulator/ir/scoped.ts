// SPDX-License-Identifier: MIT
/** @fileoverview A map that forgets what one arm of a condition has put into it. */

export class Scoped<K, V> {
  private readonly known = new Map<K, V>();
  /** Keys in the order in which they came. */
  private readonly order: K[] = [];

  get(key: K): V | undefined {
    return this.known.get(key);
  }
  has(key: K): boolean {
    return this.known.has(key);
  }
  /** A key is set once. */
  set(key: K, value: V): void {
    this.known.set(key, value);
    this.order.push(key);
  }
  /** What there is now, for `forget`. */
  get mark(): number {
    return this.order.length;
  }
  /** Forgets everything that came behind a mark. */
  forget(mark: number): void {
    while (this.order.length > mark) this.known.delete(this.order.pop()!);
  }
}
