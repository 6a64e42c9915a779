// SPDX-License-Identifier: MIT
/** @fileoverview Comparison and classification of 80-bit numbers (SDM vol. 1, 8.3.6; FCOM, FUCOM, FXAM in vol. 2). */
import {
  type Environment,
  EXPONENT,
  type Float80,
  FSW,
  isAnyNaN,
  isDenormal,
  isSignaling,
  isSpecialNaN,
  isUnsupported,
  isZero,
  SIGN,
} from './float80.ts';

/** -1, 0, 1, or 2 for unordered. `quiet`: only signaling NaNs and unsupported encodings are invalid. */
export function compare(a: Float80, b: Float80, env: Environment, quiet: boolean): number {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    if (!quiet || isSignaling(a) || isSignaling(b) || isUnsupported(a) || isUnsupported(b)) env.flags |= FSW.IE;
    return 2;
  }
  if (isDenormal(a) || isDenormal(b)) env.flags |= FSW.DE;
  if (isZero(a) && isZero(b)) return 0;
  if ((a.se ^ b.se) & SIGN) return a.se & SIGN ? -1 : 1;
  const order = compareMagnitudes(a, b);
  return a.se & SIGN ? -order : order;
}
/** A pseudo-denormal has the value, not the encoding, of exponent 1. */
function compareMagnitudes(a: Float80, b: Float80): number {
  const exponentA = Math.max(a.se & EXPONENT, 1);
  const exponentB = Math.max(b.se & EXPONENT, 1);
  if (exponentA !== exponentB) return compareExponents(a, b, exponentA, exponentB);
  if (a.hi !== b.hi) return a.hi < b.hi ? -1 : 1;
  if (a.lo !== b.lo) return a.lo < b.lo ? -1 : 1;
  return 0;
}
function compareExponents(a: Float80, b: Float80, exponentA: number, exponentB: number): number {
  if (isZero(a)) return -1;
  if (isZero(b)) return 1;
  return exponentA < exponentB ? -1 : 1;
}

/** Condition bits of the status word for a result of `compare`. */
export const COMPARED: Readonly<Record<number, number>> = { [-1]: FSW.C0, 0: FSW.C3, 1: 0, 2: FSW.C0 | FSW.C2 | FSW.C3 };

/** FXAM's class without the sign. */
export function classify(a: Float80, empty: boolean): number {
  if (empty) return FSW.C3 | FSW.C0;
  if (isUnsupported(a)) return 0;
  if (isAnyNaN(a)) return FSW.C0;
  if ((a.se & EXPONENT) === EXPONENT) return FSW.C2 | FSW.C0;
  if (isZero(a)) return FSW.C3;
  return isDenormal(a) ? FSW.C3 | FSW.C2 : FSW.C2;
}
