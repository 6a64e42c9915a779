// SPDX-License-Identifier: MIT
/**
 * @fileoverview Packing, unpacking, shuffling, inserting, extracting, blending and byte shifts (APM vol. 4; SDM vol. 2).
 *
 * Where lanes are chosen by an immediate, a known immediate becomes one shuffle and an unknown one a swizzle (`vector.ts`).
 */
import type { Builder } from '../../ir/builder.ts';
import { XMM } from '../../ir/state.ts';
import type { Value } from '../../ir/value.ts';
import type { SimdName } from '../../wasm/opcodes.ts';
import { instruction } from '../record.ts';
import { vectorInstruction } from './integer.ts';
import {
  aligned,
  BYTES,
  bitselect,
  clampedBytes,
  extract32,
  extract64,
  fieldIndices,
  immediate32,
  iota,
  known,
  lanes,
  low32,
  maskFromBits,
  replace32,
  replace64,
  shuffle,
  splat,
  swizzle,
  vand,
  vor,
  widened,
  zero,
} from './vector.ts';

const v = (ir: Builder, name: SimdName, ...args: readonly Value[]): Value => ir.simd(name, 'v128', args);

// Interleaving and narrowing.

const UNPACK: readonly [mnemonic: string, notation: string, cpuid: string, width: 8 | 16 | 32 | 64, high: boolean][] = [
  ['punpcklbw', '66 0F 60 /r', 'SSE2', 8, false],
  ['punpcklwd', '66 0F 61 /r', 'SSE2', 16, false],
  ['punpckldq', '66 0F 62 /r', 'SSE2', 32, false],
  ['punpcklqdq', '66 0F 6C /r', 'SSE2', 64, false],
  ['punpckhbw', '66 0F 68 /r', 'SSE2', 8, true],
  ['punpckhwd', '66 0F 69 /r', 'SSE2', 16, true],
  ['punpckhdq', '66 0F 6A /r', 'SSE2', 32, true],
  ['punpckhqdq', '66 0F 6D /r', 'SSE2', 64, true],
  ['unpcklps', 'NP 0F 14 /r', 'SSE', 32, false],
  ['unpcklpd', '66 0F 14 /r', 'SSE2', 64, false],
  ['unpckhps', 'NP 0F 15 /r', 'SSE', 32, true],
  ['unpckhpd', '66 0F 15 /r', 'SSE2', 64, true],
];
for (const [mnemonic, notation, cpuid, width, high] of UNPACK) {
  const count = 128 / width;
  const first = high ? count / 2 : 0;
  const order = Array.from({ length: count }, (_, i) => (i & 1 ? count : 0) + first + (i >> 1));
  vectorInstruction(mnemonic, notation, cpuid, (ir, a, b) => shuffle(ir, width, a, b, order));
}
vectorInstruction('packsswb', '66 0F 63 /r', 'SSE2', (ir, a, b) => v(ir, 'i8x16.narrow_i16x8_s', a, b));
vectorInstruction('packuswb', '66 0F 67 /r', 'SSE2', (ir, a, b) => v(ir, 'i8x16.narrow_i16x8_u', a, b));
vectorInstruction('packssdw', '66 0F 6B /r', 'SSE2', (ir, a, b) => v(ir, 'i16x8.narrow_i32x4_s', a, b));
vectorInstruction('packusdw', '66 0F 38 2B /r', 'SSE4.1', (ir, a, b) => v(ir, 'i16x8.narrow_i32x4_u', a, b));

