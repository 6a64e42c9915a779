// SPDX-License-Identifier: MIT
/**
 * @fileoverview The 80-bit extended format of the x87 unit, and rounding into it.
 *
 * A number is sign and exponent `se` (16 bits) and a 64-bit significand `hi:lo` of two unsigned 32-bit halves, whose top bit, the
 * integer bit, is explicit. Number pairs, not BigInt, because addition, multiplication, loads and stores run in loops.
 *
 * Every operation takes an `Environment`: rounding, precision and masks in, exception flags and C1 out. Operations write their
 * result into an object the caller owns, so that nothing is allocated per instruction.
 *
 * Classes that only this format has (SDM vol. 1, 8.2.2): unsupported encodings are those with exponent not 0 and integer bit 0
 * (unnormals, pseudo-infinities, pseudo-NaNs) and are invalid operands; pseudo-denormals (exponent 0, integer bit 1) count as
 * denormal but have the value of exponent 1.
 *
 * Specification: Intel SDM vol. 1, chapters 4.8, 4.9 and 8.5; AMD APM vol. 1, 6.
 */

/** Status word bits. The low six are also the mask bits of the control word. */
export const FSW = {
  IE: 0x01,
  DE: 0x02,
  ZE: 0x04,
  OE: 0x08,
  UE: 0x10,
  PE: 0x20,
  SF: 0x40,
  ES: 0x80,
  C0: 0x100,
  C1: 0x200,
  C2: 0x400,
  TOP: 0x3800,
  C3: 0x4000,
  B: 0x8000,
} as const;

export const ROUND = { nearest: 0, down: 1, up: 2, zero: 3 } as const;

export class Environment {
  rounding = 0;
  /** Significand bits that arithmetic rounds to: 24, 53 or 64. */
  precision = 64;
  /** Exceptions that are masked, as in the control word. */
  masked = 0x3f;
  /** Exceptions that the operation raised, and `FSW.C1` if it rounded away from zero. */
  flags = 0;
}

/** Bits of significand by the control word's precision field; the reserved value 1 means 64. */
const PRECISION = [24, 64, 53, 64];
export function setControl(env: Environment, fcw: number): void {
  env.rounding = (fcw >> 10) & 3;
  env.precision = PRECISION[(fcw >> 8) & 3];
  env.masked = fcw & 0x3f;
  env.flags = 0;
}

export class Float80 {
  se = 0;
  hi = 0;
  lo = 0;
  set(se: number, hi: number, lo: number): void {
    this.se = se;
    this.hi = hi;
    this.lo = lo;
  }
  copy(from: Float80): void {
    this.se = from.se;
    this.hi = from.hi;
    this.lo = from.lo;
  }
}

export const EXPONENT = 0x7fff;
export const SIGN = 0x8000;
export const BIAS = 0x3fff;
/** What an unmasked overflow or underflow adds to the exponent of a register result. */
export const WRAP = 24576;

export const isZero = (a: Float80): boolean => (a.se & EXPONENT) === 0 && (a.hi | a.lo) === 0;
/** Denormal or pseudo-denormal: raises DE. */
export const isDenormal = (a: Float80): boolean => (a.se & EXPONENT) === 0 && (a.hi | a.lo) !== 0;
export const isUnsupported = (a: Float80): boolean => (a.se & EXPONENT) !== 0 && a.hi >>> 31 === 0;
export const isInfinity = (a: Float80): boolean => (a.se & EXPONENT) === EXPONENT && a.hi === 0x80000000 && a.lo === 0;
export const isAnyNaN = (a: Float80): boolean =>
  (a.se & EXPONENT) === EXPONENT && a.hi >>> 31 === 1 && ((a.hi & 0x7fffffff) | a.lo) !== 0;
export const isSignaling = (a: Float80): boolean => isAnyNaN(a) && (a.hi & 0x40000000) === 0;
export const isNegative = (a: Float80): boolean => a.se >= SIGN;

export function setZero(r: Float80, sign: number): void {
  r.set(sign, 0, 0);
}
export function setInfinity(r: Float80, sign: number): void {
  r.set(sign | EXPONENT, 0x80000000, 0);
}
/** The real indefinite: what masked invalid operations yield. */
export function setIndefinite(r: Float80): void {
  r.set(0xffff, 0xc0000000, 0);
}
export function invalid(r: Float80, env: Environment): void {
  env.flags |= FSW.IE;
  setIndefinite(r);
}

