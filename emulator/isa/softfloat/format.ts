// SPDX-License-Identifier: MIT
/**
 * @fileoverview IEEE 754 binary32 and binary64 as x86's SSE computes them: encodings, classification, rounding, exception flags.
 *
 * Numbers are their bit patterns, as bigints; host floating point is never involved, so NaN payloads and hosts do not matter. Every
 * operation computes the exact result (or enough of it plus a sticky bit) as sign, integer significand and exponent, and rounds
 * once in `roundPack`.
 *
 * Exceptions (SDM vol. 1, 11.5; APM vol. 1, 4.10): IE, DE and ZE are found before computing, OE, UE and PE after. Flags are
 * collected in a `Status`; whether one is unmasked, and thus #XM, is the caller's business, but overflow and underflow differ
 * slightly when unmasked, so the status carries the masks. Tininess is detected after rounding. Operations, rounding and NaN rules
 * are in `arithmetic.ts` and `convert.ts`. IEEE 754-2008, sections 3.4, 4.3, 7.
 */

/** Exception flags at their MXCSR positions. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;

/** MXCSR.RC. */
export const NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TOWARD_ZERO = 3;

/** What an operation is told, and what it reports. */
export interface Status {
  rounding: number;
  /** Denormal operands count as zeros. */
  daz: boolean;
  /** Tiny results become zeros while underflow is masked. */
  ftz: boolean;
  /** MXCSR's mask bits shifted to the flags' positions. */
  masks: number;
  flags: number;
}
export const statusOf = (mxcsr: number): Status => ({
  rounding: (mxcsr >> 13) & 3,
  daz: (mxcsr & 0x40) !== 0,
  ftz: (mxcsr & 0x8000) !== 0,
  masks: (mxcsr >> 7) & 0x3f,
  flags: 0,
});

export interface Format {
  readonly size: 32 | 64;
  /** Significand bits including the implicit one. */
  readonly precision: number;
  /** Exponent of the smallest normal number. */
  readonly minimum: number;
  readonly bias: number;
  /** Biased exponent of infinities and NaNs. */
  readonly top: number;
  readonly fraction: bigint;
  readonly sign: bigint;
  readonly infinity: bigint;
  readonly quiet: bigint;
  /** The NaN of invalid operations: negative, quiet, no payload. */
  readonly indefinite: bigint;
}
function format(size: 32 | 64, precision: number): Format {
  const width = size - precision;
  const stored = BigInt(precision - 1);
  const bias = 2 ** (width - 1) - 1;
  const sign = 1n << BigInt(size - 1);
  const infinity = ((1n << BigInt(width)) - 1n) << stored;
  const quiet = 1n << (stored - 1n);
  const top = 2 ** width - 1;
  return {
    size,
    precision,
    minimum: 1 - bias,
    bias,
    top,
    fraction: (1n << stored) - 1n,
    sign,
    infinity,
    quiet,
    indefinite: sign | infinity | quiet,
  };
}
export const F32 = format(32, 24);
export const F64 = format(64, 53);

const magnitude = (f: Format, x: bigint): bigint => x & ~f.sign;
export const isNegative = (f: Format, x: bigint): boolean => (x & f.sign) !== 0n;
export const isNan = (f: Format, x: bigint): boolean => magnitude(f, x) > f.infinity;
export const isSignalling = (f: Format, x: bigint): boolean => isNan(f, x) && (x & f.quiet) === 0n;
export const isInfinite = (f: Format, x: bigint): boolean => magnitude(f, x) === f.infinity;
export const isZero = (f: Format, x: bigint): boolean => magnitude(f, x) === 0n;
export const isDenormal = (f: Format, x: bigint): boolean => magnitude(f, x) !== 0n && magnitude(f, x) <= f.fraction;
export const signOf = (f: Format, x: bigint): bigint => x & f.sign;
export const largest = (f: Format): bigint => f.infinity - 1n;
/** A denormal operand as a zero of its sign, where DAZ says so. */
export const flushed = (f: Format, s: Status, x: bigint): bigint => (s.daz && isDenormal(f, x) ? signOf(f, x) : x);

