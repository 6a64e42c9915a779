// SPDX-License-Identifier: MIT
/**
 * @fileoverview Division by a constant as multiplication by its reciprocal.
 *
 * For a divisor d and N-bit operands there are a multiplier m and a shift s with floor(x / d) = floor(x * m / 2^(N + s)) for all x.
 * Unsigned, m may need N + 1 bits; then the top bit is added by hand. Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication" (PLDI 1994), figures 4.2 and 5.2. 32-bit products are taken in 64-bit registers; 64-bit ones use the high half of
 * a 128-bit product (`i64.mulhi_*`).
 */
import type { ValueMaker } from './simplify.ts';
import type { Value } from './ssa.ts';

type Int = 'i32' | 'i64';

/** `name` is div_s, div_u, rem_s or rem_u. Undefined for divisors left to the instruction: zero (traps) and, signed, -1 (may trap). */
export function divideByConstant(make: ValueMaker, type: Int, name: string, x: Value, divisor: bigint): Value | undefined {
  if (divisor === 0n) return undefined;
  const bits = type === 'i32' ? 32 : 64;
  const operation = (op: string, a: Value, b: Value | bigint) =>
    make.emit(`${type}.${op}`, type, [a, typeof b === 'bigint' ? make.constant(type, b) : b]);
  if (name.endsWith('_u')) {
    const d = BigInt.asUintN(bits, divisor);
    if (d === 1n) return name === 'div_u' ? x : make.constant(type, 0n);
    if ((d & (d - 1n)) === 0n) {
      return name === 'div_u' ? operation('shr_u', x, BigInt(d.toString(2).length - 1)) : operation('and', x, d - 1n);
    }
    const quotient = unsignedQuotient(make, type, bits, x, d);
    return name === 'div_u' ? quotient : operation('sub', x, operation('mul', quotient, d));
  }
  if (divisor === -1n) return name === 'rem_s' ? make.constant(type, 0n) : undefined;
  if (divisor === 1n) return name === 'div_s' ? x : make.constant(type, 0n);
  const quotient = signedQuotient(make, type, bits, x, divisor);
  return name === 'div_s' ? quotient : operation('sub', x, operation('mul', quotient, divisor));
}

/** The high `bits` bits of the product of `x` and the constant `m`, which has at most `bits` bits. */
function highProduct(make: ValueMaker, type: Int, x: Value, m: bigint, signed: boolean): Value {
  if (type === 'i64') return make.emit(signed ? 'i64.mulhi_s' : 'i64.mulhi_u', 'i64', [x, make.constant('i64', m)]);
  const wide = make.emit(signed ? 'i64.extend_i32_s' : 'i64.extend_i32_u', 'i64', [x]);
  const product = make.emit('i64.mul', 'i64', [wide, make.constant('i64', signed ? BigInt.asIntN(32, m) : m)]);
  const high = make.emit(signed ? 'i64.shr_s' : 'i64.shr_u', 'i64', [product, make.constant('i64', 32n)]);
  return make.emit('i32.wrap_i64', 'i32', [high]);
}

function unsignedQuotient(make: ValueMaker, type: Int, bits: number, x: Value, d: bigint): Value {
  const n = BigInt(bits);
  const operation = (op: string, a: Value, b: Value | bigint) =>
    make.emit(`${type}.${op}`, type, [a, typeof b === 'bigint' ? make.constant(type, b) : b]);
  // The smallest shift whose rounded-up reciprocal is exact enough: m * d - 2^(n + s) <= 2^s.
  let shift = 0n;
  let m = 0n;
  for (; ; shift++) {
    const power = 1n << (n + shift);
    m = (power + d - 1n) / d;
    if (m * d - power <= 1n << shift) break;
  }
  if (m < 1n << n) {
    if (type === 'i32') {
      const product = make.emit('i64.mul', 'i64', [make.emit('i64.extend_i32_u', 'i64', [x]), make.constant('i64', m)]);
      const quotient = make.emit('i64.shr_u', 'i64', [product, make.constant('i64', n + shift)]);
      return make.emit('i32.wrap_i64', 'i32', [quotient]);
    }
    return operation('shr_u', highProduct(make, type, x, m, false), shift);
  }
  // m = 2^n + rest: x * m / 2^n = high + x, whose carry is avoided by halving first.
  const high = highProduct(make, type, x, m - (1n << n), false);
  const half = operation('shr_u', operation('sub', x, high), 1n);
  return operation('shr_u', operation('add', half, high), shift - 1n);
}

function signedQuotient(make: ValueMaker, type: Int, bits: number, x: Value, divisor: bigint): Value {
  const n = BigInt(bits);
  const operation = (op: string, a: Value, b: Value | bigint) =>
    make.emit(`${type}.${op}`, type, [a, typeof b === 'bigint' ? make.constant(type, b) : b]);
  const d = divisor < 0n ? -divisor : divisor;
  const sign = operation('shr_s', x, n - 1n);
  let quotient: Value;
  if ((d & (d - 1n)) === 0n) {
    // Rounds towards zero by adding d - 1 to negative dividends.
    const log = BigInt(d.toString(2).length - 1);
    quotient = operation('shr_s', operation('add', x, operation('shr_u', sign, n - log)), log);
  } else {
    let shift = 1n;
    let m = 0n;
    for (; ; shift++) {
      const power = 1n << (n - 1n + shift);
      m = power / d + 1n;
      if (m * d - power <= 1n << shift) break;
    }
    // m has n bits; read as a signed number it is m - 2^n, which the addition of x makes good.
    let high = highProduct(make, type, x, m, true);
    if (m >= 1n << (n - 1n)) high = operation('add', high, x);
    quotient = operation('sub', operation('shr_s', high, shift - 1n), sign);
  }
  return divisor < 0n ? make.emit(`${type}.sub`, type, [make.constant(type, 0n), quotient]) : quotient;
}
