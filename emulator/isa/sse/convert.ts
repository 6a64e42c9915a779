// SPDX-License-Identifier: MIT
/**
 * @fileoverview Conversions between floating point and integers, between the two precisions, and rounding to integral values
 * (CVT*, ROUND*; SDM vol. 2). i32 to binary64 is always exact and needs no helper; the others have shortcuts (`ir/float.ts`).
 */
import type { Builder } from '../../ir/builder.ts';
import { FloatLanes, type FloatShape, isSafelyNormal, isZeroFloat, notDenormal, notNan, ordinaryMxcsr } from '../../ir/float.ts';
import type { HelperRef, Value } from '../../ir/value.ts';
import type { OpName, SaturatingName, SimdName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { fromInteger, narrow, toInteger, toIntegral, widen } from '../softfloat/convert.ts';
import { F32, F64, type Format, TOWARD_ZERO } from '../softfloat/format.ts';
import { floatHelper, lanesOf, returnLanes, returnScalar, scalarOf } from './floatHelper.ts';
import { aligned, known, low32, low64, ones, replace32, replace64, shuffle, splat, widened } from './vector.ts';

const v = (ir: Builder, name: SimdName, ...args: readonly Value[]): Value => ir.simd(name, 'v128', args);

// Precision.

const singleToDouble = floatHelper('cvtss2sd', (cpu, s) => {
  const result = widen(s, scalarOf(cpu, 0, F32));
  return () => returnScalar(cpu, 64, result);
});
instruction({
  mnemonic: 'cvtss2sd',
  encodings: { 'F3 0F 5A /r': 'Vx,Wd' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    const a = low32(ir, src);
    const value = ir.bitcast(ir.float('f64.promote_f32', 'f64', [ir.bitcast(a, 'f32')]), 'i64');
    const when = ir.and(notNan(ir, a), notDenormal(ir, a));
    ir.write(dst, replace64(ir, ir.read(dst), 0, ir.callUnless({ when, value }, singleToDouble, [a])));
  },
});
const doubleToSingle = floatHelper('cvtsd2ss', (cpu, s) => {
  const result = narrow(s, scalarOf(cpu, 0, F64));
  return () => returnScalar(cpu, 32, result);
});
instruction({
  mnemonic: 'cvtsd2ss',
  encodings: { 'F2 0F 5A /r': 'Vx,Wq' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    const a = low64(ir, src);
    const x = ir.bitcast(a, 'f64');
    const single = ir.float('f32.demote_f64', 'f32', [x]);
    const value = ir.bitcast(single, 'i32');
    const exact = ir.float('f64.eq', 'i1', [ir.float('f64.promote_f32', 'f64', [single]), x]);
    const when = ir.or(isZeroFloat(ir, a), ir.and(isSafelyNormal(ir, value), ir.or(ordinaryMxcsr(ir), exact)));
    ir.write(dst, replace32(ir, ir.read(dst), 0, ir.callUnless({ when, value }, doubleToSingle, [a])));
  },
});
const singlesToDoubles = floatHelper('cvtps2pd', (cpu, s) => {
  const result = lanesOf(cpu, 0, F32)
    .slice(0, 2)
    .map((x) => widen(s, x));
  return () => returnLanes(cpu, 64, result);
});
instruction({
  mnemonic: 'cvtps2pd',
  encodings: { 'NP 0F 5A /r': 'Vx,Wq' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    // Of a register the upper half does not count, nor may it keep the shortcut from being taken.
    const low = low64(ir, src);
    const a = v(ir, 'i64x2.splat', low);
    const lanes = new FloatLanes(ir, 'f32x4');
    const when = lanes.none(lanes.or(lanes.nan(a), lanes.denormal(a)));
    ir.write(dst, ir.callUnless({ when, value: v(ir, 'f64x2.promote_low_f32x4', a) }, singlesToDoubles, [a]));
  },
});
const doublesToSingles = floatHelper('cvtpd2ps', (cpu, s) => {
  const result = lanesOf(cpu, 0, F64).map((x) => narrow(s, x));
  return () => returnLanes(cpu, 32, result);
});
instruction({
  mnemonic: 'cvtpd2ps',
  encodings: { '66 0F 5A /r': 'Vx,Wx' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    const a = aligned(ir, src);
    const value = v(ir, 'f32x4.demote_f64x2_zero', a);
    const [single, double] = [new FloatLanes(ir, 'f32x4'), new FloatLanes(ir, 'f64x2')];
    // Masks of 64 bits become masks of 32; the upper lanes of the result are zero because nothing was converted.
    const zeros = shuffle(ir, 32, double.isZero(a), ones(ir), [0, 2, 4, 4]);
    const unfit = v(ir, 'v128.andnot', single.notSafelyNormal(value), zeros);
    ir.write(dst, ir.callUnless({ when: ir.and(ordinaryMxcsr(ir), single.none(unfit)), value }, doublesToSingles, [a]));
  },
});

// Integers to floating point.

interface Scalar {
  suffix: 'ss' | 'sd';
  prefix: string;
  f: Format;
  type: 'i32' | 'i64';
  float: 'f32' | 'f64';
  operand: string;
}
const SCALAR: readonly Scalar[] = [
  { suffix: 'ss', prefix: 'F3', f: F32, type: 'i32', float: 'f32', operand: 'Wd' },
  { suffix: 'sd', prefix: 'F2', f: F64, type: 'i64', float: 'f64', operand: 'Wq' },
];
/** Integers of no more bits than the significand has. */
function isExact(ir: Builder, n: Value, f: Format): Value {
  const limit = 1n << BigInt(f.precision);
  return ir.ule(ir.add(n, ir.const(limit, n.type)), ir.const(2n * limit, n.type));
}
for (const form of SCALAR) {
  const cpuid = form.f === F32 ? 'SSE' : 'SSE2';
  const from = (size: 32 | 64): HelperRef =>
    floatHelper(`cvtsi2${form.suffix}.${size}`, (cpu, s) => {
      const n = size === 64 ? BigInt.asIntN(64, cpu.args.u64(0)) : BigInt(cpu.args.i32(0));
      const result = fromInteger(form.f, s, n);
      return () => returnScalar(cpu, form.f.size, result);
    });
  const helpers = { i32: from(32), i64: from(64) };
  instruction({
    mnemonic: `cvtsi2${form.suffix}`,
    encodings: { [`${form.prefix} 0F 2A /r`]: 'Vx,Ey' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      const n = ir.read(src);
      const type = n.type as 'i32' | 'i64';
      const value = ir.bitcast(ir.float(`${form.float}.convert_${type}_s` as OpName, form.float, [n]), form.type);
      const always = type === 'i32' && form.f === F64;
      const x = always
        ? value
        : ir.callUnless({ when: ir.or(ordinaryMxcsr(ir), isExact(ir, n, form.f)), value }, helpers[type], [n]);
      const whole = ir.read(dst);
      ir.write(dst, form.type === 'i32' ? replace32(ir, whole, 0, x) : replace64(ir, whole, 0, x));
    },
  });
}
instruction({
  mnemonic: 'cvtdq2pd',
  encodings: { 'F3 0F E6 /r': 'Vx,Wq' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, v(ir, 'f64x2.convert_low_i32x4_s', widened(ir, src)));
  },
});
const integersToSingles = floatHelper('cvtdq2ps', (cpu, s) => {
  const result = lanesOf(cpu, 0, F32).map((n) => fromInteger(F32, s, BigInt.asIntN(32, n)));
  return () => returnLanes(cpu, 32, result);
});
instruction({
  mnemonic: 'cvtdq2ps',
  encodings: { 'NP 0F 5B /r': 'Vx,Wx' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    const a = aligned(ir, src);
    const large = v(ir, 'i32x4.gt_u', v(ir, 'i32x4.abs', a), splat(ir, 32, 1 << F32.precision));
    const exact = ir.isZero(ir.simd('v128.any_true', 'i32', [large]));
    const when = ir.or(ordinaryMxcsr(ir), exact);
    ir.write(dst, ir.callUnless({ when, value: v(ir, 'f32x4.convert_i32x4_s', a) }, integersToSingles, [a]));
  },
});