/** Result of an operation of which at least one operand is a NaN or unsupported (SDM vol. 1, table 4-7, x87 rules). */
export function propagateNaN(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isUnsupported(a) || isUnsupported(b)) {
    invalid(r, env);
    return;
  }
  const signalingA = isSignaling(a);
  const signalingB = isSignaling(b);
  // A NaN hides a denormal operand, one from memory too, which its conversion has noted already.
  env.flags &= ~FSW.DE;
  if (signalingA || signalingB) env.flags |= FSW.IE;
  let pick = a;
  if (!isAnyNaN(a)) pick = b;
  else if (isAnyNaN(b)) {
    if (signalingA !== signalingB) pick = signalingA ? b : a;
    else if (a.hi !== b.hi) pick = a.hi > b.hi ? a : b;
    else if (a.lo !== b.lo) pick = a.lo > b.lo ? a : b;
    else pick = a.se < b.se ? a : b;
  }
  r.set(pick.se, (pick.hi | 0x40000000) >>> 0, pick.lo);
}
/** The same for one operand. */
export function quietNaN(r: Float80, a: Float80, env: Environment): void {
  propagateNaN(r, a, a, env);
}
/** NaN or unsupported: to be handled by `propagateNaN` before anything else. */
export const isSpecialNaN = (a: Float80): boolean => isUnsupported(a) || isAnyNaN(a);

/** An unpacked finite operand: value = 0.hi:lo x 2^(exponent - 16382), normalized; `sign` is 0 or 0x8000. */
export class Unpacked {
  sign = 0;
  exponent = 0;
  hi = 0;
  lo = 0;
}
/** Normalizes a finite nonzero number. Raises nothing. */
export function unpack(u: Unpacked, a: Float80): void {
  u.sign = a.se & SIGN;
  normalize(u, a.se & EXPONENT || 1, a.hi, a.lo);
}

