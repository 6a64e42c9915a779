// SPDX-License-Identifier: MIT
/**
 * @fileoverview SSE's arithmetic on bit patterns: add, subtract, multiply, divide, square root, minimum, maximum, comparison.
 *
 * Order of the tests (SDM vol. 1, 11.5.2): NaN operands, other invalid operations, division by zero, denormal operands, then the
 * computation. MIN and MAX are not IEEE's: whenever the comparison cannot choose, the second operand is the result as it is.
 */
import {
  bitLength,
  DE,
  DOWN,
  exponent,
  type Format,
  flushed,
  IE,
  invalid,
  isDenormal,
  isInfinite,
  isNan,
  isNegative,
  isSignalling,
  isZero,
  propagate,
  roundPack,
  type Status,
  significand,
  signOf,
  ZE,
} from './format.ts';

export type BinaryOperation = (f: Format, s: Status, a: bigint, b: bigint) => bigint;
export type UnaryOperation = (f: Format, s: Status, a: bigint) => bigint;

function noteDenormals(f: Format, s: Status, ...operands: readonly bigint[]): void {
  for (const x of operands) if (isDenormal(f, x)) s.flags |= DE;
}

export const add: BinaryOperation = (f, s, x, y) => {
  const a = flushed(f, s, x);
  const b = flushed(f, s, y);
  if (isNan(f, a) || isNan(f, b)) return propagate(f, s, a, b);
  if (isInfinite(f, a) && isInfinite(f, b) && a !== b) return invalid(f, s);
  noteDenormals(f, s, a, b);
  if (isInfinite(f, a)) return a;
  if (isInfinite(f, b)) return b;
  if (isZero(f, a) && isZero(f, b)) return a === b ? a : exactZero(f, s);
  if (isZero(f, b) && !isDenormal(f, a)) return a;
  if (isZero(f, a) && !isDenormal(f, b)) return b;
  const low = Math.min(exponent(f, a), exponent(f, b));
  const sum = aligned(f, a, low) + aligned(f, b, low);
  if (sum === 0n) return exactZero(f, s);
  return roundPack(f, s, sum < 0n, sum < 0n ? -sum : sum, low);
};
const aligned = (f: Format, x: bigint, low: number): bigint => {
  const n = significand(f, x) << BigInt(exponent(f, x) - low);
  return isNegative(f, x) ? -n : n;
};
/** A sum of opposite numbers. */
const exactZero = (f: Format, s: Status): bigint => (s.rounding === DOWN ? f.sign : 0n);

export const subtract: BinaryOperation = (f, s, a, b) => (isNan(f, b) ? add(f, s, a, b) : add(f, s, a, b ^ f.sign));

export const multiply: BinaryOperation = (f, s, x, y) => {
  const a = flushed(f, s, x);
  const b = flushed(f, s, y);
  if (isNan(f, a) || isNan(f, b)) return propagate(f, s, a, b);
  if ((isInfinite(f, a) && isZero(f, b)) || (isZero(f, a) && isInfinite(f, b))) return invalid(f, s);
  noteDenormals(f, s, a, b);
  const sign = signOf(f, a ^ b);
  if (isInfinite(f, a) || isInfinite(f, b)) return sign | f.infinity;
  if (isZero(f, a) || isZero(f, b)) return sign;
  return roundPack(f, s, sign !== 0n, significand(f, a) * significand(f, b), exponent(f, a) + exponent(f, b));
};

export const divide: BinaryOperation = (f, s, x, y) => {
  const a = flushed(f, s, x);
  const b = flushed(f, s, y);
  if (isNan(f, a) || isNan(f, b)) return propagate(f, s, a, b);
  if ((isInfinite(f, a) && isInfinite(f, b)) || (isZero(f, a) && isZero(f, b))) return invalid(f, s);
  const sign = signOf(f, a ^ b);
  if (isZero(f, b) && !isInfinite(f, a)) {
    s.flags |= ZE;
    return sign | f.infinity;
  }
  noteDenormals(f, s, a, b);
  if (isInfinite(f, a)) return sign | f.infinity;
  if (isZero(f, a) || isInfinite(f, b)) return sign;
  const n = significand(f, a);
  const d = significand(f, b);
  const extra = f.precision + 3 + Math.max(0, bitLength(d) - bitLength(n));
  const quotient = (n << BigInt(extra)) / d;
  const sticky = quotient * d === n << BigInt(extra) ? 0n : 1n;
  return roundPack(f, s, sign !== 0n, (quotient << 1n) | sticky, exponent(f, a) - exponent(f, b) - extra - 1);
};

export const squareRoot: UnaryOperation = (f, s, x) => {
  const a = flushed(f, s, x);
  if (isNan(f, a)) return propagate(f, s, a, a);
  if (isZero(f, a)) return a;
  if (isNegative(f, a)) return invalid(f, s);
  noteDenormals(f, s, a);
  if (isInfinite(f, a)) return a;
  let n = significand(f, a);
  let e = exponent(f, a);
  // Twice the precision and some more, and an even exponent.
  let extra = 2 * f.precision + 6 - bitLength(n);
  if ((e - extra) & 1) extra++;
  n <<= BigInt(extra);
  e -= extra;
  const root = integerRoot(n);
  const sticky = root * root === n ? 0n : 1n;
  return roundPack(f, s, false, (root << 1n) | sticky, e / 2 - 1);
};
/** Largest integer whose square is at most n. */
export function integerRoot(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

const extremum =
  (wanted: 'less' | 'greater'): BinaryOperation =>
  (f, s, x, y) => {
    const a = flushed(f, s, x);
    const b = flushed(f, s, y);
    if (isNan(f, a) || isNan(f, b)) {
      s.flags |= IE;
      return b;
    }
    noteDenormals(f, s, a, b);
    return order(f, a, b) === wanted ? a : b;
  };
export const minimum = extremum('less');
export const maximum = extremum('greater');

export type Relation = 'less' | 'equal' | 'greater' | 'unordered';
function order(f: Format, a: bigint, b: bigint): Relation {
  const x = ordinal(f, a);
  const y = ordinal(f, b);
  return x < y ? 'less' : x === y ? 'equal' : 'greater';
}
/** An integer in the same order; both zeros are 0. */
const ordinal = (f: Format, x: bigint): bigint => (isNegative(f, x) ? -(x & ~f.sign) : x);

/** `quiet` comparisons signal only for signalling NaNs. */
export function compare(f: Format, s: Status, x: bigint, y: bigint, quiet: boolean): Relation {
  const a = flushed(f, s, x);
  const b = flushed(f, s, y);
  if (isNan(f, a) || isNan(f, b)) {
    if (!quiet || isSignalling(f, a) || isSignalling(f, b)) s.flags |= IE;
    return 'unordered';
  }
  noteDenormals(f, s, a, b);
  return order(f, a, b);
}
/** CMPPS predicates 0 to 7: EQ LT LE UNORD, and their negations NEQ NLT NLE ORD. */
export function predicate(f: Format, s: Status, a: bigint, b: bigint, number: number): boolean {
  const kind = number & 3;
  const relation = compare(f, s, a, b, kind === 0 || kind === 3);
  const holds =
    kind === 0
      ? relation === 'equal'
      : kind === 1
        ? relation === 'less'
        : kind === 2
          ? relation === 'less' || relation === 'equal'
          : relation === 'unordered';
  return holds !== ((number & 4) !== 0);
}
