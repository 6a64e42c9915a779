// SPDX-License-Identifier: MIT
/**
 * @fileoverview Conversions between the 80-bit format and what memory holds: single, double, integers, packed decimal.
 *
 * Loads are exact; they raise DE for a denormal source and IE for a signaling NaN, which FLD quiets and arithmetic leaves to the
 * operation's NaN rules (hence `fromSingle` does not quiet). Stores round by the control word's rounding field, never by its precision.
 * 64-bit memory values travel as two unsigned halves.
 *
 * Specification: SDM vol. 1, 4.8 and 8.1.2 to 8.5; packed decimal 4.7.
 */
import {
  BIAS,
  type Environment,
  EXPONENT,
  type Float80,
  FSW,
  isAnyNaN,
  isDenormal,
  isInfinity,
  isSignaling,
  isSpecialNaN,
  isUnsupported,
  isZero,
  normalize,
  ROUND,
  rounded,
  roundToFormat,
  SIGN,
  setZero,
  shifted,
  shiftRightJam,
  Unpacked,
  unpack,
} from './float80.ts';

const u = new Unpacked();
const normal = new Unpacked();
/** Result of the conversions to memory formats, as two halves. */
export const word = { hi: 0, lo: 0 };

/** Packs sign, exponent and a significand that is not zero but may lack its top bit. */
function pack(r: Float80, sign: number, exponent: number, hi: number, lo: number): void {
  normalize(normal, exponent, hi, lo);
  r.set(sign | normal.exponent, normal.hi, normal.lo);
}

/** Flags DE for a denormal; NaNs keep their payload and stay signaling. */
export function fromSingle(r: Float80, value: number, env: Environment): void {
  const sign = value < 0 || value > 0x7fffffff ? SIGN : 0;
  const exponent = (value >>> 23) & 0xff;
  const fraction = value & 0x7fffff;
  if (exponent === 0xff) r.set(sign | EXPONENT, (0x80000000 | (fraction << 8)) >>> 0, 0);
  else if (exponent !== 0) r.set(sign | (exponent - 127 + BIAS), (0x80000000 | (fraction << 8)) >>> 0, 0);
  else if (fraction === 0) setZero(r, sign);
  else {
    env.flags |= FSW.DE;
    pack(r, sign, BIAS - 126, fraction << 8, 0);
  }
}

export function fromDouble(r: Float80, hi: number, lo: number, env: Environment): void {
  const sign = hi >>> 31 !== 0 ? SIGN : 0;
  const exponent = (hi >>> 20) & 0x7ff;
  const high = (((hi & 0xfffff) << 11) | (lo >>> 21)) >>> 0;
  const low = (lo << 11) >>> 0;
  if (exponent === 0x7ff) r.set(sign | EXPONENT, (0x80000000 | high) >>> 0, low);
  else if (exponent !== 0) r.set(sign | (exponent - 1023 + BIAS), (0x80000000 | high) >>> 0, low);
  else if ((high | low) === 0) setZero(r, sign);
  else {
    env.flags |= FSW.DE;
    pack(r, sign, BIAS - 1022, high, low);
  }
}

/** Signed 64-bit integer in two halves; also serves the narrower ones, sign-extended. */
export function fromInteger(r: Float80, hi: number, lo: number): void {
  if ((hi | lo) === 0) {
    setZero(r, 0);
    return;
  }
  let sign = 0;
  if (hi >>> 31 !== 0) {
    sign = SIGN;
    lo = -lo >>> 0;
    hi = (~hi + (lo === 0 ? 1 : 0)) >>> 0;
  }
  pack(r, sign, BIAS + 63, hi, lo);
}

/** To single (precision 24) or double (53); the bits are in `word` (single: `lo`). */
export function toShorter(a: Float80, env: Environment, precision: 24 | 53): void {
  const maximum = precision === 24 ? 0xfe : 0x7fe;
  const bias = precision === 24 ? 127 : 1023;
  const negative = a.se >= SIGN;
  if (isUnsupported(a)) {
    env.flags |= FSW.IE;
    packShorter(true, maximum + 1, 0xc0000000, 0, precision);
  } else if ((a.se & EXPONENT) === EXPONENT) {
    if (isSignaling(a)) env.flags |= FSW.IE;
    packShorter(negative, maximum + 1, isAnyNaN(a) ? (a.hi | 0x40000000) >>> 0 : a.hi, a.lo, precision);
  } else if (isZero(a)) packShorter(negative, 0, 0, 0, precision);
  else {
    unpack(u, a);
    roundToFormat(env, negative, u.exponent - BIAS + bias, u.hi, u.lo, 0, precision, maximum, 0);
    if (rounded.infinite) packShorter(negative, maximum + 1, 0x80000000, 0, precision);
    else packShorter(negative, rounded.exponent, rounded.hi, rounded.lo, precision);
  }
}
function packShorter(negative: boolean, exponent: number, hi: number, lo: number, precision: 24 | 53): void {
  const sign = negative ? 0x80000000 : 0;
  if (precision === 24) {
    word.hi = 0;
    word.lo = (sign | (exponent << 23) | ((hi >>> 8) & 0x7fffff)) >>> 0;
  } else {
    word.hi = (sign | (exponent << 20) | ((hi >>> 11) & 0xfffff)) >>> 0;
    word.lo = ((hi << 21) | (lo >>> 11)) >>> 0;
  }
}

