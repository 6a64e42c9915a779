// SPDX-License-Identifier: MIT
/** @fileoverview A small seeded generator (xorshift128+, 53 bits used): the same seed makes the same programs everywhere. */
export class Random {
  private a: bigint;
  private b: bigint;

  constructor(seed: number) {
    this.a = (BigInt(seed) * 0x9e3779b97f4a7c15n + 0x1234567n) & MASK;
    this.b = (BigInt(seed) * 0xbf58476d1ce4e5b9n + 0x89abcdefn) & MASK;
    for (let i = 0; i < 8; i++) this.bits64();
  }

  bits64(): bigint {
    let x = this.a;
    const y = this.b;
    this.a = y;
    x ^= (x << 23n) & MASK;
    this.b = x ^ y ^ (x >> 17n) ^ (y >> 26n);
    return (this.b + y) & MASK;
  }

  /** 0 … n - 1 */
  below(n: number): number {
    return Number(this.bits64() >> 11n) % n;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
const MASK = (1n << 64n) - 1n;
