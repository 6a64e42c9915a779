// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sine, cosine, tangent, arctangent, 2^x-1 and the two logarithms, in fixed-point integers of about 140 significant bits.
 *
 * Each function is evaluated with some 70 bits more than the format has and rounded once, so results are correctly rounded but for
 * cases closer than 2^-130 to a rounding boundary (and tiny arguments, where directed rounding leaves the first term as it is, as on processors). Arguments of the circular functions are reduced modulo a pi of 66 bits, as the
 * processors do (SDM vol. 1, 8.3.8): the result is exact for the reduced argument.
 *
 * Real numbers are value x 2^-scale. Arguments below 2^-72 take the first term of the series.
 * Special operands follow the tables of SDM vol. 2 (FPATAN, FYL2X, FYL2XP1, F2XM1). Results are always flagged inexact unless a table
 * says otherwise, also where the mathematical result happens to be representable.
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
  propagateNaN,
  quietNaN,
  roundTo80,
  SIGN,
  setInfinity,
  setZero,
  Unpacked,
  unpack,
} from './float80.ts';

const x = new Unpacked();
const y = new Unpacked();

/** Working significand in bits. */
const WORK = 144;
/** Below this exponent the first term of a series is the result. */
const SMALL = -72;

const bitLength = (n: bigint): number => {
  const hex = n.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0], 16)) + 28;
};

/** Rounds value x 2^-scale, value > 0, known to be inexact. */
function deliver(r: Float80, env: Environment, sign: number, value: bigint, scale: number): void {
  const length = bitLength(value);
  const wide = length >= 96 ? value >> BigInt(length - 96) : value << BigInt(96 - length);
  const rest = (Number(BigInt.asUintN(32, wide)) | 1) >>> 0;
  const lo = Number(BigInt.asUintN(32, wide >> 32n));
  const hi = Number(BigInt.asUintN(32, wide >> 64n));
  roundTo80(r, env, sign, length - 1 - scale + BIAS, hi, lo, rest, 64);
}
/** Rounds value x 2^-scale, which may be exact, but flags it inexact, as the processors do. */
function deliverExact(r: Float80, env: Environment, sign: number, value: bigint, scale: number): void {
  const length = bitLength(value);
  const wide = length >= 96 ? value >> BigInt(length - 96) : value << BigInt(96 - length);
  const hi = Number(BigInt.asUintN(32, wide >> 64n));
  const lo = Number(BigInt.asUintN(32, wide >> 32n));
  roundTo80(r, env, sign, length - 1 - scale + BIAS, hi, lo, Number(BigInt.asUintN(32, wide)), 64);
  env.flags |= FSW.PE;
  if ((r.se & EXPONENT) === 0) env.flags |= FSW.UE;
}

const shiftBy = (n: bigint, count: number): bigint => (count >= 0 ? n << BigInt(count) : n >> BigInt(-count));

// Constants to 320 bits.

const DEEP = 320;
const DEEP_BITS = BigInt(DEEP);
/** atan(p/q) or, hyperbolic, atanh(p/q), small p/q. */
function arcSeries(p: bigint, q: bigint, hyperbolic: boolean): bigint {
  let power = (p << DEEP_BITS) / q;
  let sum = 0n;
  for (let k = 1n, negative = false; power !== 0n; k += 2n, negative = !negative && !hyperbolic) {
    sum += negative ? -(power / k) : power / k;
    power = (power * p * p) / (q * q);
  }
  return sum;
}
const LN2 = 2n * arcSeries(1n, 3n, true);
const PI = 4n * (4n * arcSeries(1n, 5n, false) - arcSeries(1n, 239n, false));
const ln2 = (scale: number): bigint => shiftBy(LN2, scale - DEEP);
const pi = (scale: number): bigint => shiftBy(PI, scale - DEEP);
/** atan(k/16), k = 0 to 16. */
const ARC_TABLE = Array.from({ length: 17 }, (_, k) =>
  k === 16 ? PI >> 2n : k <= 6 ? arcSeries(BigInt(k), 16n, false) : arcAbout(BigInt(k)),
);
/** Through the next smaller tabulated angle: atan(a) = atan(b) + atan((a - b) / (1 + ab)). */
function arcAbout(k: bigint): bigint {
  return arcSeries(6n, 16n, false) + arcSeries((k - 6n) * 16n, 256n + k * 6n, false);
}

// Circular functions.

