// SPDX-License-Identifier: MIT
/**
 * @fileoverview SSE data movement (SDM vol. 2, MOV*; APM vol. 4 and 5): full registers, halves, scalars, general registers, masks,
 * duplicating and non-temporal moves. Non-temporal hints mean nothing here: every store is ordered and cached.
 */
import type { Builder } from '../../ir/builder.ts';
import { SLOT } from '../../ir/state.ts';
import type { Operand } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { aligned, extract32, extract64, fromScalar, low32, low64, replace64, shuffle, widened } from './vector.ts';

/** Load and store opcode of whole-register moves; `aligned` ones fault on other addresses. */
const FULL: readonly [mnemonic: string, prefix: string, load: string, store: string, cpuid: string, mustAlign: boolean][] = [
  ['movups', 'NP', '10', '11', 'SSE', false],
  ['movupd', '66', '10', '11', 'SSE2', false],
  ['movaps', 'NP', '28', '29', 'SSE', true],
  ['movapd', '66', '28', '29', 'SSE2', true],
  ['movdqa', '66', '6F', '7F', 'SSE2', true],
  ['movdqu', 'F3', '6F', '7F', 'SSE2', false],
];
for (const [mnemonic, prefix, load, store, cpuid, mustAlign] of FULL) {
  instruction({
    mnemonic,
    encodings: { [`${prefix} 0F ${load} /r`]: 'Vx,Wx', [`${prefix} 0F ${store} /r`]: 'Wx,Vx' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      if (mustAlign) {
        ir.requireAligned(src, 16);
        ir.requireAligned(dst, 16);
      }
      ir.write(dst, ir.read(src));
    },
  });
}

/** LDDQU: a load that may cross cache lines cheaply; here it is MOVDQU. */
instruction({
  mnemonic: 'lddqu',
  encodings: { 'F2 0F F0 /r': 'Vx,Mx' },
  cpuid: 'SSE3',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, ir.read(src));
  },
});

const nonTemporalStore = (mnemonic: string, notation: string, cpuid: string): void => {
  instruction({
    mnemonic,
    encodings: { [notation]: 'Mx,Vx' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      ir.requireAligned(dst, 16);
      ir.write(dst, ir.read(src));
    },
  });
};
nonTemporalStore('movntps', 'NP 0F 2B /r', 'SSE');
nonTemporalStore('movntpd', '66 0F 2B /r', 'SSE2');
nonTemporalStore('movntdq', '66 0F E7 /r', 'SSE2');
instruction({
  mnemonic: 'movntdqa',
  encodings: { '66 0F 38 2A /r': 'Vx,Mx' },
  cpuid: 'SSE4.1',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, aligned(ir, src));
  },
});
/** MOVNTI works on general registers: it needs SSE2 but neither OSFXSR nor a clear TS. */
instruction({
  mnemonic: 'movnti',
  encodings: { 'NP 0F C3 /r': 'My,Gy' },
  cpuid: 'SSE2',
  exec(ir, dst, src) {
    ir.write(dst, ir.read(src));
  },
});

/** A scalar load from memory clears the rest of the register; a register source leaves the destination's upper part alone. */
function scalarMove(ir: Builder, dst: Operand, src: Operand, size: 32 | 64): void {
  const value = size === 32 ? low32(ir, src) : low64(ir, src);
  if (dst.kind === 'mem') ir.write(dst, value);
  else if (src.kind === 'mem') ir.write(dst, fromScalar(ir, value));
  else
    ir.write(
      dst,
      size === 32
        ? shuffle(ir, 32, ir.read(src), ir.read(dst), [0, 5, 6, 7])
        : shuffle(ir, 64, ir.read(src), ir.read(dst), [0, 3]),
    );
}
instruction({
  mnemonic: 'movss',
  encodings: { 'F3 0F 10 /r': 'Vx,Wd', 'F3 0F 11 /r': 'Wd,Vx' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst, src) {
    scalarMove(ir, dst, src, 32);
  },
});
instruction({
  mnemonic: 'movsd',
  encodings: { 'F2 0F 10 /r': 'Vx,Wq', 'F2 0F 11 /r': 'Wq,Vx' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    scalarMove(ir, dst, src, 64);
  },
});