// Floating point to integers, in the direction of MXCSR or by truncation. Magnitudes below the limit fit for certain; the saturating
// conversions do not trap on the others.

for (const form of SCALAR) {
  const cpuid = form.f === F32 ? 'SSE' : 'SSE2';
  for (const [name, opcode, truncate] of [
    ['cvtt', '2C', true],
    ['cvt', '2D', false],
  ] as const) {
    const mnemonic = `${name}${form.suffix}2si`;
    const to = (size: 32 | 64): HelperRef =>
      floatHelper(`${mnemonic}.${size}`, (cpu, s) => {
        const result = toInteger(form.f, s, scalarOf(cpu, 0, form.f), size, truncate ? TOWARD_ZERO : s.rounding);
        return () => returnScalar(cpu, size, result);
      });
    const helpers = { i32: to(32), i64: to(64) };
    instruction({
      mnemonic,
      encodings: { [`${form.prefix} 0F ${opcode} /r`]: `Gy,${form.operand}` },
      cpuid,
      unit: 'sse',
      exec(ir, dst, src) {
        const a = form.type === 'i32' ? low32(ir, src) : low64(ir, src);
        const type = dst.type as 'i32' | 'i64';
        const x = ir.bitcast(a, form.float);
        const integral = ir.float(`${form.float}.${truncate ? 'trunc' : 'nearest'}` as OpName, form.float, [x]);
        const value = ir.float(`${type}.trunc_sat_${form.float}_s` as SaturatingName, type, [integral]);
        const limit = (type === 'i32' ? 31 : 63) + form.f.bias;
        // |x| < 2^31 (2^63) after rounding, as a comparison of bits without the sign.
        const bits = ir.shl(ir.bitcast(integral, form.type), ir.const(1, form.type));
        const fits = ir.ult(bits, ir.const(BigInt(limit) << BigInt(form.f.precision), form.type));
        const exact = ir.float(`${form.float}.eq` as OpName, 'i1', [integral, x]);
        const when = ir.and(fits, ir.or(ordinaryMxcsr(ir), exact));
        ir.write(dst, ir.callUnless({ when, value }, helpers[type], [a]));
      },
    });
  }
}
/** Lanes whose magnitude is not surely below 2^31. */
const tooLarge = (lanes: FloatLanes, x: Value): Value =>
  lanes.not(lanes.op('lt', lanes.op('abs', x), lanes.splat(0x4f000000, 0x41e0000000000000n)));
