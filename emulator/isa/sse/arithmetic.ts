// SPDX-License-Identifier: MIT
/**
 * @fileoverview Floating-point arithmetic: ADD SUB MUL DIV MIN MAX SQRT, packed and scalar, the horizontal and alternating forms
 * of SSE3, dot products, and the reciprocal estimates (APM vol. 4; SDM vol. 2).
 *
 * Each is a helper over `softfloat/` with a shortcut (`ir/float.ts`) for ordinary operands.
 */
import type { Builder } from '../../ir/builder.ts';
import {
  all,
  FloatLanes,
  type FloatShape,
  hasPlainRoot,
  isSafelyNormal,
  isZeroFloat,
  isZeroOrNormal,
  notDenormal,
  notNan,
  ordinaryMxcsr,
} from '../../ir/float.ts';
import type { HelperRef, Operand, Value } from '../../ir/value.ts';
import type { OpName, SimdName } from '../../wasm/opcodes.ts';
import { helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { add, type BinaryOperation, divide, maximum, minimum, multiply, squareRoot, subtract } from '../softfloat/arithmetic.ts';
import { type QuickBinary, quickAdd, quickDivide, quickMultiply, quickRoot, quickSubtract } from '../softfloat/exactNumber.ts';
import { F32, F64, type Format, isDenormal, isNan, isNegative, isZero } from '../softfloat/format.ts';
import { floatHelper, lanesOf, quickLanes, returnLanes, returnScalar, scalarOf } from './floatHelper.ts';
import { aligned, lanes, low32, low64, replace32, shuffle } from './vector.ts';

export interface FloatForm {
  suffix: 'ps' | 'pd' | 'ss' | 'sd';
  prefix: string;
  cpuid: string;
  format: Format;
  shape: FloatShape;
  /** Integer type of a lane and its float type. */
  type: 'i32' | 'i64';
  float: 'f32' | 'f64';
  /** Operand letters of the source. */
  source: string;
}
const PACKED: readonly FloatForm[] = [
  { suffix: 'ps', prefix: 'NP', cpuid: 'SSE', format: F32, shape: 'f32x4', type: 'i32', float: 'f32', source: 'Wx' },
  { suffix: 'pd', prefix: '66', cpuid: 'SSE2', format: F64, shape: 'f64x2', type: 'i64', float: 'f64', source: 'Wx' },
];
const SCALAR: readonly FloatForm[] = [
  { suffix: 'ss', prefix: 'F3', cpuid: 'SSE', format: F32, shape: 'f32x4', type: 'i32', float: 'f32', source: 'Wd' },
  { suffix: 'sd', prefix: 'F2', cpuid: 'SSE2', format: F64, shape: 'f64x2', type: 'i64', float: 'f64', source: 'Wq' },
];
export const lowScalar = (ir: Builder, o: Operand, form: FloatForm): Value => (form.type === 'i32' ? low32(ir, o) : low64(ir, o));
/**
 * The same as a float, and a vector whose lowest lane is one: vectors and floats are the same registers of the host, so that a result goes its way
 * without waiting for the integer tests of whether it holds.
 */
const floatScalar = (ir: Builder, o: Operand, form: FloatForm): Value => {
  const value = ir.read(o);
  return value.type === 'v128' ? lowFloat(ir, value, form) : ir.bitcast(value, form.float);
};
const lowFloat = (ir: Builder, v: Value, form: FloatForm): Value =>
  ir.simd(`${form.shape}.extract_lane` as SimdName, form.float, [v], 0);
const replaceFloat = (ir: Builder, v: Value, x: Value, form: FloatForm): Value =>
  ir.simd(`${form.shape}.replace_lane` as SimdName, 'v128', [v, x], 0);

/** A host operation on floats. */
const onFloats = (ir: Builder, form: FloatForm, name: string, ...args: readonly Value[]): Value =>
  ir.float(`${form.float}.${name}` as OpName, form.float, args);

interface Binary {
  name: string;
  opcode: string;
  model: BinaryOperation;
  quick?: QuickBinary;
  /** Value of the shortcut and when it holds; of floats and of lanes. */
  scalar(ir: Builder, form: FloatForm, a: Value, b: Value): { when: Value; value: Value };
  packed(ir: Builder, f: FloatLanes, a: Value, b: Value): { when: Value; value: Value };
}

/** A zero sum is exact. */
const sum = (name: 'add' | 'sub'): Pick<Binary, 'scalar' | 'packed'> => ({
  scalar(ir, form, a, b) {
    const value = onFloats(ir, form, name, a, b);
    const [v, x, y] = [value, a, b].map((f) => ir.bitcast(f, form.type));
    return { value, when: all(ir, ordinaryMxcsr(ir), isZeroOrNormal(ir, v), notDenormal(ir, x), notDenormal(ir, y)) };
  },
  packed(ir, f, a, b) {
    const value = f.op(name, a, b);
    return {
      value,
      when: all(ir, ordinaryMxcsr(ir), f.none(f.or(f.notFinite(value), f.denormal(value), f.denormal(a), f.denormal(b)))),
    };
  },
});
/** Products and quotients: a zero result is exact if an operand was zero (of a quotient, the dividend). */
const product = (name: 'mul' | 'div'): Pick<Binary, 'scalar' | 'packed'> => ({
  scalar(ir, form, a, b) {
    const value = onFloats(ir, form, name, a, b);
    const [v, x, y] = [value, a, b].map((f) => ir.bitcast(f, form.type));
    const zeroOperand = name === 'mul' ? ir.or(isZeroFloat(ir, x), isZeroFloat(ir, y)) : isZeroFloat(ir, x);
    const fit = ir.or(isSafelyNormal(ir, v), ir.and(isZeroFloat(ir, v), zeroOperand));
    return { value, when: all(ir, ordinaryMxcsr(ir), fit, notDenormal(ir, x), notDenormal(ir, y)) };
  },
  packed(ir, f, a, b) {
    const value = f.op(name, a, b);
    const zeroOperand = name === 'mul' ? f.or(f.isZero(a), f.isZero(b)) : f.isZero(a);
    const exactZero = f.and(f.isZero(value), zeroOperand);
    const unfit = ir.simd('v128.andnot', 'v128', [f.notSafelyNormal(value), exactZero]);
    return { value, when: all(ir, ordinaryMxcsr(ir), f.none(f.or(unfit, f.denormal(a), f.denormal(b)))) };
  },
});
/** The smaller (greater) if the comparison says so, else the second operand. Exact, so only NaNs and denormals matter. */
const extremum = (relation: 'lt' | 'gt'): Pick<Binary, 'scalar' | 'packed'> => ({
  scalar(ir, form, a, b) {
    const [x, y] = [a, b].map((f) => ir.bitcast(f, form.type));
    const value = ir.bitcast(ir.select(ir.float(`${form.float}.${relation}` as OpName, 'i1', [a, b]), x, y), form.float);
    const plain = (z: Value): Value => ir.and(notDenormal(ir, z), notNan(ir, z));
    return { value, when: ir.and(plain(x), plain(y)) };
  },
  packed(_, f, a, b) {
    // pmin(y, x) is x < y ? x : y, pmax(y, x) is y < x ? x : y.
    const value = f.op(relation === 'lt' ? 'pmin' : 'pmax', b, a);
    return { value, when: f.none(f.or(f.nan(a), f.nan(b), f.denormal(a), f.denormal(b))) };
  },
});

const BINARY: readonly Binary[] = [
  { name: 'add', opcode: '58', model: add, quick: quickAdd, ...sum('add') },
  { name: 'mul', opcode: '59', model: multiply, quick: quickMultiply, ...product('mul') },
  { name: 'sub', opcode: '5C', model: subtract, quick: quickSubtract, ...sum('sub') },
  { name: 'min', opcode: '5D', model: minimum, ...extremum('lt') },
  { name: 'div', opcode: '5E', model: divide, quick: quickDivide, ...product('div') },
  { name: 'max', opcode: '5F', model: maximum, ...extremum('gt') },
];
const packedHelper = (name: string, format: Format, model: (lane: number) => BinaryOperation, quick?: QuickBinary): HelperRef =>
  floatHelper(
    name,
    (cpu, s) => {
      const [a, b] = [lanesOf(cpu, 0, format), lanesOf(cpu, 1, format)];
      const result = a.map((x, i) => model(i)(format, s, x, b[i]));
      return () => returnLanes(cpu, format.size, result);
    },
    quick && quickLanes(format, 128 / format.size, quick),
  );
const packed = new Map<string, HelperRef>();
for (const operation of BINARY) {
  for (const form of PACKED) {
    const mnemonic = operation.name + form.suffix;
    const compute = packedHelper(mnemonic, form.format, () => operation.model, operation.quick);
    packed.set(mnemonic, compute);
    instruction({
      mnemonic,
      encodings: { [`${form.prefix} 0F ${operation.opcode} /r`]: 'Vx,Wx' },
      cpuid: form.cpuid,
      unit: 'sse',
      exec(ir, dst, src) {
        const b = aligned(ir, src);
        const a = ir.read(dst);
        ir.write(dst, ir.callUnless(operation.packed(ir, new FloatLanes(ir, form.shape), a, b), compute, [a, b]));
      },
    });
  }
  for (const form of SCALAR) {
    const mnemonic = operation.name + form.suffix;
    const compute = floatHelper(
      mnemonic,
      (cpu, s) => {
        const result = operation.model(form.format, s, scalarOf(cpu, 0, form.format), scalarOf(cpu, 1, form.format));
        return () => returnScalar(cpu, form.format.size, result);
      },
      operation.quick && quickLanes(form.format, 1, operation.quick),
    );
    instruction({
      mnemonic,
      encodings: { [`${form.prefix} 0F ${operation.opcode} /r`]: `Vx,${form.source}` },
      cpuid: form.cpuid,
      unit: 'sse',
      exec(ir, dst, src) {
        const b = floatScalar(ir, src, form);
        const whole = ir.read(dst);
        const a = lowFloat(ir, whole, form);
        const bitsOf = [a, b].map((f) => ir.bitcast(f, form.type));
        ir.write(dst, replaceFloat(ir, whole, ir.callUnless(operation.scalar(ir, form, a, b), compute, bitsOf), form));
      },
    });
  }
}

for (const form of PACKED) {
  const compute = floatHelper(
    `sqrt${form.suffix}`,
    (cpu, s) => {
      const result = lanesOf(cpu, 0, form.format).map((x) => squareRoot(form.format, s, x));
      return () => returnLanes(cpu, form.format.size, result);
    },
    quickLanes(form.format, 128 / form.format.size, quickRoot),
  );
  instruction({
    mnemonic: `sqrt${form.suffix}`,
    encodings: { [`${form.prefix} 0F 51 /r`]: 'Vx,Wx' },
    cpuid: form.cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      const a = aligned(ir, src);
      const f = new FloatLanes(ir, form.shape);
      const value = f.op('sqrt', a);
      // A root is finite where its operand is; negative operands have NaN roots.
      const when = ir.and(ordinaryMxcsr(ir), f.none(f.or(f.notFinite(value), f.denormal(a))));
      ir.write(dst, ir.callUnless({ when, value }, compute, [a]));
    },
  });
}
for (const form of SCALAR) {
  const compute = floatHelper(
    `sqrt${form.suffix}`,
    (cpu, s) => {
      const result = squareRoot(form.format, s, scalarOf(cpu, 0, form.format));
      return () => returnScalar(cpu, form.format.size, result);
    },
    quickLanes(form.format, 1, quickRoot),
  );
  instruction({
    mnemonic: `sqrt${form.suffix}`,
    encodings: { [`${form.prefix} 0F 51 /r`]: `Vx,${form.source}` },
    cpuid: form.cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      const a = floatScalar(ir, src, form);
      const x = ir.bitcast(a, form.type);
      const value = onFloats(ir, form, 'sqrt', a);
      const root = ir.callUnless({ when: ir.and(ordinaryMxcsr(ir), hasPlainRoot(ir, x)), value }, compute, [x]);
      ir.write(dst, replaceFloat(ir, ir.read(dst), root, form));
    },
  });
}