/** pi to 66 bits, in units of 2^-66. */
const PI66 = 0xc90fdaa22168c234cn;
/** A reduced argument: magnitude x 2^-scale, its sign, and the quadrant of the original. */
const reduced = { value: 0n, scale: 0, negative: false, quadrant: 0 };
function reduce(u: Unpacked): void {
  const power = u.exponent - BIAS;
  let value = significand(u.hi, u.lo);
  let quadrant = 0n;
  let negative = u.sign !== 0;
  if (power < -1) reduced.scale = 63 - power;
  else {
    // pi/2 is PI66 in units of 2^-67.
    value <<= BigInt(power + 4);
    quadrant = (2n * value + PI66) / (2n * PI66);
    value -= quadrant * PI66;
    if (value < 0n) {
      value = -value;
      negative = !negative;
    }
    reduced.scale = 67;
  }
  reduced.value = value;
  reduced.negative = negative;
  reduced.quadrant = Number(quadrant & 3n);
  // sin(-x) is known by symmetry; the quadrant then counts the other way.
  if (u.sign !== 0) reduced.quadrant = -reduced.quadrant & 3;
}
/** Sine and cosine of the reduced magnitude, x 2^-scale. */
const circle = { sine: 0n, cosine: 0n, scale: 0 };
function evaluateCircle(): void {
  const scale = WORK + reduced.scale - bitLength(reduced.value);
  const bits = BigInt(scale);
  const one = 1n << bits;
  const z = reduced.value << BigInt(scale - reduced.scale);
  const square = (z * z) >> bits;
  let sine = z;
  let cosine = one;
  let term = z;
  for (let k = 2n; term !== 0n; k += 2n) {
    term = ((term * square) >> bits) / (k * (k + 1n));
    sine += k & 2n ? -term : term;
  }
  term = one;
  for (let k = 1n; term !== 0n; k += 2n) {
    term = ((term * square) >> bits) / (k * (k + 1n));
    cosine += (k + 1n) & 2n ? -term : term;
  }
  circle.sine = sine;
  circle.cosine = cosine === one ? one - 1n : cosine;
  circle.scale = scale;
}

const deliverSine = (r: Float80, env: Environment): void => {
  const { quadrant, negative } = reduced;
  if (quadrant & 1) deliver(r, env, quadrant & 2 ? SIGN : 0, circle.cosine, circle.scale);
  else deliver(r, env, negative !== (quadrant === 2) ? SIGN : 0, circle.sine, circle.scale);
};
const deliverCosine = (r: Float80, env: Environment): void => {
  const { quadrant, negative } = reduced;
  if (quadrant & 1) deliver(r, env, negative !== (quadrant === 1) ? SIGN : 0, circle.sine, circle.scale);
  else deliver(r, env, quadrant === 2 ? SIGN : 0, circle.cosine, circle.scale);
};
const deliverTangent = (r: Float80, env: Environment): void => {
  const { quadrant, negative } = reduced;
  const { sine, cosine, scale } = circle;
  const bits = BigInt(scale);
  if (quadrant & 1) deliver(r, env, negative ? 0 : SIGN, (cosine << bits) / sine, scale);
  else deliver(r, env, negative ? SIGN : 0, (sine << bits) / cosine, scale);
};

export type Circular = 'sine' | 'cosine' | 'tangent';
/** False if the argument is out of range: C2, nothing changes. NaNs, infinities and zeros are done here. */
export function circular(r: Float80, a: Float80, env: Environment, f: Circular): boolean {
  if (isSpecialNaN(a)) {
    quietNaN(r, a, env);
    return true;
  }
  if (isInfinity(a)) {
    invalid(r, env);
    return true;
  }
  if (isZero(a)) {
    if (f === 'cosine') r.set(BIAS, 0x80000000, 0);
    else r.copy(a);
    return true;
  }
  if ((a.se & EXPONENT) >= BIAS + 63) return false;
  if (isDenormal(a)) env.flags |= FSW.DE;
  unpack(x, a);
  if (x.exponent - BIAS < SMALL) {
    if (f === 'cosine') deliver(r, env, 0, (1n << 128n) - 1n, 128);
    else deliverExact(r, env, x.sign, significand(x.hi, x.lo), BIAS + 63 - x.exponent);
    return true;
  }
  reduce(x);
  evaluateCircle();
  if (f === 'sine') deliverSine(r, env);
  else if (f === 'cosine') deliverCosine(r, env);
  else deliverTangent(r, env);
  return true;
}

// Arctangent.