const PACKED_TO_INTEGER: readonly [mnemonic: string, notation: string, f: Format, shape: FloatShape, truncate: boolean][] = [
  ['cvtps2dq', '66 0F 5B /r', F32, 'f32x4', false],
  ['cvttps2dq', 'F3 0F 5B /r', F32, 'f32x4', true],
  ['cvtpd2dq', 'F2 0F E6 /r', F64, 'f64x2', false],
  ['cvttpd2dq', '66 0F E6 /r', F64, 'f64x2', true],
];
for (const [mnemonic, notation, f, shape, truncate] of PACKED_TO_INTEGER) {
  const compute = floatHelper(mnemonic, (cpu, s) => {
    const result = lanesOf(cpu, 0, f).map((x) => toInteger(f, s, x, 32, truncate ? TOWARD_ZERO : s.rounding));
    return () => returnLanes(cpu, 32, result);
  });
  instruction({
    mnemonic,
    encodings: { [notation]: 'Vx,Wx' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, src) {
      const a = aligned(ir, src);
      const lanes = new FloatLanes(ir, shape);
      const integral = v(ir, `${shape}.${truncate ? 'trunc' : 'nearest'}`, a);
      const value = v(ir, f === F32 ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero', integral);
      const exact = lanes.none(lanes.op('ne', integral, a));
      const when = ir.and(lanes.none(tooLarge(lanes, integral)), ir.or(ordinaryMxcsr(ir), exact));
      ir.write(dst, ir.callUnless({ when, value }, compute, [a]));
    },
  });
}

// ROUND: bits 0-1 of the immediate are the direction unless bit 2 says MXCSR's; bit 3 suppresses PE.

const ROUNDINGS = ['nearest', 'floor', 'ceil', 'trunc'] as const;
function rounded(ir: Builder, imm: Value, by: (name: (typeof ROUNDINGS)[number]) => Value): Value {
  const n = known(imm);
  // The shortcut is taken only while MXCSR says nearest.
  if (n !== undefined) return by(ROUNDINGS[n & 4 ? 0 : n & 3]);
  const control = ir.and(ir.zext(imm, 'i32'), ir.const(7, 'i32'));
  const is = (k: number): Value => ir.eq(control, ir.const(k, 'i32'));
  return ir.select(is(1), by('floor'), ir.select(is(2), by('ceil'), ir.select(is(3), by('trunc'), by('nearest'))));
}
const direction = (control: number, fromMxcsr: number): number => (control & 4 ? fromMxcsr : control & 3);
for (const [mnemonic, opcode, f, shape] of [
  ['roundps', '08', F32, 'f32x4'],
  ['roundpd', '09', F64, 'f64x2'],
] as const) {
  const compute = floatHelper(mnemonic, (cpu, s) => {
    const control = cpu.args.u32(1);
    const result = lanesOf(cpu, 0, f).map((x) => toIntegral(f, s, x, direction(control, s.rounding), (control & 8) !== 0));
    return () => returnLanes(cpu, f.size, result);
  });
  instruction({
    mnemonic,
    encodings: { [`66 0F 3A ${opcode} /r ib`]: 'Vx,Wx,Ib' },
    cpuid: 'SSE4.1',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const a = aligned(ir, src);
      const control = ir.read(imm);
      const lanes = new FloatLanes(ir, shape);
      const value = rounded(ir, control, (name) => v(ir, `${shape}.${name}`, a));
      const exact = lanes.none(lanes.op('ne', value, a));
      const when = ir.or(exact, ir.and(ordinaryMxcsr(ir), lanes.none(lanes.or(lanes.nan(a), lanes.denormal(a)))));
      ir.write(dst, ir.callUnless({ when, value }, compute, [a, ir.zext(control, 'i32')]));
    },
  });
}
for (const form of SCALAR) {
  const { f } = form;
  const compute = floatHelper(`round${form.suffix}`, (cpu, s) => {
    const control = cpu.args.u32(1);
    const result = toIntegral(f, s, scalarOf(cpu, 0, f), direction(control, s.rounding), (control & 8) !== 0);
    return () => returnScalar(cpu, f.size, result);
  });
  instruction({
    mnemonic: `round${form.suffix}`,
    encodings: { [`66 0F 3A ${f === F32 ? '0A' : '0B'} /r ib`]: `Vx,${form.operand},Ib` },
    cpuid: 'SSE4.1',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const a = form.type === 'i32' ? low32(ir, src) : low64(ir, src);
      const control = ir.read(imm);
      const x = ir.bitcast(a, form.float);
      const integral = rounded(ir, control, (name) => ir.float(`${form.float}.${name}` as OpName, form.float, [x]));
      const value = ir.bitcast(integral, form.type);
      const exact = ir.float(`${form.float}.eq` as OpName, 'i1', [integral, x]);
      const when = ir.or(exact, ir.and(ordinaryMxcsr(ir), ir.and(notNan(ir, a), notDenormal(ir, a))));
      const result = ir.callUnless({ when, value }, compute, [a, ir.zext(control, 'i32')]);
      ir.write(dst, form.type === 'i32' ? replace32(ir, ir.read(dst), 0, result) : replace64(ir, ir.read(dst), 0, result));
    },
  });
}
