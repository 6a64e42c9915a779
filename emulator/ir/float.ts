// SPDX-License-Identifier: MIT
/**
 * @fileoverview When WebAssembly's floating point gives exactly what SSE gives, flags included.
 *
 * A float instruction is a helper call with a shortcut: the host's result, taken where no exception flag could change and no
 * NaN could reach the guest. The tests are on values that exist anyway and cost a few integer operations:
 * - MXCSR is ordinary: round to nearest, everything masked, and PE already set (it is sticky; after a program's first inexact
 *   result it stays set). `ordinaryMxcsr`. Results that are surely exact need no such test.
 * - No operand is denormal (DE, DAZ), nothing is a NaN or an overflow (IE, ZE, OE), nothing is near underflow (UE, FTZ). Each
 *   operation tests only what its other tests do not imply; the functions below say which.
 * Everything else takes the helper, which is right in all cases. WebAssembly core specification 2.0, 4.3.3: all operations
 * round to nearest, ties to even, and only NaN results are not deterministic.
 */
import type { SimdName } from '../wasm/opcodes.ts';
import type { Builder } from './builder.ts';
import { SLOT } from './state.ts';
import type { Value } from './value.ts';

/** All masks, PE, nearest; FTZ, DAZ and the other flags do not matter. */
export const ORDINARY_MASK = 0x7fa0;
export const ORDINARY = 0x1fa0;
export const ordinaryMxcsr = (ir: Builder): Value =>
  ir.eq(ir.and(ir.slot(SLOT.MXCSR, 'i32'), ir.const(ORDINARY_MASK, 'i32')), ir.const(ORDINARY, 'i32'));

/** Bits of a number shifted left by one, which drops the sign; i32 for binary32, i64 for binary64. */
interface Scale {
  stored: bigint;
  /** Bits of infinity and of the smallest normal number, shifted left by one. */
  infinity: bigint;
  normal: bigint;
}
const SCALE: Record<'i32' | 'i64', Scale> = {
  i32: { stored: 23n, infinity: 0xff000000n, normal: 1n << 24n },
  i64: { stored: 52n, infinity: 0x7ffn << 53n, normal: 1n << 53n },
};
const scaleOf = (x: Value): Scale => SCALE[x.type as 'i32' | 'i64'];
const doubled = (ir: Builder, x: Value): Value => ir.shl(x, ir.const(1, x.type));
/** low <= x < high in one comparison. */
const within = (ir: Builder, x: Value, low: bigint, high: bigint): Value =>
  ir.ult(ir.sub(x, ir.const(low, x.type)), ir.const(high - low, x.type));

export const isZeroFloat = (ir: Builder, x: Value): Value => ir.isZero(doubled(ir, x));
/** Zero or a normal number. */
export const isZeroOrNormal = (ir: Builder, x: Value): Value => {
  const s = scaleOf(x);
  return ir.or(within(ir, doubled(ir, x), s.normal, s.infinity), isZeroFloat(ir, x));
};
/** Zero, normal, infinity or NaN. */
export const notDenormal = (ir: Builder, x: Value): Value => ir.not(within(ir, doubled(ir, x), 1n, scaleOf(x).normal));
export const notNan = (ir: Builder, x: Value): Value => ir.ule(doubled(ir, x), ir.const(scaleOf(x).infinity, x.type));
/** Finite and above the smallest normal number, so neither overflow nor, before rounding, tiny. */
export const isSafelyNormal = (ir: Builder, x: Value): Value => {
  const s = scaleOf(x);
  return within(ir, doubled(ir, x), s.normal + 2n, s.infinity);
};
/** Positive, finite, normal or +0: what has a square root without exceptions but PE. */
export const hasPlainRoot = (ir: Builder, x: Value): Value => {
  const s = scaleOf(x);
  return ir.or(within(ir, x, s.normal >> 1n, s.infinity >> 1n), ir.isZero(x));
};
export const all = (ir: Builder, ...conditions: readonly Value[]): Value => conditions.reduce((a, b) => ir.and(a, b));

/** The same tests on all lanes of a vector; `shape` says which. Masks: all ones where the lane is unfit for the shortcut. */
export type FloatShape = 'f32x4' | 'f64x2';
export class FloatLanes {
  private readonly ir: Builder;
  private readonly shape: FloatShape;
  constructor(ir: Builder, shape: FloatShape) {
    this.ir = ir;
    this.shape = shape;
  }
  op(
    name: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'abs' | 'eq' | 'ne' | 'lt' | 'le' | 'ge' | 'pmin' | 'pmax',
    ...args: readonly Value[]
  ): Value {
    return this.ir.simd(`${this.shape}.${name}` as SimdName, 'v128', args);
  }
  and(a: Value, b: Value): Value {
    return this.ir.simd('v128.and', 'v128', [a, b]);
  }
  or(...masks: readonly Value[]): Value {
    return masks.reduce((a, b) => this.ir.simd('v128.or', 'v128', [a, b]));
  }
  not(a: Value): Value {
    return this.ir.simd('v128.not', 'v128', [a]);
  }
  none(mask: Value): Value {
    return this.ir.isZero(this.ir.simd('v128.any_true', 'i32', [mask]));
  }
  splat(bits32: number, bits64: bigint): Value {
    const one = this.shape === 'f64x2' ? bits64 : (BigInt(bits32) << 32n) | BigInt(bits32);
    return this.ir.const128(one, one);
  }
  get zero(): Value {
    return this.ir.const128(0n, 0n);
  }
  private get infinity(): Value {
    return this.splat(0x7f800000, 0x7ffn << 52n);
  }
  private get smallestNormal(): Value {
    return this.splat(0x00800000, 1n << 52n);
  }
  denormal(x: Value): Value {
    return this.and(this.op('lt', this.op('abs', x), this.smallestNormal), this.op('ne', x, this.zero));
  }
  notFinite(x: Value): Value {
    return this.not(this.op('lt', this.op('abs', x), this.infinity));
  }
  nan(x: Value): Value {
    return this.op('ne', x, x);
  }
  isZero(x: Value): Value {
    return this.op('eq', x, this.zero);
  }
  /** Zero, tiny or perhaps tiny before rounding; infinite; NaN. */
  notSafelyNormal(x: Value): Value {
    const magnitude = this.op('abs', x);
    return this.or(this.op('le', magnitude, this.smallestNormal), this.not(this.op('lt', magnitude, this.infinity)));
  }
}
