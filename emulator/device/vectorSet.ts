// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sets of interrupt vectors as IRR, ISR and TMR hold them: 256 bits in eight words (Intel SDM vol. 3, figure 11-20).
 */

export function setBit(words: number[], bit: number): void {
  words[bit >>> 5] |= 1 << (bit & 31);
}

export function clearBit(words: number[], bit: number): void {
  words[bit >>> 5] &= ~(1 << (bit & 31));
}

export function testBit(words: readonly number[], bit: number): boolean {
  return (words[bit >>> 5] & (1 << (bit & 31))) !== 0;
}

/** The highest vector in the set, or -1. */
export function highest(words: readonly number[]): number {
  for (let word = 7; word >= 0; word--) if (words[word] !== 0) return word * 32 + 31 - Math.clz32(words[word]);
  return -1;
}