const HALVES: readonly [mnemonic: string, prefix: string, load: string, store: string, cpuid: string, lane: number][] = [
  ['movlps', 'NP', '12', '13', 'SSE', 0],
  ['movlpd', '66', '12', '13', 'SSE2', 0],
  ['movhps', 'NP', '16', '17', 'SSE', 1],
  ['movhpd', '66', '16', '17', 'SSE2', 1],
];
for (const [mnemonic, prefix, load, store, cpuid, lane] of HALVES) {
  instruction({
    mnemonic,
    encodings: { [`${prefix} 0F ${load} /r`]: 'Vx,Mq', [`${prefix} 0F ${store} /r`]: 'Mq,Vx' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      if (dst.kind === 'mem') ir.write(dst, extract64(ir, ir.read(src), lane));
      else ir.write(dst, replace64(ir, ir.read(dst), lane, ir.read(src)));
    },
  });
}
instruction({
  mnemonic: 'movhlps',
  encodings: { 'NP 0F 12 /r': 'Vx,Ux' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, shuffle(ir, 64, ir.read(src), ir.read(dst), [1, 3]));
  },
});
instruction({
  mnemonic: 'movlhps',
  encodings: { 'NP 0F 16 /r': 'Vx,Ux' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, shuffle(ir, 64, ir.read(dst), ir.read(src), [0, 2]));
  },
});

/** MOVD and, with REX.W, MOVQ between general and xmm registers. */
instruction({
  mnemonic: 'movd',
  encodings: { '66 0F 6E /r': 'Vx,Ey', '66 0F 7E /r': 'Ey,Vx' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    if (dst.type === 'v128') ir.write(dst, fromScalar(ir, ir.read(src)));
    else ir.write(dst, dst.type === 'i32' ? extract32(ir, ir.read(src), 0) : extract64(ir, ir.read(src), 0));
  },
});
instruction({
  mnemonic: 'movq',
  encodings: { 'F3 0F 7E /r': 'Vx,Wq', '66 0F D6 /r': 'Wq,Vx' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    const value = low64(ir, src);
    ir.write(dst, dst.type === 'v128' ? fromScalar(ir, value) : value);
  },
});

/** Sign bits of the lanes to a general register. */
const mask = (mnemonic: string, notation: string, cpuid: string, shape: 'i8x16' | 'i32x4' | 'i64x2'): void => {
  instruction({
    mnemonic,
    encodings: { [notation]: 'Gd,Ux' },
    cpuid,
    unit: 'sse',
    exec(ir, dst, src) {
      ir.write(dst, ir.simd(`${shape}.bitmask`, 'i32', [ir.read(src)]));
    },
  });
};
mask('movmskps', 'NP 0F 50 /r', 'SSE', 'i32x4');
mask('movmskpd', '66 0F 50 /r', 'SSE2', 'i64x2');
mask('pmovmskb', '66 0F D7 /r', 'SSE2', 'i8x16');

instruction({
  mnemonic: 'movddup',
  encodings: { 'F2 0F 12 /r': 'Vx,Wq' },
  cpuid: 'SSE3',
  unit: 'sse',
  exec(ir, dst, src) {
    const value = widened(ir, src);
    ir.write(dst, shuffle(ir, 64, value, value, [0, 0]));
  },
});
const duplicate = (mnemonic: string, opcode: string, order: readonly number[]): void => {
  instruction({
    mnemonic,
    encodings: { [`F3 0F ${opcode} /r`]: 'Vx,Wx' },
    cpuid: 'SSE3',
    unit: 'sse',
    exec(ir, dst, src) {
      const value = aligned(ir, src);
      ir.write(dst, shuffle(ir, 32, value, value, order));
    },
  });
};
duplicate('movsldup', '12', [0, 0, 2, 2]);
duplicate('movshdup', '16', [1, 1, 3, 3]);

/** Stores the selected bytes only, and touches no page that holds none; all are tested before the first is written. */
const maskedStore = helper('maskmovdqu', (cpu: Cpu) => {
  const data = cpu.args.bytes(1).slice();
  const mask = cpu.args.bytes(2).slice();
  const start = cpu.args.u64(0);
  const selected = [...mask.keys()].filter((i) => mask[i] & 0x80);
  const at = (i: number): bigint => BigInt.asUintN(cpu.codeSize === 64 ? 64 : 32, start + BigInt(i));
  for (const i of selected) cpu.probe(at(i), 1, true);
  for (const i of selected) cpu.store(at(i), 1, BigInt(data[i]));
});
instruction({
  mnemonic: 'maskmovdqu',
  encodings: { '66 0F F7 /r': 'mDIx,Vx,Ux' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, at, data, select) {
    ir.callVoid(maskedStore, [ir.address(at), ir.read(data), ir.read(select)]);
  },
});

/** MXCSR. Bits 16-31 are reserved: setting one is #GP(0). */
instruction({
  mnemonic: 'ldmxcsr',
  encodings: { 'NP 0F AE /2': 'Md' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, src) {
    const value = ir.read(src);
    ir.fault(13, ir.ne(ir.and(value, ir.const(0xffff0000n, 'i32')), ir.const(0, 'i32')));
    ir.setSlot(SLOT.MXCSR, value);
  },
});
instruction({
  mnemonic: 'stmxcsr',
  encodings: { 'NP 0F AE /3': 'Md' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst) {
    ir.write(dst, ir.slot(SLOT.MXCSR, 'i32'));
  },
});
