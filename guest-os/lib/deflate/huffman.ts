// SPDX-License-Identifier: MIT
/**
 * @fileoverview Codes for given frequencies: Huffman's lengths, held to a limit, and the canonical codes that follow (RFC 1951, 3.2.2).
 *
 * Symbols are sorted by frequency; merging the two lightest again and again then needs only two queues, the leaves and the nodes
 * made, which both grow in weight. Lengths beyond the limit are cut, and the code is made legal again by lengthening the
 * deepest codes that are shorter: a little longer than the best code of that limit, and rarely needed at all.
 */
import { MAX_BITS, reverseBits } from './tables';

const MOST: i32 = 288;

export class HuffmanCode {
  readonly lengths: StaticArray<u8> = new StaticArray<u8>(MOST);
  /** Bits reversed: ready to go out from the lowest. */
  readonly codes: StaticArray<u16> = new StaticArray<u16>(MOST);
  private readonly order: StaticArray<i32> = new StaticArray<i32>(MOST);
  private readonly weights: StaticArray<u32> = new StaticArray<u32>(2 * MOST);
  private readonly parents: StaticArray<i32> = new StaticArray<i32>(2 * MOST);
  private readonly counts: StaticArray<i32> = new StaticArray<i32>(MAX_BITS + 1);
  private readonly next: StaticArray<u32> = new StaticArray<u32>(MAX_BITS + 2);

  /** For the first `count` frequencies. Symbols that do not occur have no code; one alone has a code of one bit. */
  build(frequencies: StaticArray<u32>, count: i32, limit: i32): void {
    const lengths = this.lengths;
    const order = this.order;
    let used = 0;
    for (let i = 0; i < count; i++) {
      lengths[i] = 0;
      if (frequencies[i]) order[used++] = i;
    }
    if (used <= 2) {
      for (let i = 0; i < used; i++) lengths[order[i]] = 1;
    } else {
      this.sort(frequencies, used);
      this.measure(frequencies, used, limit);
    }
    this.assign(count);
  }

  /** Shell sort: lightest first, equal ones by symbol. */
  private sort(frequencies: StaticArray<u32>, used: i32): void {
    const order = this.order;
    for (let gap = 121; gap > 0; gap = (gap - 1) / 3) {
      for (let i = gap; i < used; i++) {
        const symbol = order[i];
        const weight = frequencies[symbol];
        let k = i;
        while (
          k >= gap &&
          (frequencies[order[k - gap]] > weight || (frequencies[order[k - gap]] == weight && order[k - gap] > symbol))
        ) {
          order[k] = order[k - gap];
          k -= gap;
        }
        order[k] = symbol;
      }
    }
  }

  private measure(frequencies: StaticArray<u32>, used: i32, limit: i32): void {
    const weights = this.weights;
    const parents = this.parents;
    const counts = this.counts;
    for (let i = 0; i < used; i++) weights[i] = frequencies[this.order[i]];
    let leaf = 0;
    let node = used;
    const root = 2 * used - 2;
    for (let made = used; made <= root; made++) {
      let weight: u32 = 0;
      for (let k = 0; k < 2; k++) {
        const least = leaf < used && (node == made || weights[leaf] <= weights[node]) ? leaf++ : node++;
        weight += weights[least];
        parents[least] = made;
      }
      weights[made] = weight;
    }
    // Depths from the root down; weights are done with and hold them now.
    for (let i = 0; i <= limit; i++) counts[i] = 0;
    weights[root] = 0;
    for (let i = root - 1; i >= 0; i--) {
      weights[i] = weights[parents[i]] + 1;
      if (i < used) counts[min<i32>(<i32>weights[i], limit)]++;
    }
    this.restrict(used, limit);
    // The lightest symbols get the longest codes.
    let at = 0;
    for (let length = limit; length > 0; length--)
      for (let i = counts[length]; i > 0; i--) this.lengths[this.order[at++]] = <u8>length;
  }

  /** Kraft's sum, in units of the longest code, must not exceed one. */
  private restrict(used: i32, limit: i32): void {
    const counts = this.counts;
    let sum: i64 = 0;
    for (let length = 1; length <= limit; length++) sum += (<i64>counts[length]) << (<i64>limit - <i64>length);
    for (let excess = sum - ((<i64>1) << (<i64>limit)); excess > 0; excess--) {
      let length = limit - 1;
      while (!counts[length]) length--;
      // One leaf becomes a node with itself and one of the longest below.
      counts[length]--;
      counts[length + 1] += 2;
      counts[limit]--;
    }
  }

  /** The codes of the first `count` {@link lengths}. */
  assign(count: i32): void {
    const next = this.next;
    for (let i = 0; i <= MAX_BITS + 1; i++) next[i] = 0;
    for (let i = 0; i < count; i++) if (this.lengths[i]) next[<i32>this.lengths[i] + 1]++;
    let code: u32 = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code = (code + next[length]) << 1;
      next[length] = code;
    }
    for (let i = 0; i < count; i++) {
      const length = <i32>this.lengths[i];
      this.codes[i] = length ? <u16>reverseBits(next[length]++, length) : 0;
    }
  }
}
