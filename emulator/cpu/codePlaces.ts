// SPDX-License-Identifier: MIT
/**
 * @fileoverview Translations that one processor's code was fetched through, until the next flush: its instruction TLB. It never evicts, so that what is
 * in it does not depend on how often an engine asks.
 */

export interface CodePlace {
  /** Place of the page in linear memory, -1 outside RAM. */
  place: number;
  global: boolean;
  /** Of the page that it is part of, in bytes. */
  size: number;
}
/** With `place` in RAM, for snapshots. */
export interface CodeTranslation extends CodePlace {
  kind: number;
  high: number;
  low: number;
}

const KEYS_PER_4G = 0x100000 * 4;
/** Linear page and access kind in one number. */
const keyOf = (high: number, low: number, kind: number): number => (high >>> 0) * KEYS_PER_4G + (low >>> 12) * 4 + kind;

export class CodePlaces {
  private readonly local = new Map<number, CodePlace>();
  private readonly global = new Map<number, CodePlace>();

  find(kind: number, high: number, low: number): CodePlace | undefined {
    const key = keyOf(high, low, kind);
    return this.local.get(key) ?? this.global.get(key);
  }
  remember(kind: number, high: number, low: number, code: CodePlace): void {
    (code.global ? this.global : this.local).set(keyOf(high, low, kind), code);
  }
  flush(keepGlobal: boolean): void {
    // To clear a map costs even if there is nothing in it.
    if (this.local.size > 0) this.local.clear();
    if (!keepGlobal) this.global.clear();
  }
  /** Whether code was fetched from the page that holds an address. */
  holds(high: number, low: number): boolean {
    for (const places of [this.local, this.global]) {
      for (const [key, { size }] of places) {
        if (Math.floor(key / KEYS_PER_4G) !== high >>> 0) continue;
        if ((((key >>> 2) << 12) ^ low) >>> 0 < size) return true;
      }
    }
    return false;
  }
  all(): CodeTranslation[] {
    return [...this.local, ...this.global].map(([key, code]) => {
      const high = Math.floor(key / KEYS_PER_4G);
      const rest = key - high * KEYS_PER_4G;
      return { kind: rest & 3, high: high | 0, low: (rest >>> 2) << 12, ...code };
    });
  }
}