// SSE3: sums and differences of neighbours or of alternating sign are sums of rearranged operands, as long as no NaN is involved.

const THREE: readonly [form: FloatForm, prefix: string][] = [
  [PACKED[0], 'F2'],
  [PACKED[1], '66'],
];
for (const [form, prefix] of THREE) {
  const { suffix, format, shape } = form;
  const width = format.size;
  const count = 128 / width;
  const even = Array.from({ length: count }, (_, i) => 2 * i);
  const odd = even.map((i) => i + 1);
  for (const [name, opcode, operation] of [
    ['hadd', '7C', 'add'],
    ['hsub', '7D', 'sub'],
  ] as const) {
    const compute = packed.get(operation + suffix)!;
    instruction({
      mnemonic: name + suffix,
      encodings: { [`${prefix} 0F ${opcode} /r`]: 'Vx,Wx' },
      cpuid: 'SSE3',
      unit: 'sse',
      exec(ir, dst, src) {
        const b = aligned(ir, src);
        const a = ir.read(dst);
        const left = shuffle(ir, width, a, b, even);
        const right = shuffle(ir, width, a, b, odd);
        const shortcut = sum(operation).packed(ir, new FloatLanes(ir, shape), left, right);
        ir.write(dst, ir.callUnless(shortcut, compute, [left, right]));
      },
    });
  }
  const alternate = packedHelper(`addsub${suffix}`, format, (lane) => (lane & 1 ? add : subtract));
  instruction({
    mnemonic: `addsub${suffix}`,
    encodings: { [`${prefix} 0F D0 /r`]: 'Vx,Wx' },
    cpuid: 'SSE3',
    unit: 'sse',
    exec(ir, dst, src) {
      const b = aligned(ir, src);
      const a = ir.read(dst);
      const signs = lanes(
        ir,
        width,
        Array.from({ length: count }, (_, i) => (i & 1 ? 0n : format.sign)),
      );
      const shortcut = sum('add').packed(ir, new FloatLanes(ir, shape), a, ir.simd('v128.xor', 'v128', [b, signs]));
      ir.write(dst, ir.callUnless(shortcut, alternate, [a, b]));
    },
  });
}

