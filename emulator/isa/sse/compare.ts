// SPDX-License-Identifier: MIT
/**
 * @fileoverview Floating-point comparisons: CMPPS and its kin with a predicate, COMISS and UCOMISS to the flags (SDM vol. 2).
 */
import type { Builder } from '../../ir/builder.ts';
import { all, FloatLanes, type FloatShape, notDenormal, notNan } from '../../ir/float.ts';
import type { Value } from '../../ir/value.ts';
import type { OpName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { compare, predicate } from '../softfloat/arithmetic.ts';
import { F32, F64, type Format } from '../softfloat/format.ts';
import { floatHelper, lanesOf, returnLanes, returnScalar, scalarOf } from './floatHelper.ts';
import { aligned, extract32, extract64, known, low32, low64, ones, replace32, replace64, zero } from './vector.ts';

const allOnes = (f: Format): bigint => (1n << BigInt(f.size)) - 1n;

/** EQ, LT, LE, never: what bits 0-1 of the immediate choose; bit 2 negates. The immediate may be known only at run time. */
function chosen(ir: Builder, imm: Value, options: readonly Value[]): Value {
  const n = known(imm);
  if (n !== undefined) return options[n & 3];
  const kind = ir.and(ir.zext(imm, 'i32'), ir.const(3, 'i32'));
  const is = (k: number): Value => ir.eq(kind, ir.const(k, 'i32'));
  return ir.select(is(0), options[0], ir.select(is(1), options[1], ir.select(is(2), options[2], options[3])));
}
const negated = (ir: Builder, imm: Value): Value => ir.trunc(ir.shr(imm, ir.const(2, 'i8')), 'i1');

const PACKED: readonly [mnemonic: string, prefix: string, cpuid: string, f: Format, shape: FloatShape][] = [
  ['cmpps', 'NP', 'SSE', F32, 'f32x4'],
  ['cmppd', '66', 'SSE2', F64, 'f64x2'],
];
for (const [mnemonic, prefix, cpuid, f, shape] of PACKED) {
  const compute = floatHelper(mnemonic, (cpu, s) => {
    const [a, b] = [lanesOf(cpu, 0, f), lanesOf(cpu, 1, f)];
    const number = cpu.args.u32(2) & 7;
    const result = a.map((x, i) => (predicate(f, s, x, b[i], number) ? allOnes(f) : 0n));
    return () => returnLanes(cpu, f.size, result);
  });
  instruction({
    mnemonic,
    encodings: { [`${prefix} 0F C2 /r ib`]: 'Vx,Wx,Ib' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const b = aligned(ir, src);
      const a = ir.read(dst);
      const control = ir.read(imm);
      const lanes = new FloatLanes(ir, shape);
      const options = [lanes.op('eq', a, b), lanes.op('lt', a, b), lanes.op('le', a, b), zero(ir)];
      const positive = chosen(ir, control, options);
      const value = ir.simd('v128.xor', 'v128', [positive, ir.select(negated(ir, control), ones(ir), zero(ir))]);
      const unfit = lanes.or(lanes.nan(a), lanes.nan(b), lanes.denormal(a), lanes.denormal(b));
      const when = lanes.none(unfit);
      ir.write(dst, ir.callUnless({ when, value }, compute, [a, b, ir.zext(control, 'i32')]));
    },
  });
}

interface Scalar {
  suffix: string;
  f: Format;
  type: 'i32' | 'i64';
  float: 'f32' | 'f64';
  operand: string;
}
const SINGLE: Scalar = { suffix: 'ss', f: F32, type: 'i32', float: 'f32', operand: 'Wd' };
const DOUBLE: Scalar = { suffix: 'sd', f: F64, type: 'i64', float: 'f64', operand: 'Wq' };
const relation = (ir: Builder, form: Scalar, name: 'eq' | 'lt' | 'le', a: Value, b: Value): Value =>
  ir.float(`${form.float}.${name}` as OpName, 'i1', [ir.bitcast(a, form.float), ir.bitcast(b, form.float)]);
/** Comparison is exact, so it needs no ordinary MXCSR, only ordinary operands. */
const comparable = (ir: Builder, a: Value, b: Value): Value =>
  all(ir, notNan(ir, a), notNan(ir, b), notDenormal(ir, a), notDenormal(ir, b));

for (const [form, prefix, cpuid] of [
  [SINGLE, 'F3', 'SSE'],
  [DOUBLE, 'F2', 'SSE2'],
] as const) {
  const { f } = form;
  const compute = floatHelper(`cmp${form.suffix}`, (cpu, s) => {
    const holds = predicate(f, s, scalarOf(cpu, 0, f), scalarOf(cpu, 1, f), cpu.args.u32(2) & 7);
    return () => returnScalar(cpu, f.size, holds ? allOnes(f) : 0n);
  });
  instruction({
    mnemonic: `cmp${form.suffix}`,
    encodings: { [`${prefix} 0F C2 /r ib`]: `Vx,${form.operand},Ib` },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const b = form.type === 'i32' ? low32(ir, src) : low64(ir, src);
      const whole = ir.read(dst);
      const a = form.type === 'i32' ? extract32(ir, whole, 0) : extract64(ir, whole, 0);
      const control = ir.read(imm);
      const options = [
        relation(ir, form, 'eq', a, b),
        relation(ir, form, 'lt', a, b),
        relation(ir, form, 'le', a, b),
        ir.const(0, 'i1'),
      ];
      const holds = ir.xor(chosen(ir, control, options), negated(ir, control));
      const value = ir.neg(ir.zext(holds, form.type));
      const mask = ir.callUnless({ when: comparable(ir, a, b), value }, compute, [a, b, ir.zext(control, 'i32')]);
      ir.write(dst, form.type === 'i32' ? replace32(ir, whole, 0, mask) : replace64(ir, whole, 0, mask));
    },
  });
}

/** Result of the helpers: bit 0 less, bit 1 equal, both when unordered. */
const CODE = { less: 1, equal: 2, greater: 0, unordered: 3 } as const;
for (const [form, prefix, cpuid] of [
  [SINGLE, 'NP', 'SSE'],
  [DOUBLE, '66', 'SSE2'],
] as const) {
  for (const [name, opcode, quiet] of [
    ['ucomi', '2E', true],
    ['comi', '2F', false],
  ] as const) {
    const { f } = form;
    const compute = floatHelper(name + form.suffix, (cpu, s) => {
      const result = compare(f, s, scalarOf(cpu, 0, f), scalarOf(cpu, 1, f), quiet);
      return () => cpu.args.returnU32(CODE[result]);
    });
    instruction({
      mnemonic: name + form.suffix,
      encodings: { [`${prefix} 0F ${opcode} /r`]: `Vx,${form.operand}` },
      cpuid,
      unit: 'sse',
      exec(ir, first, second) {
        const b = form.type === 'i32' ? low32(ir, second) : low64(ir, second);
        const a = form.type === 'i32' ? low32(ir, first) : low64(ir, first);
        const less = ir.zext(relation(ir, form, 'lt', a, b), 'i32');
        const equal = ir.zext(relation(ir, form, 'eq', a, b), 'i32');
        const value = ir.or(less, ir.shl(equal, ir.const(1, 'i32')));
        const code = ir.callUnless({ when: comparable(ir, a, b), value }, compute, [a, b]);
        const isLess = ir.bit(code, 0);
        const isEqual = ir.bit(code, 1);
        ir.setFlags({ ...ir.clearedFlags, CF: ir.bool(isLess), ZF: ir.bool(isEqual), PF: ir.bool(ir.and(isLess, isEqual)) });
      },
    });
  }
}
