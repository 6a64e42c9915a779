// SPDX-License-Identifier: MIT
/**
 * @fileoverview BMI1 and BMI2 (APM vol. 3): the bit manipulations that VEX encodes. All have 32 or, with VEX.W in 64-bit mode, 64 bits. TZCNT, which has
 * no VEX, is in `bits.ts`.
 */
import type { Builder } from '../../ir/builder.ts';
import type { FlagDefs } from '../../ir/flags.ts';
import type { HelperRef, Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { highMultiply } from './multiply.ts';

const RDX = 2;

/** CF as given; ZF and SF of the result; the others are cleared where they are undefined. */
const flags = (ir: Builder, r: Value, carry: Value | 0): FlagDefs => ({
  ...ir.clearedFlags,
  ZF: ir.bool(ir.isZero(r)),
  SF: ir.bool(ir.isNegative(r)),
  CF: ir.bool(carry),
});
const UNDEFINED = { AF: 'cleared', PF: 'cleared' } as const;

instruction({
  mnemonic: 'andn',
  encodings: { 'VEX.LZ.0F38.WIG F2 /r': 'Gy,By,Ey' },
  cpuid: 'BMI1',
  undefinedFlags: UNDEFINED,
  exec(ir, dst, first, second) {
    const r = ir.and(ir.not(ir.read(first)), ir.read(second));
    ir.write(dst, r);
    ir.setFlags(flags(ir, r, 0));
  },
});
/** The low `count` bits; all of them from the operand size on. */
function lowBits(ir: Builder, value: Value, count: Value): Value {
  const mask = ir.sub(ir.shl(ir.const(1), count), ir.const(1));
  return ir.select(ir.ult(count, ir.const(ir.size)), ir.and(value, mask), value);
}
instruction({
  mnemonic: 'bextr',
  encodings: { 'VEX.LZ.0F38.WIG F7 /r': 'Gy,Ey,By' },
  cpuid: 'BMI1',
  undefinedFlags: { ...UNDEFINED, SF: 'asComputed' },
  exec(ir, dst, src, control) {
    const c = ir.read(control);
    const start = ir.and(c, ir.const(0xff));
    const length = ir.and(ir.shr(c, ir.const(8)), ir.const(0xff));
    const shifted = ir.select(ir.ult(start, ir.const(ir.size)), ir.shr(ir.read(src), start), ir.const(0));
    const r = lowBits(ir, shifted, length);
    ir.write(dst, r);
    ir.setFlags(flags(ir, r, 0));
  },
});
const lowest = (mnemonic: string, digit: number, carry: 'zero' | 'notZero', change: (ir: Builder, x: Value) => Value) =>
  instruction({
    mnemonic,
    encodings: { [`VEX.LZ.0F38.WIG F3 /${digit}`]: 'By,Ey' },
    cpuid: 'BMI1',
    undefinedFlags: UNDEFINED,
    exec(ir, dst, src) {
      const x = ir.read(src);
      const r = change(ir, x);
      ir.write(dst, r);
      ir.setFlags(flags(ir, r, carry === 'zero' ? ir.isZero(x) : ir.ne(x, ir.const(0))));
    },
  });
lowest('blsr', 1, 'zero', (ir, x) => ir.and(x, ir.sub(x, ir.const(1))));
lowest('blsmsk', 2, 'zero', (ir, x) => ir.xor(x, ir.sub(x, ir.const(1))));
lowest('blsi', 3, 'notZero', (ir, x) => ir.and(x, ir.neg(x)));

instruction({
  mnemonic: 'bzhi',
  encodings: { 'VEX.LZ.0F38.WIG F5 /r': 'Gy,Ey,By' },
  cpuid: 'BMI2',
  undefinedFlags: UNDEFINED,
  exec(ir, dst, src, index) {
    const n = ir.and(ir.read(index), ir.const(0xff));
    const r = lowBits(ir, ir.read(src), n);
    ir.write(dst, r);
    ir.setFlags(flags(ir, r, ir.ule(ir.const(ir.size), n)));
  },
});
/** The high half wins where both destinations are the same register. */
instruction({
  mnemonic: 'mulx',
  encodings: { 'VEX.LZ.F2.0F38.WIG F6 /r': 'Gy,By,Ey' },
  cpuid: 'BMI2',
  exec(ir, high, low, src) {
    const a = ir.gpr(RDX);
    const b = ir.read(src);
    if (ir.size === 64) {
      ir.write(low, ir.mul(a, b));
      ir.write(high, highMultiply(ir, a, b, false));
    } else {
      const wide = ir.mul(ir.zext(a, 'i64'), ir.zext(b, 'i64'));
      ir.write(low, ir.trunc(wide, 'i32'));
      ir.write(high, ir.trunc(ir.shr(wide, ir.const(32, 'i64')), 'i32'));
    }
  },
});

/** For each bit of the mask, lowest first. */
const bitwise = (name: string, step: (source: bigint, mask: bigint, n: bigint) => bigint): HelperRef =>
  helper(name, (cpu: Cpu) => {
    const source = cpu.args.u64(0);
    let mask = cpu.args.u64(1);
    let result = 0n;
    for (let n = 0n; mask !== 0n; n++) {
      const bit = mask & -mask;
      result |= step(source, bit, n);
      mask ^= bit;
    }
    cpu.args.returnU64(BigInt.asUintN(64, result));
  });
const deposit = bitwise('pdep', (source, bit, n) => ((source >> n) & 1n) * bit);
const extract = bitwise('pext', (source, bit, n) => (source & bit ? 1n << n : 0n));
const scatter = (mnemonic: string, prefix: string, compute: HelperRef) =>
  instruction({
    mnemonic,
    encodings: { [`VEX.LZ.${prefix}.0F38.WIG F5 /r`]: 'Gy,By,Ey' },
    cpuid: 'BMI2',
    exec(ir, dst, src, mask) {
      const r = ir.call(compute, 'i64', [ir.zext(ir.read(src), 'i64'), ir.zext(ir.read(mask), 'i64')]);
      ir.write(dst, ir.size === 64 ? r : ir.trunc(r, 'i32'));
    },
  });
scatter('pdep', 'F2', deposit);
scatter('pext', 'F3', extract);

instruction({
  mnemonic: 'rorx',
  encodings: { 'VEX.LZ.F2.0F3A.WIG F0 /r ib': 'Gy,Ey,Ib' },
  cpuid: 'BMI2',
  exec(ir, dst, src, count) {
    ir.write(dst, ir.rotr(ir.read(src), ir.and(ir.zext(ir.read(count), ir.type), ir.const(ir.size - 1))));
  },
});
const shift = (mnemonic: string, prefix: string, by: (ir: Builder, x: Value, n: Value) => Value) =>
  instruction({
    mnemonic,
    encodings: { [`VEX.LZ.${prefix}.0F38.WIG F7 /r`]: 'Gy,Ey,By' },
    cpuid: 'BMI2',
    exec(ir, dst, src, count) {
      ir.write(dst, by(ir, ir.read(src), ir.and(ir.read(count), ir.const(ir.size - 1))));
    },
  });
shift('shlx', '66', (ir, x, n) => ir.shl(x, n));
shift('shrx', 'F2', (ir, x, n) => ir.shr(x, n));
shift('sarx', 'F3', (ir, x, n) => ir.sar(x, n));