/** PMOVSX and PMOVZX: the low lanes of the source, widened. */
const WIDEN: readonly [suffix: string, opcode: string, operand: string, steps: readonly string[]][] = [
  ['bw', '0', 'Wq', ['i16x8.extend_low_i8x16']],
  ['bd', '1', 'Wd', ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8']],
  ['bq', '2', 'Ww', ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4']],
  ['wd', '3', 'Wq', ['i32x4.extend_low_i16x8']],
  ['wq', '4', 'Wd', ['i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4']],
  ['dq', '5', 'Wq', ['i64x2.extend_low_i32x4']],
];
for (const [suffix, opcode, operand, steps] of WIDEN) {
  for (const [name, high, sign] of [
    ['pmovsx', '2', 's'],
    ['pmovzx', '3', 'u'],
  ]) {
    instruction({
      mnemonic: name + suffix,
      encodings: { [`66 0F 38 ${high}${opcode} /r`]: `Vx,${operand}` },
      cpuid: 'SSE4.1',
      unit: 'sse',
      exec(ir, dst, src) {
        ir.write(
          dst,
          steps.reduce((x, step) => v(ir, `${step}_${sign}` as SimdName, x), widened(ir, src)),
        );
      },
    });
  }
}

// Shuffles.

/** Indices with bit 7 give zero; the others count modulo 16, while WebAssembly gives zero above 15. */
vectorInstruction('pshufb', '66 0F 38 00 /r', 'SSSE3', (ir, a, b) => swizzle(ir, a, vand(ir, b, splat(ir, 8, 0x8f))));

const fields = (n: number, count: number, width: number): number[] =>
  Array.from({ length: count }, (_, i) => (n >> (i * width)) & ((1 << width) - 1));
instruction({
  mnemonic: 'pshufd',
  encodings: { '66 0F 70 /r ib': 'Vx,Wx,Ib' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const a = aligned(ir, src);
    const n = known(ir.read(imm));
    ir.write(
      dst,
      n !== undefined ? shuffle(ir, 32, a, a, fields(n, 4, 2)) : swizzle(ir, a, fieldIndices(ir, 'dwords', ir.read(imm))),
    );
  },
});
for (const [mnemonic, notation, low] of [
  ['pshuflw', 'F2 0F 70 /r ib', true],
  ['pshufhw', 'F3 0F 70 /r ib', false],
] as const) {
  instruction({
    mnemonic,
    encodings: { [notation]: 'Vx,Wx,Ib' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const a = aligned(ir, src);
      const n = known(ir.read(imm));
      if (n === undefined) {
        ir.write(dst, swizzle(ir, a, fieldIndices(ir, low ? 'lowWords' : 'highWords', ir.read(imm))));
        return;
      }
      const chosen = fields(n, 4, 2);
      ir.write(dst, shuffle(ir, 16, a, a, low ? [...chosen, 4, 5, 6, 7] : [0, 1, 2, 3, ...chosen.map((i) => i + 4)]));
    },
  });
}
instruction({
  mnemonic: 'shufps',
  encodings: { 'NP 0F C6 /r ib': 'Vx,Wx,Ib' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const b = aligned(ir, src);
    const a = ir.read(dst);
    const n = known(ir.read(imm));
    if (n !== undefined) {
      ir.write(
        dst,
        shuffle(
          ir,
          32,
          a,
          b,
          fields(n, 4, 2).map((lane, i) => (i < 2 ? lane : lane + 4)),
        ),
      );
      return;
    }
    const index = fieldIndices(ir, 'dwords', ir.read(imm));
    ir.write(dst, shuffle(ir, 64, swizzle(ir, a, index), swizzle(ir, b, index), [0, 3]));
  },
});
instruction({
  mnemonic: 'shufpd',
  encodings: { '66 0F C6 /r ib': 'Vx,Wx,Ib' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const b = aligned(ir, src);
    const a = ir.read(dst);
    const n = known(ir.read(imm));
    if (n !== undefined) {
      ir.write(dst, shuffle(ir, 64, a, b, [n & 1, 2 + ((n >> 1) & 1)]));
      return;
    }
    const index = fieldIndices(ir, 'qwords', ir.read(imm));
    ir.write(dst, shuffle(ir, 64, swizzle(ir, a, index), swizzle(ir, b, index), [0, 3]));
  },
});

// Byte shifts. Swizzle gives zero for every index outside 0-15, also for those that have wrapped below zero.

for (const [mnemonic, digit, left] of [
  ['psrldq', 3, false],
  ['pslldq', 7, true],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`66 0F 73 /${digit} ib`]: 'Ux,Ib' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, imm) {
      const a = ir.read(dst);
      const n = known(ir.read(imm));
      if (n !== undefined) {
        const by = Math.min(n, 16);
        ir.write(
          dst,
          ir.shuffle(
            a,
            zero(ir),
            BYTES.map((i) => (left ? (i < by ? 16 : i - by) : Math.min(i + by, 16))),
          ),
        );
        return;
      }
      const by = clampedBytes(ir, ir.read(imm), 16);
      ir.write(dst, swizzle(ir, a, v(ir, left ? 'i8x16.sub' : 'i8x16.add', iota(ir), by)));
    },
  });
}
/** 16 bytes at a byte offset of destination:source. */
instruction({
  mnemonic: 'palignr',
  encodings: { '66 0F 3A 0F /r ib': 'Vx,Wx,Ib' },
  cpuid: 'SSSE3',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const low = aligned(ir, src);
    const high = ir.read(dst);
    const n = known(ir.read(imm));
    if (n !== undefined) {
      const beyond = n >= 16;
      const by = Math.min(n, 32) - (beyond ? 16 : 0);
      ir.write(
        dst,
        ir.shuffle(
          beyond ? high : low,
          beyond ? zero(ir) : high,
          BYTES.map((i) => i + by),
        ),
      );
      return;
    }
    const index = v(ir, 'i8x16.add', iota(ir), clampedBytes(ir, ir.read(imm), 32));
    ir.write(dst, vor(ir, swizzle(ir, low, index), swizzle(ir, high, v(ir, 'i8x16.sub', index, splat(ir, 8, 16)))));
  },
});

