// SPDX-License-Identifier: MIT
/**
 * @fileoverview Arithmetic by host numbers, for ordinary operands while rounding to nearest: the result and whether it is exact.
 *
 * ECMAScript's add, multiply, divide and Math.sqrt on numbers are IEEE 754 binary64 to nearest (Math.sqrt in every engine, and
 * IEEE asks for it). The rounding error is found by the error-free transformations of Knuth (sum) and Dekker (product). binary32 results
 * are binary64 results rounded once more, which is innocuous because 53 >= 2 * 24 + 2 (Figueroa). Where overflow or underflow is
 * near, and for everything that is no plain number, the answer is `undefined`, and the bit-pattern code decides.
 */

const LARGE = 2 ** 400;
const SMALL = 2 ** -400;
/** 2^27 + 1 splits a significand into two halves of 26 bits. */
const SPLITTER = 134217729;
const moderate = (x: number): boolean => {
  const magnitude = Math.abs(x);
  return magnitude < LARGE && magnitude > SMALL;
};

/** Of moderate numbers: whether a * b is exactly p, given that p is a * b rounded. */
function isExactProduct(a: number, b: number, p: number): boolean {
  const ta = SPLITTER * a;
  const aHigh = ta - (ta - a);
  const aLow = a - aHigh;
  const tb = SPLITTER * b;
  const bHigh = tb - (tb - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - p + aHigh * bLow + aLow * bHigh + aLow * bLow === 0;
}
function isExactSum(a: number, b: number, s: number): boolean {
  const bPart = s - a;
  return a - (s - bPart) + (b - bPart) === 0;
}

/** What the functions below found out. */
export const outcome = { exact: false };
const isPlain = (x: number): boolean => x === 0 || moderate(x);
function exactly(x: number): number {
  outcome.exact = true;
  return x;
}

export type QuickBinary = (a: number, b: number) => number | undefined;
export function quickAdd(a: number, b: number): number | undefined {
  if (!isPlain(a) || !isPlain(b)) return undefined;
  const s = a + b;
  outcome.exact = isExactSum(a, b, s);
  return s;
}
export const quickSubtract: QuickBinary = (a, b) => quickAdd(a, -b);
export function quickMultiply(a: number, b: number): number | undefined {
  if (!moderate(a) || !moderate(b)) return (a === 0 && isPlain(b)) || (b === 0 && isPlain(a)) ? exactly(a * b) : undefined;
  const p = a * b;
  outcome.exact = isExactProduct(a, b, p);
  return p;
}
export function quickDivide(a: number, b: number): number | undefined {
  if (!moderate(a) || !moderate(b)) return a === 0 && moderate(b) ? exactly(a / b) : undefined;
  const q = a / b;
  const p = q * b;
  outcome.exact = p === a && isExactProduct(q, b, p);
  return q;
}
export function quickRoot(a: number): number | undefined {
  if (!(a > 0) || !moderate(a)) return undefined;
  const r = Math.sqrt(a);
  const p = r * r;
  outcome.exact = p === a && isExactProduct(r, r, p);
  return r;
}

const SMALLEST_SINGLE = 2 ** -126;
/** Of a binary32 operand. */
export const isDenormalSingle = (x: number): boolean => x !== 0 && Math.abs(x) < SMALLEST_SINGLE;
/** A result of the functions above as binary32, exact only if both steps are. */
export function toSingle(x: number | undefined): number | undefined {
  if (x === undefined) return undefined;
  const r = Math.fround(x);
  const magnitude = Math.abs(r);
  if (!(magnitude > SMALLEST_SINGLE && magnitude < Number.POSITIVE_INFINITY) && x !== 0) return undefined;
  outcome.exact &&= r === x;
  return r;
}