// SSE4.1: dot products. Bits 4-7 of the immediate choose the products, bits 0-3 the lanes that receive the sum.

for (const form of PACKED) {
  const { suffix, format } = form;
  const count = 128 / format.size;
  const compute = floatHelper(`dp${suffix}`, (cpu, s) => {
    const [a, b] = [lanesOf(cpu, 0, format), lanesOf(cpu, 1, format)];
    const control = cpu.args.u32(2);
    /** Ends a step; an unmasked exception ends the instruction with it. */
    const goesOn = (): boolean => {
      if (s.flags & ~s.masks) return false;
      s.completed |= s.flags;
      s.flags = 0;
      return true;
    };
    const sums = (terms: readonly bigint[], first: number, second: number): bigint[] =>
      terms.map((_, i) => add(format, s, terms[i ^ first], terms[i ^ second]));
    let terms = a.map((x, i) => (control & (16 << i) ? multiply(format, s, x, b[i]) : 0n));
    // Every lane adds up by itself. Which NaN wins depends on this order, found on hardware.
    if (goesOn()) terms = count === 4 ? sums(terms, 1, 0) : sums(terms, 0, 1);
    if (count === 4 && goesOn()) terms = sums(terms, 0, 2);
    const result = terms.map((x, i) => (control & (1 << i) ? x : 0n));
    return () => returnLanes(cpu, format.size, result);
  });
  instruction({
    mnemonic: `dp${suffix}`,
    encodings: { [`66 0F 3A ${count === 4 ? '40' : '41'} /r ib`]: 'Vx,Wx,Ib' },
    cpuid: 'SSE4.1',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const b = aligned(ir, src);
      ir.write(dst, ir.call(compute, 'v128', [ir.read(dst), b, ir.zext(ir.read(imm), 'i32')]));
    },
  });
}