/** Shifts a significand that is not zero until its top bit is set. */
export function normalize(u: Unpacked, exponent: number, hi: number, lo: number): void {
  if (hi === 0) {
    hi = lo;
    lo = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(hi);
  if (shift > 0) {
    hi = ((hi << shift) | (lo >>> (32 - shift))) >>> 0;
    lo = (lo << shift) >>> 0;
  }
  u.exponent = exponent - shift;
  u.hi = hi;
  u.lo = lo;
}

/** Where the rounding functions leave their result. */
export const rounded = { exponent: 0, hi: 0, lo: 0, inexact: false, up: false, infinite: false };

/** Rounds hi:lo:rest to `precision` bits from the top; a carry out increments the exponent. The last bit of `rest` is sticky. */
function roundSignificand(
  rounding: number,
  negative: boolean,
  exponent: number,
  hi: number,
  lo: number,
  rest: number,
  precision: number,
): void {
  // Bits below the cut are brought into `tail` (top bit = half), sticky in its last bit.
  let tail: number;
  let unitHi = 0;
  let unitLo = 0;
  if (precision === 64) {
    tail = rest;
    unitLo = 1;
  } else if (precision === 53) {
    tail = (((lo & 0x7ff) << 21) | (rest !== 0 ? 1 : 0)) >>> 0;
    lo = (lo & ~0x7ff) >>> 0;
    unitLo = 0x800;
  } else {
    tail = (((hi & 0xff) << 24) | ((lo | rest) !== 0 ? 1 : 0)) >>> 0;
    hi = (hi & ~0xff) >>> 0;
    lo = 0;
    unitHi = 0x100;
  }
  let up = false;
  if (tail !== 0) {
    if (rounding === ROUND.nearest) {
      const odd = unitHi !== 0 ? (hi & unitHi) !== 0 : (lo & unitLo) !== 0;
      up = tail > 0x80000000 || (tail === 0x80000000 && odd);
    } else if (rounding !== ROUND.zero) up = (rounding === ROUND.down) === negative;
  }
  if (up) {
    const low = lo + unitLo;
    lo = low >>> 0;
    const high = hi + unitHi + (low > 0xffffffff ? 1 : 0);
    hi = high >>> 0;
    if (high > 0xffffffff) {
      hi = 0x80000000;
      exponent++;
    }
  }
  rounded.exponent = exponent;
  rounded.hi = hi;
  rounded.lo = lo;
  rounded.inexact = tail !== 0;
  rounded.up = up;
  rounded.infinite = false;
}

/** Shifted right with the lost bits jammed into the last bit of the rest; results in this object. */
export const shifted = { hi: 0, lo: 0, rest: 0 };
export function shiftRightJam(hi: number, lo: number, rest: number, count: number): void {
  let sticky = 0;
  if (count >= 96) {
    sticky = (hi | lo | rest) !== 0 ? 1 : 0;
    hi = lo = rest = 0;
  } else {
    while (count >= 32) {
      sticky |= rest;
      rest = lo;
      lo = hi;
      hi = 0;
      count -= 32;
    }
    if (count > 0) {
      sticky |= rest << (32 - count);
      rest = ((rest >>> count) | (lo << (32 - count))) >>> 0;
      lo = ((lo >>> count) | (hi << (32 - count))) >>> 0;
      hi >>>= count;
    }
  }
  shifted.hi = hi;
  shifted.lo = lo;
  shifted.rest = sticky !== 0 ? (rest | 1) >>> 0 : rest;
}

/**
 * Rounds a normalized significand for a format with `precision` bits and biased exponents 1 to `maximum`. Raises OE, UE, PE and C1;
 * leaves the result in `rounded` (exponent 0 = denormal or zero; `infinite` = masked overflow became infinity). Underflow is tiny
 * after rounding (SDM vol. 1, 4.9.1.5). `wrap` is added to the exponent when an unmasked overflow or underflow delivers a scaled result;
 * 0 where it does not (stores to memory).
 */
export function roundToFormat(
  env: Environment,
  negative: boolean,
  exponent: number,
  hi: number,
  lo: number,
  rest: number,
  precision: number,
  maximum: number,
  wrap: number,
): void {
  const rounding = env.rounding;
  roundSignificand(rounding, negative, exponent, hi, lo, rest, precision);
  if (rounded.exponent >= 1 && rounded.exponent <= maximum) {
    if (rounded.inexact) env.flags |= rounded.up ? FSW.PE | FSW.C1 : FSW.PE;
    return;
  }
  if (rounded.exponent > maximum) {
    env.flags |= FSW.OE;
    if ((env.masked & FSW.OE) === 0) {
      rounded.exponent -= wrap;
      if (rounded.inexact) env.flags |= rounded.up ? FSW.PE | FSW.C1 : FSW.PE;
      return;
    }
    env.flags |= FSW.PE;
    if (rounding === ROUND.nearest || rounding === (negative ? ROUND.down : ROUND.up)) {
      rounded.infinite = true;
      env.flags |= FSW.C1;
    } else {
      rounded.exponent = maximum;
      rounded.hi = precision === 24 ? 0xffffff00 : 0xffffffff;
      rounded.lo = precision === 64 ? 0xffffffff : precision === 53 ? 0xfffff800 : 0;
    }
    return;
  }
  if ((env.masked & FSW.UE) === 0) {
    env.flags |= FSW.UE;
    rounded.exponent += wrap;
    if (rounded.inexact) env.flags |= rounded.up ? FSW.PE | FSW.C1 : FSW.PE;
    return;
  }
  shiftRightJam(hi, lo, rest, 1 - exponent);
  roundSignificand(rounding, negative, 0, shifted.hi, shifted.lo, shifted.rest, precision);
  // A carry into the integer bit makes the smallest normal number.
  if (rounded.hi >>> 31 === 1) rounded.exponent = 1;
  if (rounded.inexact) env.flags |= rounded.up ? FSW.UE | FSW.PE | FSW.C1 : FSW.UE | FSW.PE;
}

/** Rounds a normalized significand into a register result. */
export function roundTo80(
  r: Float80,
  env: Environment,
  sign: number,
  exponent: number,
  hi: number,
  lo: number,
  rest: number,
  precision: number,
): void {
  roundToFormat(env, sign !== 0, exponent, hi, lo, rest, precision, 0x7ffe, WRAP);
  if (rounded.infinite) setInfinity(r, sign);
  else r.set(sign | rounded.exponent, rounded.hi, rounded.lo);
}
