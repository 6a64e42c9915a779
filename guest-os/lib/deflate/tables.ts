// SPDX-License-Identifier: MIT
/**
 * @fileoverview What both directions of deflate share: the alphabets of RFC 1951, section 3.2.5, and errors.
 *
 * A length symbol 257 + n stands for `lengthBase(n)` plus `lengthExtra(n)` bits, a distance symbol n likewise.
 */
/** The data are not deflate's. */
export const BAD_DATA: i32 = -1;
/** The input ended before the data did. */
export const CUT: i32 = -2;
/** There is no room for the output. */
export const NO_ROOM: i32 = -3;

export const WINDOW: i32 = 32768;
export const MIN_MATCH: i32 = 3;
export const MAX_MATCH: i32 = 258;
export const LITERALS: i32 = 286;
export const DISTANCES: i32 = 30;
export const CODE_LENGTHS: i32 = 19;
export const END_OF_BLOCK: i32 = 256;
export const MAX_BITS: i32 = 15;

const bases: StaticArray<u16> = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const extras: StaticArray<u8> = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const order: StaticArray<u8> = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// @ts-ignore: decorator
@inline export function lengthBase(index: i32): i32 {
  return unchecked(bases[index]);
}
// @ts-ignore: decorator
@inline export function lengthExtra(index: i32): i32 {
  return unchecked(extras[index]);
}
// @ts-ignore: decorator
@inline export function distanceExtra(symbol: i32): i32 {
  return symbol < 4 ? 0 : (symbol >> 1) - 1;
}
// @ts-ignore: decorator
@inline export function distanceBase(symbol: i32): i32 {
  return symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << ((symbol >> 1) - 1)) + 1;
}
/** In which order the lengths of the code for code lengths come. */
// @ts-ignore: decorator
@inline export function codeLengthOrder(index: i32): i32 {
  return unchecked(order[index]);
}

/** Lengths of the fixed code for literals and lengths, all 288 of them (3.2.6). */
// @ts-ignore: decorator
@inline export function fixedLength(symbol: i32): u8 {
  return <u8>(symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
}

/** The lowest `count` bits the other way round: codes go out from their highest bit. */
export function reverseBits(value: u32, count: i32): u32 {
  let result: u32 = 0;
  for (let i = 0; i < count; i++) {
    result = (result << 1) | (value & 1);
    value >>= 1;
  }
  return result;
}
