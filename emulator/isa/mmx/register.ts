// SPDX-License-Identifier: MIT
/**
 * @fileoverview MMX registers: the significands of the x87 registers, by physical number (SDM vol. 1, 9.2 and 9.5; vol. 3, 12.2).
 *
 * Every MMX instruction but EMMS waits for pending x87 exceptions, sets TOP to 0 and all tags to valid; one that writes a register
 * also sets its sign and exponent to ones. FIP and its kind stay. Operations run on the low half of a vector.
 */
import type { Builder } from '../../ir/builder.ts';
import { SLOT } from '../../ir/state.ts';
import type { Operand, Value } from '../../ir/value.ts';
import type { SimdName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { pending } from '../x87/unit.ts';

/** First thing in every MMX instruction. */
export function enterMmx(ir: Builder): void {
  pending(ir);
  ir.setSlot(SLOT.FTOP, ir.const(0, 'i32'));
  ir.setSlot(SLOT.FTW, ir.const(0xff, 'i8'));
}
export function writeMmx(ir: Builder, o: Operand, value: Value): void {
  ir.write(o, value);
  if (o.kind !== 'reg') return;
  ir.set({ ...o.reg, ...('slot' in o.reg ? { slot: o.reg.slot + 8 } : { plus: 8 }) }, ir.const(0xffff, 'i16'));
}

export const v = (ir: Builder, name: SimdName, ...args: readonly Value[]): Value => ir.simd(name, 'v128', args);
/** A 64-bit (or, from memory, 32-bit) value in both halves of a vector. */
export const spread = (ir: Builder, x: Value): Value => v(ir, x.type === 'i32' ? 'i32x4.splat' : 'i64x2.splat', x);
export const low = (ir: Builder, x: Value): Value => ir.simd('i64x2.extract_lane', 'i64', [x], 0);

export type Binary = (ir: Builder, a: Value, b: Value) => Value;
/** dst = low half of f(dst, src), both as vectors whose halves are equal. */
export function mmxInstruction(mnemonic: string, notation: string, cpuid: string, f: Binary, operands = 'Pq,Qq'): void {
  instruction({
    mnemonic,
    encodings: { [`NP ${notation} /r`]: operands },
    cpuid,
    unit: 'mmx',
    exec(ir, dst, src) {
      enterMmx(ir);
      const b = spread(ir, ir.read(src));
      writeMmx(ir, dst, low(ir, f(ir, spread(ir, ir.read(dst)), b)));
    },
  });
}