/** atan of a fixed-point number from 0 to 1. */
function arctangent(t: bigint, scale: number): bigint {
  const bits = BigInt(scale);
  const k = (t * 16n + (1n << (bits - 1n))) >> bits;
  let z = t;
  if (k > 0n) {
    const c = k << (bits - 4n);
    z = ((t - c) << bits) / ((1n << bits) + ((t * k) >> 4n));
  }
  const square = (z * z) >> bits;
  let sum = z;
  let power = z;
  for (let n = 3n, negative = true; power !== 0n && power !== -1n; n += 2n, negative = !negative) {
    power = (power * square) >> bits;
    sum += negative ? -(power / n) : power / n;
  }
  return sum + shiftBy(ARC_TABLE[Number(k)], scale - DEEP);
}

/** The angle of the point (a, b): arctangent of b / a in the right quadrant. */
export function angle(r: Float80, b: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  const sign = b.se & SIGN;
  const left = (a.se & SIGN) !== 0;
  noteDenormals(a, b, env);
  if (isInfinity(a) || isInfinity(b) || isZero(a) || isZero(b)) {
    angleOfSpecial(r, b, a, env);
    return;
  }
  unpack(x, a);
  unpack(y, b);
  const significandX = significand(x.hi, x.lo);
  const significandY = significand(y.hi, y.lo);
  const difference = y.exponent - x.exponent;
  if (!left && difference < SMALL) {
    const quotient = (significandY << 128n) / significandX;
    if (quotient * significandX === significandY << 128n) deliverExact(r, env, sign, quotient, 128 - difference);
    else deliver(r, env, sign, quotient, 128 - difference);
    return;
  }
  const steep = difference > 0 || (difference === 0 && significandY > significandX);
  const scale = WORK + (steep || left ? 0 : Math.max(0, -difference));
  const [n, d, shift] = steep ? [significandX, significandY, -difference] : [significandY, significandX, difference];
  let value = arctangent(shiftBy(n << 64n, scale - 64 + shift) / d, scale);
  if (steep) value = left ? pi(scale - 1) + value : pi(scale - 1) - value;
  else if (left) value = pi(scale) - value;
  deliver(r, env, sign, value, scale);
}
function angleOfSpecial(r: Float80, b: Float80, a: Float80, env: Environment): void {
  const sign = b.se & SIGN;
  const left = (a.se & SIGN) !== 0;
  if (isInfinity(b)) {
    if (!isInfinity(a)) deliver(r, env, sign, PI, DEEP + 1);
    else deliver(r, env, sign, left ? 3n * PI : PI, DEEP + 2);
  } else if (isInfinity(a) || isZero(b)) {
    if (left) deliver(r, env, sign, PI, DEEP);
    else setZero(r, sign);
  } else deliver(r, env, sign, PI, DEEP + 1);
}

// Exponential and logarithms.

/** 2^a - 1. Outside -1 to 1, which the manuals leave undefined, the operand is returned. */
export function exponential(r: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a)) {
    quietNaN(r, a, env);
    return;
  }
  if (isInfinity(a)) {
    if (a.se & SIGN) r.set(SIGN | BIAS, 0x80000000, 0);
    else r.copy(a);
    return;
  }
  if (isZero(a)) {
    r.copy(a);
    return;
  }
  if (isDenormal(a)) env.flags |= FSW.DE;
  unpack(x, a);
  const power = x.exponent - BIAS;
  const value = significand(x.hi, x.lo);
  if (power >= 0) {
    const one = power === 0 && value === 1n << 63n;
    env.flags |= FSW.PE;
    if (one && x.sign !== 0) r.set(SIGN | (BIAS - 1), 0x80000000, 0);
    else r.copy(a);
    return;
  }
  if (power < SMALL) {
    deliver(r, env, x.sign, (value * LN2) >> 64n, DEEP - 64 + 63 - power);
    return;
  }
  const scale = WORK - power;
  const bits = BigInt(scale);
  const z = ((x.sign !== 0 ? -value : value) * ln2(scale + 8)) >> BigInt(8 + 63 - power);
  let sum = 0n;
  let term = z;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = ((term * z) >> bits) / k;
  }
  deliver(r, env, x.sign, sum < 0n ? -sum : sum, scale);
}

/** ln(n / d) for a quotient near 1: 2 atanh((n - d) / (n + d)), x 2^-scale. */
function naturalLog(n: bigint, d: bigint, scale: number): bigint {
  const bits = BigInt(scale);
  const s = ((n - d) << bits) / (n + d);
  const square = (s * s) >> bits;
  let sum = 0n;
  let power = s;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = (power * square) >> bits;
  }
  return 2n * sum;
}

/** b times a binary logarithm x 2^-scale. */
function deliverProduct(r: Float80, env: Environment, u: Unpacked, log: bigint, scale: number): void {
  const negative = log < 0n;
  const product = significand(u.hi, u.lo) * (negative ? -log : log);
  deliver(r, env, negative ? u.sign ^ SIGN : u.sign, product, scale + 63 - (u.exponent - BIAS));
}

