// SPDX-License-Identifier: MIT
/** @fileoverview MMX arithmetic, comparison, logic, packing and shifts, with what SSE, SSE2 and SSSE3 added (SDM vol. 2, P*). */
import type { Builder } from '../../ir/builder.ts';
import type { Value } from '../../ir/value.ts';
import type { SimdName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { byteLanes, lanes, shuffle, splat, vand, vor, zero } from '../sse/vector.ts';
import { enterMmx, low, mmxInstruction, v, writeMmx } from './register.ts';

/** One WebAssembly operation each; opcodes `0F xx`. */
const SIMPLE: readonly [mnemonic: string, opcode: string, name: SimdName, cpuid: string][] = [
  ['paddb', 'FC', 'i8x16.add', 'MMX'],
  ['paddw', 'FD', 'i16x8.add', 'MMX'],
  ['paddd', 'FE', 'i32x4.add', 'MMX'],
  ['paddq', 'D4', 'i64x2.add', 'SSE2'],
  ['psubb', 'F8', 'i8x16.sub', 'MMX'],
  ['psubw', 'F9', 'i16x8.sub', 'MMX'],
  ['psubd', 'FA', 'i32x4.sub', 'MMX'],
  ['psubq', 'FB', 'i64x2.sub', 'SSE2'],
  ['paddsb', 'EC', 'i8x16.add_sat_s', 'MMX'],
  ['paddsw', 'ED', 'i16x8.add_sat_s', 'MMX'],
  ['paddusb', 'DC', 'i8x16.add_sat_u', 'MMX'],
  ['paddusw', 'DD', 'i16x8.add_sat_u', 'MMX'],
  ['psubsb', 'E8', 'i8x16.sub_sat_s', 'MMX'],
  ['psubsw', 'E9', 'i16x8.sub_sat_s', 'MMX'],
  ['psubusb', 'D8', 'i8x16.sub_sat_u', 'MMX'],
  ['psubusw', 'D9', 'i16x8.sub_sat_u', 'MMX'],
  ['pmullw', 'D5', 'i16x8.mul', 'MMX'],
  ['pmaddwd', 'F5', 'i32x4.dot_i16x8_s', 'MMX'],
  ['pavgb', 'E0', 'i8x16.avgr_u', 'SSE'],
  ['pavgw', 'E3', 'i16x8.avgr_u', 'SSE'],
  ['pminub', 'DA', 'i8x16.min_u', 'SSE'],
  ['pmaxub', 'DE', 'i8x16.max_u', 'SSE'],
  ['pminsw', 'EA', 'i16x8.min_s', 'SSE'],
  ['pmaxsw', 'EE', 'i16x8.max_s', 'SSE'],
  ['pcmpeqb', '74', 'i8x16.eq', 'MMX'],
  ['pcmpeqw', '75', 'i16x8.eq', 'MMX'],
  ['pcmpeqd', '76', 'i32x4.eq', 'MMX'],
  ['pcmpgtb', '64', 'i8x16.gt_s', 'MMX'],
  ['pcmpgtw', '65', 'i16x8.gt_s', 'MMX'],
  ['pcmpgtd', '66', 'i32x4.gt_s', 'MMX'],
  ['pand', 'DB', 'v128.and', 'MMX'],
  ['por', 'EB', 'v128.or', 'MMX'],
  ['pxor', 'EF', 'v128.xor', 'MMX'],
];
for (const [mnemonic, opcode, name, cpuid] of SIMPLE)
  mmxInstruction(mnemonic, `0F ${opcode}`, cpuid, (ir, a, b) => v(ir, name, a, b));
mmxInstruction('pandn', '0F DF', 'MMX', (ir, a, b) => v(ir, 'v128.andnot', b, a));

const high = (ir: Builder, a: Value, b: Value, sign: 's' | 'u'): Value => {
  const products = v(ir, `i32x4.extmul_low_i16x8_${sign}`, a, b);
  return shuffle(ir, 16, products, products, [1, 3, 5, 7, 1, 3, 5, 7]);
};
mmxInstruction('pmulhw', '0F E5', 'MMX', (ir, a, b) => high(ir, a, b, 's'));
mmxInstruction('pmulhuw', '0F E4', 'SSE', (ir, a, b) => high(ir, a, b, 'u'));
mmxInstruction('pmuludq', '0F F4', 'SSE2', (ir, a, b) => v(ir, 'i64x2.extmul_low_i32x4_u', a, b));
mmxInstruction('psadbw', '0F F6', 'SSE', (ir, a, b) => {
  const difference = vor(ir, v(ir, 'i8x16.sub_sat_u', a, b), v(ir, 'i8x16.sub_sat_u', b, a));
  const halves = v(ir, 'i32x4.extadd_pairwise_i16x8_u', v(ir, 'i16x8.extadd_pairwise_i8x16_u', difference));
  const sum = v(ir, 'i32x4.add', halves, v(ir, 'i64x2.shr_u', halves, ir.const(32, 'i32')));
  return vand(ir, sum, splat(ir, 64, 0xffffffffn));
});

// Packing and interleaving. Both halves of the vectors are equal, so lanes of the low half serve.

/** The destination's lanes become the low ones. */
const joined = (ir: Builder, a: Value, b: Value): Value => shuffle(ir, 64, a, b, [0, 2]);
mmxInstruction('packsswb', '0F 63', 'MMX', (ir, a, b) => {
  const both = joined(ir, a, b);
  return v(ir, 'i8x16.narrow_i16x8_s', both, both);
});
mmxInstruction('packuswb', '0F 67', 'MMX', (ir, a, b) => {
  const both = joined(ir, a, b);
  return v(ir, 'i8x16.narrow_i16x8_u', both, both);
});
mmxInstruction('packssdw', '0F 6B', 'MMX', (ir, a, b) => {
  const both = joined(ir, a, b);
  return v(ir, 'i16x8.narrow_i32x4_s', both, both);
});
for (const [suffix, width, lowOpcode, highOpcode] of [
  ['bw', 8, '60', '68'],
  ['wd', 16, '61', '69'],
  ['dq', 32, '62', '6A'],
] as const) {
  const half = 32 / width;
  const interleave = (first: number): Binary => {
    const picked: number[] = [];
    for (let i = 0; i < half; i++) picked.push(first + i, 128 / width + first + i);
    return (ir, a, b) => shuffle(ir, width, a, b, [...picked, ...picked]);
  };
  // The low forms read 32 bits of memory.
  mmxInstruction(`punpckl${suffix}`, `0F ${lowOpcode}`, 'MMX', interleave(0), 'Pq,Qd');
  mmxInstruction(`punpckh${suffix}`, `0F ${highOpcode}`, 'MMX', interleave(half));
}
type Binary = (ir: Builder, a: Value, b: Value) => Value;

// SSSE3.

/** Neighbours of the destination give the low lanes, those of the source the high ones. */
for (const [mnemonic, opcode, width, name] of [
  ['phaddw', '01', 16, 'i16x8.add'],
  ['phaddd', '02', 32, 'i32x4.add'],
  ['phaddsw', '03', 16, 'i16x8.add_sat_s'],
  ['phsubw', '05', 16, 'i16x8.sub'],
  ['phsubd', '06', 32, 'i32x4.sub'],
  ['phsubsw', '07', 16, 'i16x8.sub_sat_s'],
] as const) {
  const count = 64 / width;
  const pick = (first: number): number[] => {
    const all = Array.from({ length: count }, (_, i) => 2 * i + first);
    return [...all, ...all];
  };
  mmxInstruction(mnemonic, `0F 38 ${opcode}`, 'SSSE3', (ir, a, b) => {
    const both = joined(ir, a, b);
    return v(ir, name, shuffle(ir, width, both, both, pick(0)), shuffle(ir, width, both, both, pick(1)));
  });
}
for (const [suffix, sign, absolute, shape] of [
  ['b', '08', '1C', 'i8x16'],
  ['w', '09', '1D', 'i16x8'],
  ['d', '0A', '1E', 'i32x4'],
] as const) {
  mmxInstruction(`psign${suffix}`, `0F 38 ${sign}`, 'SSSE3', (ir, a, b) => {
    const negative = v(ir, `${shape}.lt_s`, b, zero(ir));
    const signed = ir.simd('v128.bitselect', 'v128', [v(ir, `${shape}.neg`, a), a, negative]);
    return v(ir, 'v128.andnot', signed, v(ir, `${shape}.eq`, b, zero(ir)));
  });
  mmxInstruction(`pabs${suffix}`, `0F 38 ${absolute}`, 'SSSE3', (ir, _, b) => v(ir, `${shape}.abs`, b));
}
/** Unsigned bytes of the destination times signed bytes of the source; neighbours are added with saturation. */
mmxInstruction('pmaddubsw', '0F 38 04', 'SSSE3', (ir, a, b) => {
  const eight = ir.const(8, 'i32');
  const evenProducts = v(
    ir,
    'i16x8.mul',
    vand(ir, a, splat(ir, 16, 0xff)),
    v(ir, 'i16x8.shr_s', v(ir, 'i16x8.shl', b, eight), eight),
  );
  const oddProducts = v(ir, 'i16x8.mul', v(ir, 'i16x8.shr_u', a, eight), v(ir, 'i16x8.shr_s', b, eight));
  return v(ir, 'i16x8.add_sat_s', evenProducts, oddProducts);
});
/** The WebAssembly operation saturates -1 x -1; the instruction wraps to 8000h, which is the complement. */
mmxInstruction('pmulhrsw', '0F 38 0B', 'SSSE3', (ir, a, b) => {
  const lowest = splat(ir, 16, 0x8000);
  const both = vand(ir, v(ir, 'i16x8.eq', a, lowest), v(ir, 'i16x8.eq', b, lowest));
  return v(ir, 'v128.xor', v(ir, 'i16x8.q15mulr_sat_s', a, b), both);
});
/** An index with its top bit set picks zero. */
mmxInstruction('pshufb', '0F 38 00', 'SSSE3', (ir, a, b) => v(ir, 'i8x16.swizzle', a, vand(ir, b, splat(ir, 8, 0x87))));
instruction({
  mnemonic: 'palignr',
  encodings: { 'NP 0F 3A 0F /r ib': 'Pq,Qq,Ib' },
  cpuid: 'SSSE3',
  unit: 'mmx',
  exec(ir, dst, src, imm) {
    enterMmx(ir);
    const both = shuffle(ir, 64, v(ir, 'i64x2.splat', ir.read(src)), v(ir, 'i64x2.splat', ir.read(dst)), [0, 2]);
    const count = v(ir, 'i8x16.splat', ir.zext(ir.read(imm), 'i32'));
    const index = v(ir, 'i8x16.add_sat_u', lanes(ir, 8, byteLanes(64, [0, 1])), count);
    writeMmx(ir, dst, low(ir, v(ir, 'i8x16.swizzle', both, index)));
  },
});

// Shifts by a register, memory or an immediate. All 64 bits of the count matter; too large counts clear, or fill with the sign.

for (const [mnemonic, opcode, group, digit, shape, width, op] of [
  ['psrlw', 'D1', '71', 2, 'i16x8', 16, 'shr_u'],
  ['psrld', 'D2', '72', 2, 'i32x4', 32, 'shr_u'],
  ['psrlq', 'D3', '73', 2, 'i64x2', 64, 'shr_u'],
  ['psraw', 'E1', '71', 4, 'i16x8', 16, 'shr_s'],
  ['psrad', 'E2', '72', 4, 'i32x4', 32, 'shr_s'],
  ['psllw', 'F1', '71', 6, 'i16x8', 16, 'shl'],
  ['pslld', 'F2', '72', 6, 'i32x4', 32, 'shl'],
  ['psllq', 'F3', '73', 6, 'i64x2', 64, 'shl'],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`NP 0F ${opcode} /r`]: 'Pq,Qq', [`NP 0F ${group} /${digit} ib`]: 'Nq,Ib' },
    cpuid: 'MMX',
    unit: 'mmx',
    exec(ir, dst, src) {
      enterMmx(ir);
      const count = ir.zext(ir.read(src), 'i64');
      const within = ir.ult(count, ir.const(width, 'i64'));
      const vector = v(ir, 'i64x2.splat', ir.read(dst));
      const limited = op === 'shr_s' ? ir.select(within, count, ir.const(width - 1, 'i64')) : count;
      const moved = low(ir, v(ir, `${shape}.${op}` as SimdName, vector, ir.trunc(limited, 'i32')));
      writeMmx(ir, dst, op === 'shr_s' ? moved : ir.select(within, moved, ir.const(0, 'i64')));
    },
  });
}
