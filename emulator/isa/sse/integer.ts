// SPDX-License-Identifier: MIT
/**
 * @fileoverview Packed integer arithmetic, comparison and logic: everything that WebAssembly's vectors have as it is, and the few
 * that are two or three of its operations (APM vol. 4; SDM vol. 2, P*). No flags but PTEST's, no exceptions but alignment.
 */
import type { Builder } from '../../ir/builder.ts';
import type { Value } from '../../ir/value.ts';
import type { SimdName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { aligned, bitselect, extract64, lanes, shuffle, splat, vand, vor, zero } from './vector.ts';

type Binary = (ir: Builder, a: Value, b: Value) => Value;

/** dst = f(dst, src) with an aligned 16-byte source. */
export function vectorInstruction(mnemonic: string, notation: string, cpuid: string, f: Binary): void {
  instruction({
    mnemonic,
    encodings: { [notation]: 'Vx,Wx' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      const b = aligned(ir, src);
      ir.write(dst, f(ir, ir.read(dst), b));
    },
  });
}
const v = (ir: Builder, name: SimdName, ...args: readonly Value[]): Value => ir.simd(name, 'v128', args);

/** One WebAssembly operation each; opcodes `66 0F xx`. */
const SSE2: readonly [mnemonic: string, opcode: string, name: SimdName][] = [
  ['paddb', 'FC', 'i8x16.add'],
  ['paddw', 'FD', 'i16x8.add'],
  ['paddd', 'FE', 'i32x4.add'],
  ['paddq', 'D4', 'i64x2.add'],
  ['psubb', 'F8', 'i8x16.sub'],
  ['psubw', 'F9', 'i16x8.sub'],
  ['psubd', 'FA', 'i32x4.sub'],
  ['psubq', 'FB', 'i64x2.sub'],
  ['paddsb', 'EC', 'i8x16.add_sat_s'],
  ['paddsw', 'ED', 'i16x8.add_sat_s'],
  ['paddusb', 'DC', 'i8x16.add_sat_u'],
  ['paddusw', 'DD', 'i16x8.add_sat_u'],
  ['psubsb', 'E8', 'i8x16.sub_sat_s'],
  ['psubsw', 'E9', 'i16x8.sub_sat_s'],
  ['psubusb', 'D8', 'i8x16.sub_sat_u'],
  ['psubusw', 'D9', 'i16x8.sub_sat_u'],
  ['pmullw', 'D5', 'i16x8.mul'],
  ['pmaddwd', 'F5', 'i32x4.dot_i16x8_s'],
  ['pavgb', 'E0', 'i8x16.avgr_u'],
  ['pavgw', 'E3', 'i16x8.avgr_u'],
  ['pminub', 'DA', 'i8x16.min_u'],
  ['pmaxub', 'DE', 'i8x16.max_u'],
  ['pminsw', 'EA', 'i16x8.min_s'],
  ['pmaxsw', 'EE', 'i16x8.max_s'],
  ['pcmpeqb', '74', 'i8x16.eq'],
  ['pcmpeqw', '75', 'i16x8.eq'],
  ['pcmpeqd', '76', 'i32x4.eq'],
  ['pcmpgtb', '64', 'i8x16.gt_s'],
  ['pcmpgtw', '65', 'i16x8.gt_s'],
  ['pcmpgtd', '66', 'i32x4.gt_s'],
  ['pand', 'DB', 'v128.and'],
  ['por', 'EB', 'v128.or'],
  ['pxor', 'EF', 'v128.xor'],
];
for (const [mnemonic, opcode, name] of SSE2)
  vectorInstruction(mnemonic, `66 0F ${opcode} /r`, 'SSE2', (ir, a, b) => v(ir, name, a, b));

/** The same behind `66 0F 38`. */
const SSE4: readonly [mnemonic: string, opcode: string, name: SimdName, cpuid: string][] = [
  ['pminsb', '38', 'i8x16.min_s', 'SSE4.1'],
  ['pminsd', '39', 'i32x4.min_s', 'SSE4.1'],
  ['pminuw', '3A', 'i16x8.min_u', 'SSE4.1'],
  ['pminud', '3B', 'i32x4.min_u', 'SSE4.1'],
  ['pmaxsb', '3C', 'i8x16.max_s', 'SSE4.1'],
  ['pmaxsd', '3D', 'i32x4.max_s', 'SSE4.1'],
  ['pmaxuw', '3E', 'i16x8.max_u', 'SSE4.1'],
  ['pmaxud', '3F', 'i32x4.max_u', 'SSE4.1'],
  ['pmulld', '40', 'i32x4.mul', 'SSE4.1'],
  ['pcmpeqq', '29', 'i64x2.eq', 'SSE4.1'],
  ['pcmpgtq', '37', 'i64x2.gt_s', 'SSE4.2'],
];
for (const [mnemonic, opcode, name, cpuid] of SSE4)
  vectorInstruction(mnemonic, `66 0F 38 ${opcode} /r`, cpuid, (ir, a, b) => v(ir, name, a, b));

/** The floating-point names of AND, OR and XOR. */
const LOGIC: readonly [name: string, opcode: string, f: Binary][] = [
  ['and', '54', (ir, a, b) => vand(ir, a, b)],
  ['andn', '55', (ir, a, b) => v(ir, 'v128.andnot', b, a)],
  ['or', '56', (ir, a, b) => vor(ir, a, b)],
  ['xor', '57', (ir, a, b) => v(ir, 'v128.xor', a, b)],
];
for (const [name, opcode, f] of LOGIC) {
  vectorInstruction(`${name}ps`, `NP 0F ${opcode} /r`, 'SSE', f);
  vectorInstruction(`${name}pd`, `66 0F ${opcode} /r`, 'SSE2', f);
}
vectorInstruction('pandn', '66 0F DF /r', 'SSE2', (ir, a, b) => v(ir, 'v128.andnot', b, a));

/** High halves of the eight 32-bit products. */
const high = (ir: Builder, a: Value, b: Value, sign: 's' | 'u'): Value =>
  shuffle(
    ir,
    16,
    v(ir, `i32x4.extmul_low_i16x8_${sign}`, a, b),
    v(ir, `i32x4.extmul_high_i16x8_${sign}`, a, b),
    [1, 3, 5, 7, 9, 11, 13, 15],
  );
vectorInstruction('pmulhw', '66 0F E5 /r', 'SSE2', (ir, a, b) => high(ir, a, b, 's'));
vectorInstruction('pmulhuw', '66 0F E4 /r', 'SSE2', (ir, a, b) => high(ir, a, b, 'u'));
const even = (ir: Builder, a: Value): Value => shuffle(ir, 32, a, a, [0, 2, 0, 2]);
vectorInstruction('pmuludq', '66 0F F4 /r', 'SSE2', (ir, a, b) => v(ir, 'i64x2.extmul_low_i32x4_u', even(ir, a), even(ir, b)));
vectorInstruction('pmuldq', '66 0F 38 28 /r', 'SSE4.1', (ir, a, b) =>
  v(ir, 'i64x2.extmul_low_i32x4_s', even(ir, a), even(ir, b)),
);

vectorInstruction('psadbw', '66 0F F6 /r', 'SSE2', (ir, a, b) => {
  const difference = vor(ir, v(ir, 'i8x16.sub_sat_u', a, b), v(ir, 'i8x16.sub_sat_u', b, a));
  const quarters = v(ir, 'i32x4.extadd_pairwise_i16x8_u', v(ir, 'i16x8.extadd_pairwise_i8x16_u', difference));
  const upper = ir.simd('i64x2.shr_u', 'v128', [quarters, ir.const(32, 'i32')]);
  return vand(ir, v(ir, 'i32x4.add', quarters, upper), splat(ir, 64, 0xffffffffn));
});

// SSSE3.

/** Horizontal: sums or differences of neighbours, the destination's in the low half. */
const horizontal = (ir: Builder, a: Value, b: Value, width: 16 | 32, name: SimdName): Value => {
  const count = 256 / width;
  const pick = (first: number): number[] => Array.from({ length: count / 2 }, (_, i) => 2 * i + first);
  return v(ir, name, shuffle(ir, width, a, b, pick(0)), shuffle(ir, width, a, b, pick(1)));
};
const HORIZONTAL: readonly [mnemonic: string, opcode: string, width: 16 | 32, name: SimdName][] = [
  ['phaddw', '01', 16, 'i16x8.add'],
  ['phaddd', '02', 32, 'i32x4.add'],
  ['phaddsw', '03', 16, 'i16x8.add_sat_s'],
  ['phsubw', '05', 16, 'i16x8.sub'],
  ['phsubd', '06', 32, 'i32x4.sub'],
  ['phsubsw', '07', 16, 'i16x8.sub_sat_s'],
];
for (const [mnemonic, opcode, width, name] of HORIZONTAL) {
  vectorInstruction(mnemonic, `66 0F 38 ${opcode} /r`, 'SSSE3', (ir, a, b) => horizontal(ir, a, b, width, name));
}
const SIGNED: readonly [suffix: string, sign: string, absolute: string, shape: 'i8x16' | 'i16x8' | 'i32x4'][] = [
  ['b', '08', '1C', 'i8x16'],
  ['w', '09', '1D', 'i16x8'],
  ['d', '0A', '1E', 'i32x4'],
];
for (const [suffix, sign, absolute, shape] of SIGNED) {
  vectorInstruction(`psign${suffix}`, `66 0F 38 ${sign} /r`, 'SSSE3', (ir, a, b) => {
    const negated = bitselect(ir, v(ir, `${shape}.lt_s`, b, zero(ir)), v(ir, `${shape}.neg`, a), a);
    return v(ir, 'v128.andnot', negated, v(ir, `${shape}.eq`, b, zero(ir)));
  });
  vectorInstruction(`pabs${suffix}`, `66 0F 38 ${absolute} /r`, 'SSSE3', (ir, _, b) => v(ir, `${shape}.abs`, b));
}
/** Unsigned bytes of the destination times signed bytes of the source; neighbours are added with saturation. */
vectorInstruction('pmaddubsw', '66 0F 38 04 /r', 'SSSE3', (ir, a, b) => {
  const eight = ir.const(8, 'i32');
  const evenA = vand(ir, a, splat(ir, 16, 0xff));
  const oddA = v(ir, 'i16x8.shr_u', a, eight);
  const evenB = v(ir, 'i16x8.shr_s', v(ir, 'i16x8.shl', b, eight), eight);
  const oddB = v(ir, 'i16x8.shr_s', b, eight);
  return v(ir, 'i16x8.add_sat_s', v(ir, 'i16x8.mul', evenA, evenB), v(ir, 'i16x8.mul', oddA, oddB));
});
/** q15mulr saturates -1 x -1; the instruction wraps to 8000h, which is the complement. */
vectorInstruction('pmulhrsw', '66 0F 38 0B /r', 'SSSE3', (ir, a, b) => {
  const lowest = splat(ir, 16, 0x8000);
  const both = vand(ir, v(ir, 'i16x8.eq', a, lowest), v(ir, 'i16x8.eq', b, lowest));
  return v(ir, 'v128.xor', v(ir, 'i16x8.q15mulr_sat_s', a, b), both);
});

// SSE4.1.

/** Smallest word and its position. Each word gets its index as a low half, so that an unsigned minimum of dwords finds both. */
vectorInstruction('phminposuw', '66 0F 38 41 /r', 'SSE4.1', (ir, _, b) => {
  const index = lanes(ir, 16, [0, 1, 2, 3, 4, 5, 6, 7]);
  const low = shuffle(ir, 16, index, b, [0, 8, 1, 9, 2, 10, 3, 11]);
  const top = shuffle(ir, 16, index, b, [4, 12, 5, 13, 6, 14, 7, 15]);
  const four = v(ir, 'i32x4.min_u', low, top);
  const two = v(ir, 'i32x4.min_u', four, shuffle(ir, 32, four, four, [2, 3, 2, 3]));
  const one = v(ir, 'i32x4.min_u', two, shuffle(ir, 32, two, two, [1, 1, 1, 1]));
  return shuffle(ir, 16, one, zero(ir), [1, 0, 8, 8, 8, 8, 8, 8]);
});

/** Sums of absolute differences of one block of four source bytes with eight overlapping blocks of the destination. */
instruction({
  mnemonic: 'mpsadbw',
  encodings: { '66 0F 3A 42 /r ib': 'Vx,Wx,Ib' },
  cpuid: 'SSE4.1',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const b = aligned(ir, src);
    const a = ir.read(dst);
    const control = ir.zext(ir.read(imm), 'i32');
    // The destination from its chosen offset (0 or 4), the source block (0 to 3) in every dword.
    const start = ir.and(control, ir.const(4, 'i32'));
    const window = (extra: number): Value =>
      v(
        ir,
        'i8x16.swizzle',
        a,
        v(
          ir,
          'i8x16.add',
          v(ir, 'i8x16.splat', start),
          lanes(
            ir,
            8,
            Array.from({ length: 16 }, (_, i) => (i >> 1) + (i & 1) + extra),
          ),
        ),
      );
    const block = ir.shl(ir.and(control, ir.const(3, 'i32')), ir.const(2, 'i32'));
    const pair = (extra: number): Value =>
      v(
        ir,
        'i8x16.swizzle',
        b,
        v(
          ir,
          'i8x16.add',
          v(ir, 'i8x16.splat', block),
          lanes(
            ir,
            8,
            Array.from({ length: 16 }, (_, i) => (i & 1) + extra),
          ),
        ),
      );
    const sum = (extra: number): Value => {
      const x = window(extra);
      const y = pair(extra);
      const difference = vor(ir, v(ir, 'i8x16.sub_sat_u', x, y), v(ir, 'i8x16.sub_sat_u', y, x));
      return v(ir, 'i16x8.extadd_pairwise_i8x16_u', difference);
    };
    ir.write(dst, v(ir, 'i16x8.add', sum(0), sum(2)));
  },
});