// Reciprocal estimates. The result is that of Intel's tables: the reciprocal of the middle of one of 2048 (square root: 1024 for
// each parity of the exponent) intervals, rounded to 13 bits behind the point. They raise nothing and ignore MXCSR.

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);
function numberOf(x: bigint): number {
  bits32[0] = Number(x);
  return float32[0];
}
function bitsOf(x: number): bigint {
  float32[0] = x;
  return BigInt(bits32[0]);
}
const estimate = (x: number): number => Math.floor(8192 * x + 0.5) / 8192;
const middle = (x: bigint, dropped: bigint): bigint => ((x >> dropped) << dropped) | (1n << (dropped - 1n));

export function reciprocalEstimate(x: bigint): bigint {
  if (isNan(F32, x)) return x | F32.quiet;
  const sign = x & F32.sign;
  if (isZero(F32, x) || isDenormal(F32, x)) return sign | F32.infinity;
  const biased = Number((x >> 23n) & 0xffn);
  if (biased === F32.top) return sign;
  const mantissa = numberOf(middle((x & F32.fraction) | 0x3f800000n, 12n));
  const result = bitsOf(estimate(1 / mantissa) * 2 ** (127 - biased));
  return isDenormal(F32, result) ? sign : sign | result;
}
export function reciprocalRootEstimate(x: bigint): bigint {
  if (isNan(F32, x)) return x | F32.quiet;
  if (isZero(F32, x) || isDenormal(F32, x)) return (x & F32.sign) | F32.infinity;
  if (isNegative(F32, x)) return F32.indefinite;
  const biased = Number((x >> 23n) & 0xffn);
  if (biased === F32.top) return 0n;
  // x = mantissa * 4^k with 1 <= mantissa < 4.
  const odd = (biased & 1) === 0;
  const mantissa = numberOf(middle((x & F32.fraction) | 0x3f800000n, 13n)) * (odd ? 2 : 1);
  const k = (biased - 127 - (odd ? 1 : 0)) / 2;
  return bitsOf(estimate(1 / Math.sqrt(mantissa)) * 2 ** -k);
}
for (const [name, opcode, model] of [
  ['rcp', '53', reciprocalEstimate],
  ['rsqrt', '52', reciprocalRootEstimate],
] as const) {
  const four = helper(`${name}ps`, (cpu) => returnLanes(cpu, 32, lanesOf(cpu, 0, F32).map(model)));
  const one = helper(`${name}ss`, (cpu) => returnScalar(cpu, 32, model(scalarOf(cpu, 0, F32))));
  instruction({
    mnemonic: `${name}ps`,
    encodings: { [`NP 0F ${opcode} /r`]: 'Vx,Wx' },
    cpuid: 'SSE',
    unit: 'sse',
    exec(ir, dst, src) {
      ir.write(dst, ir.call(four, 'v128', [aligned(ir, src)]));
    },
  });
  instruction({
    mnemonic: `${name}ss`,
    encodings: { [`F3 0F ${opcode} /r`]: 'Vx,Wd' },
    cpuid: 'SSE',
    unit: 'sse',
    exec(ir, dst, src) {
      const value = ir.call(one, 'i32', [low32(ir, src)]);
      ir.write(dst, replace32(ir, ir.read(dst), 0, value));
    },
  });
}