/** A finite non-zero number is significand * 2^exponent. */
export function significand(f: Format, x: bigint): bigint {
  const biased = magnitude(f, x) >> BigInt(f.precision - 1);
  return biased === 0n ? x & f.fraction : (x & f.fraction) | (f.fraction + 1n);
}
export function exponent(f: Format, x: bigint): number {
  const biased = Number(magnitude(f, x) >> BigInt(f.precision - 1));
  return Math.max(biased, 1) - f.bias - (f.precision - 1);
}

const number64 = new Float64Array(1);
const halves = new Uint32Array(number64.buffer);
export function bitLength(n: bigint): number {
  if (n >> 52n !== 0n) return n >> 104n === 0n ? 52 + bitLength(n >> 52n) : 104 + bitLength(n >> 104n);
  number64[0] = Number(n);
  return n === 0n ? 0 : (halves[1] >>> 20) - 1022;
}

/** n / 2^shift, rounded in direction `rounding` for a number of that sign. */
export function roundShift(n: bigint, shift: number, rounding: number, negative: boolean): bigint {
  if (shift <= 0) return n << BigInt(-shift);
  const s = BigInt(shift);
  const q = n >> s;
  const rest = n - (q << s);
  if (rest === 0n) return q;
  switch (rounding) {
    case NEAREST: {
      const half = 1n << (s - 1n);
      return rest > half || (rest === half && (q & 1n) === 1n) ? q + 1n : q;
    }
    case DOWN:
      return negative ? q + 1n : q;
    case UP:
      return negative ? q : q + 1n;
    default:
      return q;
  }
}

/** The representable number for ±n * 2^e, n > 0. A sticky lowest bit is exact enough when n has precision + 2 bits or more. */
export function roundPack(f: Format, s: Status, negative: boolean, n: bigint, e: number): bigint {
  const sign = negative ? f.sign : 0n;
  const p = f.precision;
  const length = bitLength(n);
  const leading = e + length - 1;
  const unbounded = roundShift(n, length - p, s.rounding, negative);
  const carried = unbounded >> BigInt(p) !== 0n;
  const tiny = leading < f.minimum && !(leading === f.minimum - 1 && carried);
  if (tiny && !(s.masks & UE)) {
    // Unmasked: reported even when exact; PE tells whether the significand was, as if the exponent were unbounded.
    s.flags |= UE | (n === exactly(unbounded, length - p) ? 0 : PE);
    return sign;
  }
  if (tiny && s.ftz) {
    s.flags |= UE | PE;
    return sign;
  }
  const shift = Math.max(leading, f.minimum) - (p - 1) - e;
  const m = roundShift(n, shift, s.rounding, negative);
  const inexact = n !== exactly(m, shift);
  // Adding the biased exponent minus one lets a carry out of the significand, or into the implicit bit, do the right thing.
  const biased = Math.max(leading, f.minimum) + f.bias - 1;
  const packed = m + (BigInt(biased) << BigInt(p - 1));
  if (packed >= f.infinity) {
    s.flags |= OE;
    if (inexact || s.masks & OE) s.flags |= PE;
    const toInfinity = s.rounding === NEAREST || s.rounding === (negative ? DOWN : UP);
    return sign | (toInfinity ? f.infinity : largest(f));
  }
  if (inexact) s.flags |= tiny ? PE | UE : PE;
  return sign | packed;
}
/** What `roundShift` would have to have been given for its result to be exact. */
const exactly = (m: bigint, shift: number): bigint => (shift <= 0 ? m >> BigInt(-shift) : m << BigInt(shift));

/** Result when at least one of two operands is a NaN: the first that is one, made quiet. */
export function propagate(f: Format, s: Status, a: bigint, b: bigint): bigint {
  if (isSignalling(f, a) || isSignalling(f, b)) s.flags |= IE;
  return (isNan(f, a) ? a : b) | f.quiet;
}
export function invalid(f: Format, s: Status): bigint {
  s.flags |= IE;
  return f.indefinite;
}