/** ZF: no bit in common; CF: no bit of the source outside the destination. */
instruction({
  mnemonic: 'ptest',
  encodings: { '66 0F 38 17 /r': 'Vx,Wx' },
  cpuid: 'SSE4.1',
  unit: 'sse',
  exec(ir, dst, src) {
    const b = aligned(ir, src);
    const a = ir.read(dst);
    const none = (x: Value): Value => ir.isZero(ir.simd('v128.any_true', 'i32', [x]));
    ir.setFlags({ ...ir.clearedFlags, ZF: ir.bool(none(vand(ir, a, b))), CF: ir.bool(none(v(ir, 'v128.andnot', b, a))) });
  },
});

// Shifts by a count in a register or memory: all of its low 64 bits count, and too large counts clear (or fill with the sign).

const SHIFTS: readonly [
  mnemonic: string,
  opcode: string,
  group: string,
  digit: number,
  shape: 'i16x8' | 'i32x4' | 'i64x2',
  op: 'shl' | 'shr_u' | 'shr_s',
][] = [
  ['psrlw', 'D1', '71', 2, 'i16x8', 'shr_u'],
  ['psraw', 'E1', '71', 4, 'i16x8', 'shr_s'],
  ['psllw', 'F1', '71', 6, 'i16x8', 'shl'],
  ['psrld', 'D2', '72', 2, 'i32x4', 'shr_u'],
  ['psrad', 'E2', '72', 4, 'i32x4', 'shr_s'],
  ['pslld', 'F2', '72', 6, 'i32x4', 'shl'],
  ['psrlq', 'D3', '73', 2, 'i64x2', 'shr_u'],
  ['psllq', 'F3', '73', 6, 'i64x2', 'shl'],
];
const WIDTH = { i16x8: 16, i32x4: 32, i64x2: 64 } as const;
for (const [mnemonic, opcode, group, digit, shape, op] of SHIFTS) {
  const width = WIDTH[shape];
  const shifted = (ir: Builder, value: Value, count: Value): Value => {
    const inRange = ir.ult(count, ir.const(width, count.type));
    const small = ir.resize(count, 'i32');
    if (op === 'shr_s')
      return ir.simd(`${shape}.shr_s` as SimdName, 'v128', [value, ir.select(inRange, small, ir.const(width - 1, 'i32'))]);
    return ir.select(inRange, ir.simd(`${shape}.${op}`, 'v128', [value, small]), zero(ir));
  };
  instruction({
    mnemonic,
    encodings: { [`66 0F ${opcode} /r`]: 'Vx,Wx' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, src) {
      const count = extract64(ir, aligned(ir, src), 0);
      ir.write(dst, shifted(ir, ir.read(dst), count));
    },
  });
  instruction({
    mnemonic,
    encodings: { [`66 0F ${group} /${digit} ib`]: 'Ux,Ib' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, imm) {
      ir.write(dst, shifted(ir, ir.read(dst), ir.zext(ir.read(imm), 'i32')));
    },
  });
}