/**
 * y times a whole logarithm. The processors reach it through an inexact product: a negative one comes out a little short and is then
 * rounded, a positive one is exact in every rounding mode.
 */
function deliverWhole(r: Float80, env: Environment, log: number): void {
  const product = significand(y.hi, y.lo) * BigInt(Math.abs(log));
  const scale = 63 - (y.exponent - BIAS);
  if (log > 0) deliverExact(r, env, y.sign, product, scale);
  else deliver(r, env, y.sign ^ SIGN, (product << 64n) - 1n, scale + 64);
}

/** b x log2(a). */
export function logarithm(r: Float80, b: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  if (isZero(a)) {
    if (isZero(b)) invalid(r, env);
    else if (isInfinity(b)) setInfinity(r, ~b.se & SIGN);
    else {
      env.flags |= FSW.ZE;
      setInfinity(r, ~b.se & SIGN);
    }
    return;
  }
  if (a.se & SIGN) {
    invalid(r, env);
    return;
  }
  if (isInfinity(a)) {
    if (isZero(b)) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      setInfinity(r, b.se & SIGN);
    }
    return;
  }
  unpack(x, a);
  const value = significand(x.hi, x.lo);
  const power = x.exponent - BIAS;
  const isOne = power === 0 && value === 1n << 63n;
  const below = power < 0;
  if (isInfinity(b)) {
    if (isOne) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      setInfinity(r, below ? ~b.se & SIGN : b.se & SIGN);
    }
    return;
  }
  noteDenormals(a, b, env);
  if (isZero(b) || isOne) {
    setZero(r, below ? ~b.se & SIGN : b.se & SIGN);
    return;
  }
  unpack(y, b);
  if (value === 1n << 63n) {
    deliverWhole(r, env, power);
    return;
  }
  // Significand from 0.75 to 1.5, so that the logarithm near 1 does not cancel.
  const high = value >= 3n << 62n;
  const one = high ? 1n << 64n : 1n << 63n;
  const whole = high ? power + 1 : power;
  const distance = value > one ? value - one : one - value;
  const scale = WORK + (whole === 0 ? 64 - bitLength(distance) : 0);
  const fraction = (naturalLog(value, one, scale) << BigInt(scale)) / ln2(scale);
  deliverProduct(r, env, y, fraction + (BigInt(whole) << BigInt(scale)), scale);
}
/** b x log2(a + 1). */
export function logarithmPlusOne(r: Float80, b: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a) || isSpecialNaN(b)) {
    propagateNaN(r, a, b, env);
    return;
  }
  const sign = (a.se ^ b.se) & SIGN;
  if (isInfinity(a)) {
    if (a.se & SIGN || isZero(b)) invalid(r, env);
    else {
      noteDenormals(a, b, env);
      setInfinity(r, sign);
    }
    return;
  }
  if (isInfinity(b)) {
    if (isZero(a)) invalid(r, env);
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
  const value = significand(x.hi, x.lo);
  const power = x.exponent - BIAS;
  if (power < SMALL) {
    const quotient = (value << BigInt(DEEP)) / LN2;
    deliverProduct(r, env, y, x.sign !== 0 ? -quotient : quotient, 63 - power);
    return;
  }
  if (x.sign !== 0 && power >= 0) {
    // Not above -1: undefined in the manuals.
    r.copy(a);
    env.flags |= FSW.PE;
    return;
  }
  logOfSum(r, env, x.sign !== 0 ? -value : value, power);
}
/** y x log2(1 + value x 2^(power - 63)). */
function logOfSum(r: Float80, env: Environment, value: bigint, power: number): void {
  const unit = power > 63 ? 0 : 63 - power;
  const one = 1n << BigInt(unit);
  const total = one + shiftBy(value, power - 63 + unit);
  // total / one = fraction x 2^whole with the fraction from 0.75 to 1.5.
  let whole = bitLength(total) - 1 - unit;
  const top = total >> BigInt(bitLength(total) - 2);
  if (top === 3n) whole++;
  const n = whole >= 0 ? total : total << BigInt(-whole);
  const d = whole >= 0 ? one << BigInt(whole) : one;
  if (n === d) {
    deliverWhole(r, env, whole);
    return;
  }
  const distance = n > d ? n - d : d - n;
  const scale = WORK + (whole === 0 ? bitLength(d) - bitLength(distance) : 0);
  const fraction = (naturalLog(n, d, scale) << BigInt(scale)) / ln2(scale);
  deliverProduct(r, env, y, fraction + (BigInt(whole) << BigInt(scale)), scale);
}
