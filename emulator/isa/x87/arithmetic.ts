// SPDX-License-Identifier: MIT
/**
 * @fileoverview Addition, subtraction, multiplication, division and square root of 80-bit numbers, rounded once and exactly.
 *
 * These five are the operations that obey precision control (SDM vol. 1, 8.1.5.2). Division and square root use BigInt for the integer
 * quotient and root; the others are pairs of 32-bit halves. An invalid operation or a division by zero hides a denormal operand.
 */
import {
  BIAS,
  type Environment,
  EXPONENT,
  Float80,
  FSW,
  invalid,
  isDenormal,
  isInfinity,
  isSpecialNaN,
  isZero,
  propagateNaN,
  ROUND,
  roundTo80,
  SIGN,
  setInfinity,
  setZero,
  shifted,
  shiftRightJam,
  Unpacked,
  unpack,
} from './float80.ts';

const x = new Unpacked();
const y = new Unpacked();
const negated = new Float80();

export function noteDenormals(a: Float80, b: Float80, env: Environment): void {
  if (isDenormal(a) || isDenormal(b)) env.flags |= FSW.DE;
}

export function add(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  if (isInfinity(a)) {
    if (isInfinity(b) && (a.se ^ b.se) !== 0) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      r.copy(a);
    }
    return;
  }
  noteDenormals(a, b, env);
  if (isInfinity(b)) {
    r.copy(b);
    return;
  }
  const zeroA = isZero(a);
  if (zeroA || isZero(b)) {
    if (zeroA && isZero(b)) {
      setZero(r, a.se === b.se ? a.se : env.rounding === ROUND.down ? SIGN : 0);
      return;
    }
    unpack(x, zeroA ? b : a);
    roundTo80(r, env, x.sign, x.exponent, x.hi, x.lo, 0, env.precision);
    return;
  }
  unpack(x, a);
  unpack(y, b);
  let big = x;
  let small = y;
  if (y.exponent > x.exponent || (y.exponent === x.exponent && (y.hi > x.hi || (y.hi === x.hi && y.lo > x.lo)))) {
    big = y;
    small = x;
  }
  shiftRightJam(small.hi, small.lo, 0, big.exponent - small.exponent);
  if (big.sign === small.sign) addMagnitudes(r, env, big);
  else subtractMagnitudes(r, env, big);
}

/** `big` plus what `shifted` holds. */
function addMagnitudes(r: Float80, env: Environment, big: Unpacked): void {
  const low = big.lo + shifted.lo;
  const high = big.hi + shifted.hi + (low > 0xffffffff ? 1 : 0);
  let { exponent } = big;
  let hi = high >>> 0;
  let lo = low >>> 0;
  let rest = shifted.rest;
  if (high > 0xffffffff) {
    rest = ((rest >>> 1) | (rest & 1) | (lo << 31)) >>> 0;
    lo = ((lo >>> 1) | (hi << 31)) >>> 0;
    hi = ((hi >>> 1) | 0x80000000) >>> 0;
    exponent++;
  }
  roundTo80(r, env, big.sign, exponent, hi, lo, rest, env.precision);
}

