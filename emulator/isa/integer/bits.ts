// SPDX-License-Identifier: MIT
/** @fileoverview Bit tests, scans and counts, byte swaps (APM vol. 3). */
import { type Builder, bitElement } from '../../ir/builder.ts';
import type { IntType, Operand, Value } from '../../ir/value.ts';
import { instruction } from '../record.ts';

const work = (ir: Builder): IntType => (ir.size === 64 ? 'i64' : 'i32');

const testUndefined = { OF: 'kept', SF: 'kept', AF: 'kept', PF: 'kept', ZF: 'kept' } as const;
type Change = (ir: Builder, value: Value, mask: Value) => Value;
const bitTest = (mnemonic: string, code: string, digit: number, change?: Change) => {
  const test = (ir: Builder, operand: Operand, position: Value): void => {
    const type = work(ir);
    const value = ir.read(operand);
    const p = ir.and(position, ir.const(ir.size - 1, type));
    const wide = ir.zext(value, type);
    if (change) ir.write(operand, ir.trunc(change(ir, wide, ir.shl(ir.const(1, type), p)), ir.type));
    ir.setFlags({ CF: ir.bool(ir.trunc(ir.shr(wide, p), 'i1')) });
  };
  instruction({
    mnemonic,
    encodings: { [`0F BA /${digit} ib`]: 'Ev,Ib' },
    lock: change !== undefined,
    undefinedFlags: testUndefined,
    exec(ir, dst, position) {
      test(ir, dst, ir.zext(ir.read(position), work(ir)));
    },
  });
  /** A register position selects any bit of a string that begins at the memory operand. */
  instruction({
    mnemonic,
    encodings: { [`0F ${code} /r`]: 'Ev,Gv' },
    lock: change !== undefined,
    bitString: true,
    undefinedFlags: testUndefined,
    exec(ir, dst, position) {
      const p = ir.read(position);
      if (dst.kind !== 'mem') {
        test(ir, dst, ir.zext(p, work(ir)));
        return;
      }
      // Narrower addresses wrap after the element's offset has been added, so it is in them already.
      const included = ir.env.code !== 64 || ir.env.address === 32;
      const addr = included ? dst.addr : ir.add(dst.addr, bitElement(ir, p));
      test(ir, { kind: 'mem', type: dst.type, addr }, ir.zext(p, work(ir)));
    },
  });
};
bitTest('bt', 'A3', 4);
bitTest('bts', 'AB', 5, (ir, value, mask) => ir.or(value, mask));
bitTest('btr', 'B3', 6, (ir, value, mask) => ir.and(value, ir.not(mask)));
bitTest('btc', 'BB', 7, (ir, value, mask) => ir.xor(value, mask));

/** A zero source leaves the destination as it is, its upper half too (APM vol. 3, BSF; the SDM leaves it undefined). */
const scan = (mnemonic: string, code: string, forward: boolean) =>
  instruction({
    mnemonic,
    encodings: { [`0F ${code} /r`]: 'Gv,Ev' },
    undefinedFlags: { CF: 'cleared', OF: 'cleared', SF: 'cleared', AF: 'cleared', PF: 'cleared' },
    exec(ir, dst, src) {
      const value = ir.read(src);
      const type = work(ir);
      const x = ir.zext(value, type);
      const at = forward ? ir.countTrailingZeros(x) : ir.sub(ir.const(type === 'i64' ? 63 : 31, type), ir.countLeadingZeros(x));
      ir.writeIf(dst, ir.ne(value, ir.const(0)), ir.trunc(at, ir.type));
      ir.setFlags({ ...ir.clearedFlags, ZF: ir.bool(ir.isZero(value)) });
    },
  });
scan('bsf', 'BC', true);
scan('bsr', 'BD', false);

const count = (mnemonic: string, code: string, cpuid: string, counted: (ir: Builder, x: Value) => Value) =>
  instruction({
    mnemonic,
    encodings: { [`F3 0F ${code} /r`]: 'Gv,Ev' },
    cpuid,
    undefinedFlags: { OF: 'cleared', SF: 'cleared', AF: 'cleared', PF: 'cleared' },
    exec(ir, dst, src) {
      const value = ir.read(src);
      const r = ir.trunc(counted(ir, ir.zext(value, work(ir))), ir.type);
      ir.write(dst, r);
      ir.setFlags({ ...ir.clearedFlags, CF: ir.bool(ir.isZero(value)), ZF: ir.bool(ir.isZero(r)) });
    },
  });
count('lzcnt', 'BD', 'ABM', (ir, x) => ir.sub(ir.countLeadingZeros(x), ir.const(ir.size === 16 ? 16 : 0, x.type)));
// A bit just above the operand makes 16-bit counts stop at 16.
count('tzcnt', 'BC', 'BMI1', (ir, x) => ir.countTrailingZeros(ir.size === 16 ? ir.or(x, ir.const(0x10000, 'i32')) : x));
instruction({
  mnemonic: 'popcnt',
  encodings: { 'F3 0F B8 /r': 'Gv,Ev' },
  cpuid: 'POPCNT',
  exec(ir, dst, src) {
    const value = ir.read(src);
    ir.write(dst, ir.trunc(ir.popcount(ir.zext(value, work(ir))), ir.type));
    ir.setFlags({ ...ir.clearedFlags, ZF: ir.bool(ir.isZero(value)) });
  },
});

function swapped(ir: Builder, v: Value): Value {
  const type = v.type;
  if (type === 'i16') return ir.or(ir.shl(v, ir.const(8, type)), ir.shr(v, ir.const(8, type)));
  const mask = (n: bigint): Value => ir.const(n, type);
  const exchange = (x: Value, n: number, m: bigint): Value =>
    ir.or(ir.and(ir.shr(x, ir.const(n, type)), mask(m)), ir.shl(ir.and(x, mask(m)), ir.const(n, type)));
  const bytes = exchange(v, 8, type === 'i64' ? 0x00ff00ff00ff00ffn : 0x00ff00ffn);
  if (type === 'i32') return ir.rotl(bytes, ir.const(16, type));
  return ir.rotl(exchange(bytes, 16, 0x0000ffff0000ffffn), ir.const(32, type));
}
/** With a 16-bit operand the result is undefined; processors clear the register's low half. */
instruction({
  mnemonic: 'bswap',
  encodings: { '0F C8+r': 'Zv' },
  exec(ir, dst) {
    ir.write(dst, ir.size === 16 ? ir.const(0, 'i16') : swapped(ir, ir.read(dst)));
  },
});
instruction({
  mnemonic: 'movbe',
  encodings: { 'NFx 0F 38 F0 /r': 'Gv,Mv', 'NFx 0F 38 F1 /r': 'Mv,Gv' },
  cpuid: 'MOVBE',
  exec(ir, dst, src) {
    ir.write(dst, swapped(ir, ir.read(src)));
  },
});