// Extraction: the chosen lane as a value of at least 32 bits, zero-extended.

export function extracted(ir: Builder, value: Value, imm: Value, width: 8 | 16 | 32 | 64): Value {
  const n = known(imm);
  if (n !== undefined) {
    const lane = n & (128 / width - 1);
    if (width === 64) return extract64(ir, value, lane);
    if (width === 32) return extract32(ir, value, lane);
    return ir.simd(width === 8 ? 'i8x16.extract_lane_u' : 'i16x8.extract_lane_u', 'i32', [value], lane);
  }
  if (width === 64) return ir.select(ir.trunc(imm, 'i1'), extract64(ir, value, 1), extract64(ir, value, 0));
  const lane = ir.and(immediate32(ir, imm), ir.const(128 / width - 1, 'i32'));
  const start = ir.mul(lane, ir.const(width / 8, 'i32'));
  const chosen = swizzle(ir, value, v(ir, 'i8x16.add', v(ir, 'i8x16.splat', start), iota(ir)));
  if (width === 32) return extract32(ir, chosen, 0);
  return ir.simd(width === 8 ? 'i8x16.extract_lane_u' : 'i16x8.extract_lane_u', 'i32', [chosen], 0);
}
const EXTRACT: readonly [mnemonic: string, opcode: string, operand: string, width: 8 | 16 | 32 | 64][] = [
  ['pextrb', '14', 'Rd', 8],
  ['pextrb', '14', 'Mb', 8],
  ['pextrw', '15', 'Rd', 16],
  ['pextrw', '15', 'Mw', 16],
  ['extractps', '17', 'Ed', 32],
];
for (const [mnemonic, opcode, operand, width] of EXTRACT) {
  instruction({
    mnemonic,
    encodings: { [`66 0F 3A ${opcode} /r ib`]: `${operand},Vx,Ib` },
    cpuid: 'SSE4.1',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      ir.write(dst, ir.trunc(extracted(ir, ir.read(src), ir.read(imm), width), dst.type));
    },
  });
}
/** PEXTRD and, with REX.W, PEXTRQ. */
instruction({
  mnemonic: 'pextrd',
  encodings: { '66 0F 3A 16 /r ib': 'Ey,Vx,Ib' },
  cpuid: 'SSE4.1',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    ir.write(dst, extracted(ir, ir.read(src), ir.read(imm), dst.type === 'i64' ? 64 : 32));
  },
});
instruction({
  mnemonic: 'pextrw',
  encodings: { '66 0F C5 /r ib': 'Gd,Ux,Ib' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    ir.write(dst, extracted(ir, ir.read(src), ir.read(imm), 16));
  },
});

// Insertion.

