// SPDX-License-Identifier: MIT
/**
 * @fileoverview Conversions between binary32, binary64 and signed integers, and rounding to an integral value, as SSE does them.
 *
 * Conversions to integers and ROUNDPS never report denormal operands. What does not fit an integer is the "integer indefinite",
 * the most negative one, with IE and without PE (SDM vol. 1, 4.8.2 and 11.5.2.1).
 */
import {
  bitLength,
  DE,
  exponent,
  F32,
  F64,
  type Format,
  flushed,
  IE,
  isDenormal,
  isInfinite,
  isNan,
  isNegative,
  isSignalling,
  isZero,
  PE,
  roundPack,
  roundShift,
  type Status,
  significand,
  signOf,
} from './format.ts';

/** A signed integer as the nearest number. */
export function fromInteger(f: Format, s: Status, n: bigint): bigint {
  if (n === 0n) return 0n;
  return roundPack(f, s, n < 0n, n < 0n ? -n : n, 0);
}

/** A number as an integer of `size` bits, two's complement, rounded in direction `rounding`. */
export function toInteger(f: Format, s: Status, x: bigint, size: 32 | 64, rounding: number): bigint {
  const a = flushed(f, s, x);
  const indefinite = 1n << BigInt(size - 1);
  if (isZero(f, a)) return 0n;
  // Numbers of 2^64 and more need no computation.
  if (isNan(f, a) || isInfinite(f, a) || exponent(f, a) > 64) {
    s.flags |= IE;
    return indefinite;
  }
  const negative = isNegative(f, a);
  const n = significand(f, a);
  const magnitude = roundShift(n, -exponent(f, a), rounding, negative);
  if (magnitude > indefinite - (negative ? 0n : 1n)) {
    s.flags |= IE;
    return indefinite;
  }
  if (!isIntegral(n, exponent(f, a))) s.flags |= PE;
  return BigInt.asUintN(size, negative ? -magnitude : magnitude);
}
const isIntegral = (n: bigint, e: number): boolean => e >= 0 || (n & ((1n << BigInt(-e)) - 1n)) === 0n;

/** A NaN keeps its sign and as much of its payload as fits. */
function convertNaN(from: Format, to: Format, s: Status, x: bigint): bigint {
  if (isSignalling(from, x)) s.flags |= IE;
  const shift = BigInt(Math.abs(to.precision - from.precision));
  const payload = x & from.fraction;
  const moved = to.precision > from.precision ? payload << shift : payload >> shift;
  return (signOf(from, x) ? to.sign : 0n) | to.infinity | to.quiet | moved;
}
function convert(from: Format, to: Format, s: Status, x: bigint): bigint {
  const a = flushed(from, s, x);
  if (isNan(from, a)) return convertNaN(from, to, s, a);
  const sign = signOf(from, a) ? to.sign : 0n;
  if (isZero(from, a)) return sign;
  if (isInfinite(from, a)) return sign | to.infinity;
  if (isDenormal(from, a)) s.flags |= DE;
  return roundPack(to, s, sign !== 0n, significand(from, a), exponent(from, a));
}
export const widen = (s: Status, x: bigint): bigint => convert(F32, F64, s, x);
export const narrow = (s: Status, x: bigint): bigint => convert(F64, F32, s, x);

/** The integral number next to x in direction `rounding`; PE unless `exactOnly` suppresses it. */
export function toIntegral(f: Format, s: Status, x: bigint, rounding: number, suppressInexact: boolean): bigint {
  const a = flushed(f, s, x);
  if (isNan(f, a)) {
    if (isSignalling(f, a)) s.flags |= IE;
    return a | f.quiet;
  }
  if (isZero(f, a) || isInfinite(f, a)) return a;
  const n = significand(f, a);
  const e = exponent(f, a);
  if (isIntegral(n, e)) return a;
  if (!suppressInexact) s.flags |= PE;
  const rounded = roundShift(n, -e, rounding, isNegative(f, a));
  const sign = signOf(f, a);
  if (rounded === 0n) return sign;
  // An integer below 2^precision: packing it is exact.
  const length = bitLength(rounded);
  const stored = f.precision - 1;
  return sign | ((BigInt(length - 1 + f.bias - 1) << BigInt(stored)) + (rounded << BigInt(stored - (length - 1))));
}
