// SPDX-License-Identifier: MIT
/**
 * @fileoverview Translations that one processor's code was fetched through, until the next flush: its instruction TLB. It never evicts, so that what is
 * in it does not depend on how often an engine asks.
 *
 * Keys are small integers: linear page and access kind in one number would need 54 bits, which a double does not have.
 */
import { LARGE, largePage } from '../mmu/tlb.ts';

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

const KINDS = 4;
const SMALL = 4096;
const keyOf = (low: number, kind: number): number => (low >>> 12) * KINDS + kind;

/** Local or global ones. */
class Places {
  /** By upper half of the address, then by number of the page in 4 GiB and access kind. */
  readonly halves = new Map<number, Map<number, CodePlace>>();
  private readonly large = new Set<number>();

  set(kind: number, high: number, low: number, code: CodePlace): void {
    let half = this.halves.get(high);
    if (!half) {
      half = new Map();
      this.halves.set(high, half);
    }
    half.set(keyOf(low, kind), code);
    if (code.size > SMALL) this.large.add(largePage(high, low, code.size));
  }
  clear(): void {
    // To clear a map costs even if there is nothing in it.
    if (this.halves.size > 0) this.halves.clear();
    if (this.large.size > 0) this.large.clear();
  }
  holds(high: number, low: number): boolean {
    const half = this.halves.get(high);
    if (!half) return false;
    for (let kind = 0; kind < KINDS; kind++) if (half.has(keyOf(low, kind))) return true;
    return this.large.size > 0 && LARGE.some((size) => this.large.has(largePage(high, low, size)));
  }
}

export class CodePlaces {
  private readonly local = new Places();
  private readonly global = new Places();

  find(kind: number, high: number, low: number): CodePlace | undefined {
    const key = keyOf(low, kind);
    return this.local.halves.get(high)?.get(key) ?? this.global.halves.get(high)?.get(key);
  }
  remember(kind: number, high: number, low: number, code: CodePlace): void {
    (code.global ? this.global : this.local).set(kind, high, low, code);
  }
  flush(keepGlobal: boolean): void {
    this.local.clear();
    if (!keepGlobal) this.global.clear();
  }
  /** Whether code was fetched from the page that holds an address. */
  holds(high: number, low: number): boolean {
    return this.local.holds(high, low) || this.global.holds(high, low);
  }
  all(): CodeTranslation[] {
    const list: CodeTranslation[] = [];
    for (const { halves } of [this.local, this.global]) {
      for (const [high, half] of halves) {
        for (const [key, code] of half) list.push({ kind: key % KINDS, high, low: (key >>> 2) << 12, ...code });
      }
    }
    return list;
  }
}
