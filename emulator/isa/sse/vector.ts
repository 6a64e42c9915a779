// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the SSE records share: operand access with the legacy alignment rule, lane constants, and byte indices that
 * are computed from an immediate.
 *
 * An immediate is a constant when a region is compiled and a leaf in the interpreter. Records that select lanes by immediate
 * therefore have two forms: a plain shuffle, and a swizzle whose index vector is arithmetic on the immediate. Both are here, so
 * that a record names only its lanes.
 */
import type { Builder } from '../../ir/builder.ts';
import type { Operand, Value } from '../../ir/value.ts';

/** Reads a 16-byte operand; in memory it must be aligned, else #GP(0). */
export function aligned(ir: Builder, o: Operand): Value {
  ir.requireAligned(o, 16);
  return ir.read(o);
}
/** Low 32 bits of an xmm register, or the 32 bits in memory. */
export function low32(ir: Builder, o: Operand): Value {
  const value = ir.read(o);
  return value.type === 'v128' ? extract32(ir, value, 0) : value;
}
/** Low 64 bits of an xmm register, or the 64 bits in memory. */
export function low64(ir: Builder, o: Operand): Value {
  const value = ir.read(o);
  return value.type === 'v128' ? extract64(ir, value, 0) : value;
}
/** An operand narrower than a register as a vector; lanes that memory does not fill hold copies. */
export function widened(ir: Builder, o: Operand): Value {
  const value = ir.read(o);
  switch (value.type) {
    case 'v128':
      return value;
    case 'i64':
      return ir.simd('i64x2.splat', 'v128', [value]);
    case 'i32':
      return ir.simd('i32x4.splat', 'v128', [value]);
    default:
      return ir.simd('i16x8.splat', 'v128', [value]);
  }
}

export const extract32 = (ir: Builder, v: Value, lane: number): Value => ir.simd('i32x4.extract_lane', 'i32', [v], lane);
export const extract64 = (ir: Builder, v: Value, lane: number): Value => ir.simd('i64x2.extract_lane', 'i64', [v], lane);
export const replace32 = (ir: Builder, v: Value, lane: number, x: Value): Value =>
  ir.simd('i32x4.replace_lane', 'v128', [v, x], lane);
export const replace64 = (ir: Builder, v: Value, lane: number, x: Value): Value =>
  ir.simd('i64x2.replace_lane', 'v128', [v, x], lane);
/** An i32 or i64 in the lowest lane of a vector that is zero elsewhere. */
export const fromScalar = (ir: Builder, x: Value): Value =>
  x.type === 'i32' ? replace32(ir, zero(ir), 0, x) : replace64(ir, zero(ir), 0, x);

/** A constant vector from lanes of 8, 16, 32 or 64 bits, lowest first. */
export function lanes(ir: Builder, width: 8 | 16 | 32 | 64, values: readonly (number | bigint)[]): Value {
  let all = 0n;
  values.forEach((v, i) => {
    all |= BigInt.asUintN(width, BigInt(v)) << BigInt(width * i);
  });
  return ir.const128(all, all >> 64n);
}
export const splat = (ir: Builder, width: 8 | 16 | 32 | 64, value: number | bigint): Value =>
  lanes(ir, width, new Array(128 / width).fill(value));
export const zero = (ir: Builder): Value => ir.const128(0n, 0n);
export const ones = (ir: Builder): Value => ir.const128(-1n, -1n);
/** Byte k holds k. */
export const BYTES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
export const iota = (ir: Builder): Value => lanes(ir, 8, BYTES);

/** Byte lanes for `shuffle` from lane numbers of `width` bits. */
export function byteLanes(width: 8 | 16 | 32 | 64, indices: readonly number[]): number[] {
  const n = width / 8;
  return indices.flatMap((index) => BYTES.slice(0, n).map((k) => index * n + k));
}
/** A shuffle named by lanes of `width` bits; numbers from 128/width on are lanes of `b`. */
export const shuffle = (ir: Builder, width: 8 | 16 | 32 | 64, a: Value, b: Value, indices: readonly number[]): Value =>
  ir.shuffle(a, b, byteLanes(width, indices));
export const swizzle = (ir: Builder, v: Value, index: Value): Value => ir.simd('i8x16.swizzle', 'v128', [v, index]);
export const bitselect = (ir: Builder, mask: Value, then: Value, otherwise: Value): Value =>
  ir.simd('v128.bitselect', 'v128', [then, otherwise, mask]);