const SPLAT = { 8: 'i8x16.splat', 16: 'i16x8.splat', 32: 'i32x4.splat', 64: 'i64x2.splat' } as const;
/** `value` with the lane that the immediate chooses replaced by x. */
function inserted(ir: Builder, value: Value, imm: Value, width: 8 | 16 | 32 | 64, x: Value): Value {
  const n = known(imm);
  if (n !== undefined) {
    const lane = n & (128 / width - 1);
    if (width === 64) return replace64(ir, value, lane, x);
    if (width === 32) return replace32(ir, value, lane, x);
    return ir.simd(width === 8 ? 'i8x16.replace_lane' : 'i16x8.replace_lane', 'v128', [value, x], lane);
  }
  const lane = ir.and(immediate32(ir, imm), ir.const(128 / width - 1, 'i32'));
  const number = lanes(
    ir,
    8,
    BYTES.map((i) => Math.floor((i * 8) / width)),
  );
  return bitselect(ir, v(ir, 'i8x16.eq', number, v(ir, 'i8x16.splat', lane)), v(ir, SPLAT[width], x), value);
}
const INSERT: readonly [mnemonic: string, notation: string, operand: string, cpuid: string, width: 8 | 16 | 'y'][] = [
  ['pinsrb', '66 0F 3A 20 /r ib', 'Rd', 'SSE4.1', 8],
  ['pinsrb', '66 0F 3A 20 /r ib', 'Mb', 'SSE4.1', 8],
  ['pinsrw', '66 0F C4 /r ib', 'Rd', 'SSE2', 16],
  ['pinsrw', '66 0F C4 /r ib', 'Mw', 'SSE2', 16],
  ['pinsrd', '66 0F 3A 22 /r ib', 'Ey', 'SSE4.1', 'y'],
];
for (const [mnemonic, notation, operand, cpuid, width] of INSERT) {
  instruction({
    mnemonic,
    encodings: { [notation]: `Vx,${operand},Ib` },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const x = ir.read(src);
      ir.write(dst, inserted(ir, ir.read(dst), ir.read(imm), width === 'y' ? (x.type === 'i64' ? 64 : 32) : width, x));
    },
  });
}
/** Bits 6-7 choose the source lane of a register, 4-5 the destination lane, 0-3 the lanes to clear. */
instruction({
  mnemonic: 'insertps',
  encodings: { '66 0F 3A 21 /r ib': 'Vx,Wd,Ib' },
  cpuid: 'SSE4.1',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const control = ir.read(imm);
    const x = src.kind === 'mem' ? low32(ir, src) : extracted(ir, ir.read(src), ir.shr(control, ir.const(6, 'i8')), 32);
    const merged = inserted(ir, ir.read(dst), ir.shr(control, ir.const(4, 'i8')), 32, x);
    ir.write(dst, v(ir, 'v128.andnot', merged, maskFromBits(ir, 32, control)));
  },
});

// Blends.

const BLEND: readonly [mnemonic: string, opcode: string, width: 16 | 32 | 64][] = [
  ['blendps', '0C', 32],
  ['blendpd', '0D', 64],
  ['pblendw', '0E', 16],
];
for (const [mnemonic, opcode, width] of BLEND) {
  instruction({
    mnemonic,
    encodings: { [`66 0F 3A ${opcode} /r ib`]: 'Vx,Wx,Ib' },
    cpuid: 'SSE4.1',
    unit: 'sse',
    exec(ir, dst, src, imm) {
      const b = aligned(ir, src);
      const a = ir.read(dst);
      const n = known(ir.read(imm));
      const count = 128 / width;
      ir.write(
        dst,
        n !== undefined
          ? shuffle(
              ir,
              width,
              a,
              b,
              Array.from({ length: count }, (_, i) => (n & (1 << i) ? i + count : i)),
            )
          : bitselect(ir, maskFromBits(ir, width, ir.read(imm)), b, a),
      );
    },
  });
}
/** The mask is the sign of each lane of XMM0. */
const BLENDV: readonly [mnemonic: string, opcode: string, shape: 'i8x16' | 'i32x4' | 'i64x2'][] = [
  ['pblendvb', '10', 'i8x16'],
  ['blendvps', '14', 'i32x4'],
  ['blendvpd', '15', 'i64x2'],
];
for (const [mnemonic, opcode, shape] of BLENDV) {
  vectorInstruction(mnemonic, `66 0F 38 ${opcode} /r`, 'SSE4.1', (ir, a, b) =>
    bitselect(ir, v(ir, `${shape}.lt_s`, ir.slot(XMM(0), 'v128'), zero(ir)), b, a),
  );
}
