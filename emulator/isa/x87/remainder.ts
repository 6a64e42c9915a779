// SPDX-License-Identifier: MIT
/**
 * @fileoverview FPREM, FPREM1, FSCALE and FXTRACT: operations on exponents and integer quotients.
 *
 * Their results are exact (but for scaling into the denormal range), so precision control does not matter. A partial remainder with an
 * exponent difference D of 64 or more reduces it by 32 to 63 at once, D - D mod 32 - 32 staying, and sets C2 (SDM vol. 2, FPREM).
 */
import { noteDenormals, significand } from './arithmetic.ts';
import {
  BIAS,
  type Environment,
  EXPONENT,
  type Float80,
  FSW,
  invalid,
  isDenormal,
  isInfinity,
  isSpecialNaN,
  isZero,
  normalize,
  propagateNaN,
  quietNaN,
  roundTo80,
  SIGN,
  setInfinity,
  setZero,
  Unpacked,
  unpack,
  WRAP,
} from './float80.ts';

const x = new Unpacked();
const y = new Unpacked();
const normal = new Unpacked();

/** Rounds an integer of at most 64 bits times 2^(exponent - bias - 63). */
function deliver(r: Float80, env: Environment, sign: number, exponent: number, value: bigint): void {
  if (value === 0n) {
    setZero(r, sign);
    return;
  }
  normalize(normal, exponent, Number(value >> 32n), Number(value & 0xffffffffn));
  roundTo80(r, env, sign, normal.exponent, normal.hi, normal.lo, 0, 64);
}

/** Returns the condition bits: C2 if incomplete, else the quotient's low bits in C0, C3, C1; -1 if there is no quotient. */
export function remainder(r: Float80, a: Float80, b: Float80, env: Environment, nearest: boolean): number {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return -1;
  }
  if (isInfinity(a) || isZero(b)) {
    invalid(r, env);
    return -1;
  }
  noteDenormals(a, b, env);
  if (isZero(a)) {
    r.copy(a);
    return 0;
  }
  unpack(x, a);
  if (isInfinity(b)) {
    roundTo80(r, env, x.sign, x.exponent, x.hi, x.lo, 0, 64);
    return 0;
  }
  unpack(y, b);
  const difference = x.exponent - y.exponent;
  const dividend = significand(x.hi, x.lo);
  const divisor = significand(y.hi, y.lo);
  if (difference >= 64) {
    const step = 32 + (difference & 31);
    const rest = (dividend << BigInt(step)) % divisor;
    deliver(r, env, x.sign, y.exponent + difference - step, rest);
    return FSW.C2;
  }
  if (difference < -1 || (difference < 0 && !nearest)) {
    roundTo80(r, env, x.sign, x.exponent, x.hi, x.lo, 0, 64);
    return 0;
  }
  // One bit more on both sides, for the exponent difference of -1.
  const n = dividend << BigInt(difference + 1);
  const d = divisor << 1n;
  let quotient = n / d;
  let rest = n - quotient * d;
  let sign = x.sign;
  if (nearest && (rest * 2n > d || (rest * 2n === d && (quotient & 1n) === 1n))) {
    quotient++;
    rest = d - rest;
    sign ^= SIGN;
  }
  // A zero remainder has the dividend's sign.
  if (rest === 0n) setZero(r, x.sign);
  else if (rest >> 64n === 0n) deliver(r, env, sign, y.exponent - 1, rest);
  else deliver(r, env, sign, y.exponent, rest >> 1n);
  const q = Number(quotient & 7n);
  return (q & 1 ? FSW.C1 : 0) | (q & 2 ? FSW.C3 : 0) | (q & 4 ? FSW.C0 : 0);
}

/** More than any exponent range, so that larger scales need no exact value. */
const FAR = 0x10000;

export function scale(r: Float80, a: Float80, b: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  if (isInfinity(b)) {
    if (b.se & SIGN ? isInfinity(a) : isZero(a)) {
      invalid(r, env);
      return;
    }
    noteDenormals(a, b, env);
    if (b.se & SIGN) setZero(r, a.se & SIGN);
    else setInfinity(r, a.se & SIGN);
    return;
  }
  noteDenormals(a, b, env);
  if (isInfinity(a) || isZero(a)) {
    r.copy(a);
    return;
  }
  // A scale of zero passes the number on: a denormal does not underflow, a pseudo-denormal becomes what it stands for.
  if (isZero(b)) {
    r.copy(a);
    if ((a.se & EXPONENT) === 0 && a.hi >>> 31 !== 0) r.se |= 1;
    return;
  }
  let by = 0;
  unpack(y, b);
  const power = y.exponent - BIAS;
  if (power >= 17) by = FAR;
  else if (power >= 0) by = y.hi >>> (31 - power);
  if (y.sign !== 0) by = -by;
  unpack(x, a);
  const exponent = x.exponent + by;
  // So far out that even the scaled result of an unmasked exception does not fit (SDM vol. 1, 8.5.4 and 8.5.5).
  if (exponent - WRAP >= EXPONENT && (env.masked & FSW.OE) === 0) {
    env.flags |= FSW.OE | FSW.PE | FSW.C1;
    setInfinity(r, x.sign);
    return;
  }
  if (exponent + WRAP < 1 && (env.masked & FSW.UE) === 0) {
    env.flags |= FSW.UE | FSW.PE;
    setZero(r, x.sign);
    return;
  }
  roundTo80(r, env, x.sign, exponent, x.hi, x.lo, 0, 64);
}

/** The exponent goes to `power`, the significand to `r`. */
export function extract(r: Float80, power: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a)) {
    quietNaN(r, a, env);
    power.copy(r);
    return;
  }
  const sign = a.se & SIGN;
  if (isInfinity(a)) {
    setInfinity(power, 0);
    r.copy(a);
    return;
  }
  if (isZero(a)) {
    env.flags |= FSW.ZE;
    setInfinity(power, SIGN);
    r.copy(a);
    return;
  }
  if (isDenormal(a)) env.flags |= FSW.DE;
  unpack(x, a);
  r.set(sign | BIAS, x.hi, x.lo);
  const value = x.exponent - BIAS;
  if (value === 0) setZero(power, 0);
  else {
    const magnitude = Math.abs(value);
    const shift = Math.clz32(magnitude);
    power.set((value < 0 ? SIGN : 0) | (BIAS + 31 - shift), (magnitude << shift) >>> 0, 0);
  }
}