/** `big` minus what `shifted` holds, which is not larger. */
function subtractMagnitudes(r: Float80, env: Environment, big: Unpacked): void {
  let rest = -shifted.rest;
  let lo = big.lo - shifted.lo - (rest < 0 ? 1 : 0);
  let hi = (big.hi - shifted.hi - (lo < 0 ? 1 : 0)) >>> 0;
  rest >>>= 0;
  lo >>>= 0;
  if ((hi | lo | rest) === 0) {
    setZero(r, env.rounding === ROUND.down ? SIGN : 0);
    return;
  }
  let { exponent } = big;
  while (hi === 0) {
    hi = lo;
    lo = rest;
    rest = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(hi);
  if (shift > 0) {
    hi = ((hi << shift) | (lo >>> (32 - shift))) >>> 0;
    lo = ((lo << shift) | (rest >>> (32 - shift))) >>> 0;
    rest = (rest << shift) >>> 0;
    exponent -= shift;
  }
  roundTo80(r, env, big.sign, exponent, hi, lo, rest, env.precision);
}

export function sub(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  negated.set(b.se ^ SIGN, b.hi, b.lo);
  add(r, a, negated, env);
}

let productHigh = 0;
let productLow = 0;
/** 32 x 32 -> 64 bits. */
function multiply32(a: number, b: number): void {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const first = al * bl;
  const middle = ah * bl + Math.floor(first / 0x10000);
  const other = al * bh + (middle % 0x10000);
  productHigh = ah * bh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
  productLow = Math.imul(a, b) >>> 0;
}

export function mul(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  const sign = (a.se ^ b.se) & SIGN;
  if (isInfinity(a) || isInfinity(b)) {
    if (isZero(a) || isZero(b)) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      setInfinity(r, sign);
    }
    return;
  }
  noteDenormals(a, b, env);
  if (isZero(a) || isZero(b)) {
    setZero(r, sign);
    return;
  }
  unpack(x, a);
  unpack(y, b);
  multiply32(x.lo, y.lo);
  const p0 = productLow;
  let p1 = productHigh;
  multiply32(x.hi, y.lo);
  p1 += productLow;
  let p2 = productHigh;
  multiply32(x.lo, y.hi);
  p1 += productLow;
  p2 += productHigh + Math.floor(p1 / 0x100000000);
  multiply32(x.hi, y.hi);
  p2 += productLow;
  let hi = productHigh + Math.floor(p2 / 0x100000000);
  let lo = p2 >>> 0;
  let rest = p1 >>> 0;
  let exponent = x.exponent + y.exponent - BIAS + 1;
  let sticky = p0 !== 0 ? 1 : 0;
  if (hi >>> 31 === 0) {
    hi = ((hi << 1) | (lo >>> 31)) >>> 0;
    lo = ((lo << 1) | (rest >>> 31)) >>> 0;
    rest = ((rest << 1) | (p0 >>> 31)) >>> 0;
    sticky = p0 << 1 !== 0 ? 1 : 0;
    exponent--;
  }
  roundTo80(r, env, sign, exponent, hi, lo, (rest | sticky) >>> 0, env.precision);
}

export const significand = (hi: number, lo: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);
/** Splits a 96-bit integer whose top bit is set; `inexact` jams. */
export function roundWide(
  r: Float80,
  env: Environment,
  sign: number,
  exponent: number,
  wide: bigint,
  inexact: boolean,
  precision: number,
): void {
  const rest = Number(BigInt.asUintN(32, wide));
  const lo = Number(BigInt.asUintN(32, wide >> 32n));
  const hi = Number(BigInt.asUintN(32, wide >> 64n));
  roundTo80(r, env, sign, exponent, hi, lo, inexact ? (rest | 1) >>> 0 : rest, precision);
}

export function div(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  const sign = (a.se ^ b.se) & SIGN;
  if (isInfinity(a)) {
    if (isInfinity(b)) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      setInfinity(r, sign);
    }
    return;
  }
  if (isInfinity(b)) {
    noteDenormals(a, b, env);
    setZero(r, sign);
    return;
  }
  if (isZero(b)) {
    if (isZero(a)) invalid(r, env);
    else {
      env.flags |= FSW.ZE;
      setInfinity(r, sign);
    }
    return;
  }
  noteDenormals(a, b, env);
  if (isZero(a)) {
    setZero(r, sign);
    return;
  }
  unpack(x, a);
  unpack(y, b);
  const divisor = significand(y.hi, y.lo);
  let exponent = x.exponent - y.exponent + BIAS;
  let shift = 95n;
  // A quotient below one loses a bit at the top.
  if (x.hi < y.hi || (x.hi === y.hi && x.lo < y.lo)) {
    shift = 96n;
    exponent--;
  }
  const dividend = significand(x.hi, x.lo) << shift;
  const quotient = dividend / divisor;
  roundWide(r, env, sign, exponent, quotient, quotient * divisor !== dividend, env.precision);
}

/** Integer square root of a number of 190 to 192 bits. */
export function integerRoot(n: bigint): bigint {
  // Some 49 good bits from the host's square root, never below the root, doubled by each step of Newton's method.
  let root = (BigInt(Math.ceil(Math.sqrt(Number(n >> 92n)))) + 2n) << 46n;
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  while (root * root > n) root--;
  while ((root + 1n) * (root + 1n) <= n) root++;
  return root;
}

export function sqrt(r: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a)) {
    propagateNaN(r, a, a, env);
    return;
  }
  if (isZero(a)) {
    r.copy(a);
    return;
  }
  if (a.se >= SIGN) {
    invalid(r, env);
    return;
  }
  if ((a.se & EXPONENT) === EXPONENT) {
    r.copy(a);
    return;
  }
  if (isDenormal(a)) env.flags |= FSW.DE;
  unpack(x, a);
  const power = x.exponent - BIAS;
  const odd = power & 1;
  // Even power: significand in [1, 2); odd: doubled, [2, 4). The root then has 96 bits.
  const n = significand(x.hi, x.lo) << (odd ? 128n : 127n);
  const root = integerRoot(n);
  roundWide(r, env, 0, BIAS + ((power - odd) >> 1), root, root * root !== n, env.precision);
}
