// SPDX-License-Identifier: MIT
/** @fileoverview PCLMULQDQ (SDM vol. 2): the 128-bit carry-less product of one 64-bit half of each operand. */
import { SLOT } from '../../ir/state.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { extracted } from './shuffle.ts';
import { aligned } from './vector.ts';

/** Carry-less product of two 32-bit numbers: low and high half. */
const product: [low: number, high: number] = [0, 0];
function carryless(a: number, b: number): void {
  let low = b & 1 ? a : 0;
  let high = 0;
  for (let i = 1; i < 32; i++) {
    const chosen = -((b >>> i) & 1);
    low ^= (a << i) & chosen;
    high ^= (a >>> (32 - i)) & chosen;
  }
  product[0] = low;
  product[1] = high;
}
const multiply = helper('pclmulqdq', (cpu: Cpu) => {
  const { view } = cpu;
  const at = cpu.base + SLOT.SCRATCH;
  const a0 = view.getInt32(at, true);
  const a1 = view.getInt32(at + 4, true);
  const b0 = view.getInt32(at + 16, true);
  const b1 = view.getInt32(at + 20, true);
  // Karatsuba: the middle product is that of the sums less the outer ones.
  carryless(a0, b0);
  const [l0, l1] = product;
  carryless(a1, b1);
  const [h0, h1] = product;
  carryless(a0 ^ a1, b0 ^ b1);
  const m0 = product[0] ^ l0 ^ h0;
  const m1 = product[1] ^ l1 ^ h1;
  for (const [i, x] of [l0, l1 ^ m0, h0 ^ m1, h1].entries()) view.setInt32(at + 4 * i, x, true);
});
/** Bit 0 of the immediate chooses the destination's half, bit 4 the source's. */
instruction({
  mnemonic: 'pclmulqdq',
  encodings: { '66 0F 3A 44 /r ib': 'Vx,Wx,Ib' },
  cpuid: 'PCLMULQDQ',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const b = aligned(ir, src);
    const control = ir.read(imm);
    const first = extracted(ir, ir.read(dst), ir.and(control, ir.const(1, 'i8')), 64);
    const second = extracted(ir, b, ir.and(ir.shr(control, ir.const(4, 'i8')), ir.const(1, 'i8')), 64);
    ir.write(dst, ir.call(multiply, 'v128', [first, second]));
  },
});