export const vand = (ir: Builder, a: Value, b: Value): Value => ir.simd('v128.and', 'v128', [a, b]);
export const vor = (ir: Builder, a: Value, b: Value): Value => ir.simd('v128.or', 'v128', [a, b]);
/** Of an 8-bit immediate: its number if it is known now. */
export const known = (imm: Value): number | undefined => (imm.op === 'const' ? Number(imm.n & 0xffn) : undefined);
export const immediate32 = (ir: Builder, imm: Value): Value => ir.zext(imm, 'i32');
/** An 8-bit immediate, at most `limit`, in every byte. */
export const clampedBytes = (ir: Builder, imm: Value, limit: number): Value =>
  ir.simd('i8x16.min_u', 'v128', [ir.simd('i8x16.splat', 'v128', [immediate32(ir, imm)]), splat(ir, 8, limit)]);

/** Lane masks (all ones or zero) of 128/width lanes from the bits of an immediate, lowest lane from bit `first`. */
export function maskFromBits(ir: Builder, width: 8 | 16 | 32 | 64, bitsValue: Value, first = 0): Value {
  const count = 128 / width;
  if (bitsValue.op === 'const') {
    const n = bitsValue.n >> BigInt(first);
    return lanes(
      ir,
      width,
      Array.from({ length: count }, (_, i) => ((n >> BigInt(i)) & 1n ? -1n : 0n)),
    );
  }
  const x = ir.zext(bitsValue, 'i32');
  if (width === 8) {
    // Bits 0-7 to the low bytes, 8-15 to the high ones.
    const both = ir.shuffle(ir.simd('i32x4.splat', 'v128', [x]), zero(ir), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    const bit = lanes(
      ir,
      8,
      BYTES.map((i) => 1 << (i & 7)),
    );
    return ir.simd('i8x16.eq', 'v128', [vand(ir, both, bit), bit]);
  }
  const shape = width === 16 ? 'i16x8' : width === 32 ? 'i32x4' : 'i64x2';
  const source = width === 64 ? ir.zext(x, 'i64') : x;
  const bit = lanes(
    ir,
    width,
    Array.from({ length: count }, (_, i) => 1 << (i + first)),
  );
  return ir.simd(`${shape}.eq`, 'v128', [vand(ir, ir.simd(`${shape}.splat`, 'v128', [source]), bit), bit]);
}

/**
 * Swizzle indices from an immediate of 2-bit (or 1-bit) fields. The multiplication moves each lane's field to the top of the lane,
 * the shift brings it down, the second multiplication makes it a byte offset in every byte of the lane.
 */
export function fieldIndices(ir: Builder, shape: 'dwords' | 'qwords' | 'lowWords' | 'highWords', imm: Value): Value {
  const x = immediate32(ir, imm);
  if (shape === 'dwords' || shape === 'qwords') {
    const factors = shape === 'dwords' ? [30, 28, 26, 24] : [31, 31, 30, 30];
    const moved = ir.simd('i32x4.mul', 'v128', [
      ir.simd('i32x4.splat', 'v128', [x]),
      lanes(
        ir,
        32,
        factors.map((n) => 1n << BigInt(n)),
      ),
    ]);
    const field = ir.simd('i32x4.shr_u', 'v128', [moved, ir.const(shape === 'dwords' ? 30 : 31, 'i32')]);
    const scaled = ir.simd('i32x4.mul', 'v128', [field, splat(ir, 32, shape === 'dwords' ? 0x04040404 : 0x08080808)]);
    const base = shape === 'dwords' ? byteLanes(32, [0, 0, 0, 0]) : byteLanes(64, [0, 0]);
    return ir.simd('i32x4.add', 'v128', [scaled, lanes(ir, 8, base)]);
  }
  const low = shape === 'lowWords';
  const factors = [1 << 14, 1 << 12, 1 << 10, 1 << 8];
  const none = [0, 0, 0, 0];
  const moved = ir.simd('i16x8.mul', 'v128', [
    ir.simd('i16x8.splat', 'v128', [x]),
    lanes(ir, 16, low ? [...factors, ...none] : [...none, ...factors]),
  ]);
  const scaled = ir.simd('i16x8.mul', 'v128', [
    ir.simd('i16x8.shr_u', 'v128', [moved, ir.const(14, 'i32')]),
    splat(ir, 16, 0x0202),
  ]);
  const base = byteLanes(16, low ? [0, 0, 0, 0, 4, 5, 6, 7] : [0, 1, 2, 3, 4, 4, 4, 4]);
  return ir.simd('i16x8.add', 'v128', [scaled, lanes(ir, 8, base)]);
}