/** Magnitude of a finite number rounded to an integer, in `integer`; `large` when it needs more than 64 bits. Raises nothing. */
const integer = { hi: 0, lo: 0, large: false, inexact: false, up: false };
function roundToInteger(a: Float80, rounding: number): void {
  integer.large = integer.inexact = integer.up = false;
  if (isZero(a)) {
    integer.hi = integer.lo = 0;
    return;
  }
  unpack(u, a);
  const shift = BIAS + 63 - u.exponent;
  if (shift < 0) {
    integer.large = true;
    return;
  }
  shiftRightJam(u.hi, u.lo, 0, shift);
  const { rest } = shifted;
  let { hi, lo } = shifted;
  const negative = u.sign !== 0;
  if (rest !== 0) {
    integer.inexact = true;
    integer.up =
      rounding === ROUND.nearest
        ? rest > 0x80000000 || (rest === 0x80000000 && (lo & 1) !== 0)
        : rounding !== ROUND.zero && (rounding === ROUND.down) === negative;
    if (integer.up) {
      lo = (lo + 1) >>> 0;
      if (lo === 0) {
        hi = (hi + 1) >>> 0;
        if (hi === 0) integer.large = true;
      }
    }
  }
  integer.hi = hi;
  integer.lo = lo;
}
function noteInteger(env: Environment): void {
  if (integer.inexact) env.flags |= integer.up ? FSW.PE | FSW.C1 : FSW.PE;
}

/** FIST and FISTTP: two's complement of `size` bits in `word`; out of range is the integer indefinite. */
export function toInteger(a: Float80, env: Environment, size: 16 | 32 | 64, rounding: number): void {
  let fits = (a.se & EXPONENT) !== EXPONENT && !isUnsupported(a);
  if (fits) {
    roundToInteger(a, rounding);
    const negative = a.se >= SIGN;
    const limit = size === 64 ? 0x80000000 : size === 32 ? 0x80000000 : 0x8000;
    const top = size === 64 ? integer.hi : integer.hi !== 0 ? 0xffffffff : integer.lo;
    fits = !integer.large && (top < limit || (negative && top === limit && (size !== 64 || integer.lo === 0)));
    if (fits) {
      noteInteger(env);
      word.lo = negative ? -integer.lo >>> 0 : integer.lo;
      word.hi = negative ? (~integer.hi + (word.lo === 0 ? 1 : 0)) >>> 0 : integer.hi;
      return;
    }
  }
  env.flags |= FSW.IE;
  word.hi = size === 64 ? 0x80000000 : 0;
  word.lo = size === 64 ? 0 : size === 32 ? 0x80000000 : 0x8000;
}

/** FRNDINT. */
export function roundInteger(r: Float80, a: Float80, env: Environment): void {
  if (isSpecialNaN(a)) {
    if (isUnsupported(a) || isSignaling(a)) env.flags |= FSW.IE;
    if (isUnsupported(a)) r.set(0xffff, 0xc0000000, 0);
    else r.set(a.se, (a.hi | 0x40000000) >>> 0, a.lo);
    return;
  }
  if (isInfinity(a) || isZero(a) || (a.se & EXPONENT) >= BIAS + 63) {
    r.copy(a);
    return;
  }
  if (isDenormal(a)) env.flags |= FSW.DE;
  roundToInteger(a, env.rounding);
  noteInteger(env);
  if ((integer.hi | integer.lo) === 0) setZero(r, a.se & SIGN);
  else pack(r, a.se & SIGN, BIAS + 63, integer.hi, integer.lo);
}

/** FBLD: `digits` is the low 8 bytes, `top` the highest digit pair and the sign byte. */
export function fromDecimal(r: Float80, digits: bigint, top: number): void {
  let value = 0n;
  for (let shift = 4; shift >= 0; shift -= 4) value = value * 10n + BigInt((top >> shift) & 15);
  for (let shift = 60n; shift >= 0n; shift -= 4n) value = value * 10n + ((digits >> shift) & 15n);
  const sign = top & 0x8000 ? SIGN : 0;
  if (value === 0n) setZero(r, sign);
  else pack(r, sign, BIAS + 63, Number(value >> 32n), Number(value & 0xffffffffn));
}

const DECIMAL_LIMIT = 10n ** 18n;
/** FBSTP: the low 8 bytes and the upper 2. */
export function toDecimal(a: Float80, env: Environment): { digits: bigint; top: number } {
  if ((a.se & EXPONENT) !== EXPONENT && !isUnsupported(a)) {
    roundToInteger(a, env.rounding);
    let value = (BigInt(integer.hi) << 32n) | BigInt(integer.lo);
    if (!integer.large && value < DECIMAL_LIMIT) {
      noteInteger(env);
      let packed = 0n;
      for (let shift = 0n; value > 0n; shift += 4n, value /= 10n) packed |= (value % 10n) << shift;
      return { digits: BigInt.asUintN(64, packed), top: Number(packed >> 64n) | (a.se & SIGN) };
    }
  }
  env.flags |= FSW.IE;
  return { digits: 0xc000000000000000n, top: 0xffff };
}
