// SPDX-License-Identifier: MIT
/** @fileoverview Moves to, from and between MMX registers, word shuffles, masks and the conversions of SSE that use them. */
import { SLOT } from '../../ir/state.ts';
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { fromInteger, toInteger } from '../softfloat/convert.ts';
import { F32, F64, type Format, TOWARD_ZERO } from '../softfloat/format.ts';
import { floatHelper, lanesOf } from '../sse/floatHelper.ts';
import { replace64, zero } from '../sse/vector.ts';
import { pending } from '../x87/unit.ts';
import { enterMmx, low, writeMmx } from './register.ts';

/** MOVD, or with REX.W MOVQ. */
instruction({
  mnemonic: 'movd',
  encodings: { 'NP 0F 6E /r': 'Pq,Ey' },
  cpuid: 'MMX',
  unit: 'mmx',
  exec(ir, dst, src) {
    enterMmx(ir);
    writeMmx(ir, dst, ir.zext(ir.read(src), 'i64'));
  },
});
instruction({
  mnemonic: 'movd',
  encodings: { 'NP 0F 7E /r': 'Ey,Pq' },
  cpuid: 'MMX',
  unit: 'mmx',
  exec(ir, dst, src) {
    enterMmx(ir);
    const value = ir.read(src);
    ir.write(dst, dst.type === 'i64' ? value : ir.trunc(value, 'i32'));
  },
});
instruction({
  mnemonic: 'movq',
  encodings: { 'NP 0F 6F /r': 'Pq,Qq', 'NP 0F 7F /r': 'Qq,Pq' },
  cpuid: 'MMX',
  unit: 'mmx',
  exec(ir, dst, src) {
    enterMmx(ir);
    writeMmx(ir, dst, ir.read(src));
  },
});
instruction({
  mnemonic: 'movntq',
  encodings: { 'NP 0F E7 /r': 'Mq,Pq' },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, dst, src) {
    enterMmx(ir);
    ir.write(dst, ir.read(src));
  },
});
instruction({
  mnemonic: 'movq2dq',
  encodings: { 'F3 0F D6 /r': 'Vx,Nq' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    enterMmx(ir);
    ir.write(dst, replace64(ir, zero(ir), 0, ir.read(src)));
  },
});
instruction({
  mnemonic: 'movdq2q',
  encodings: { 'F2 0F D6 /r': 'Pq,Ux' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    enterMmx(ir);
    writeMmx(ir, dst, low(ir, ir.read(src)));
  },
});
/** All registers become empty; TOP becomes 0 as with every MMX instruction. */
instruction({
  mnemonic: 'emms',
  encodings: { 'NP 0F 77': '' },
  cpuid: 'MMX',
  unit: 'mmx',
  exec(ir) {
    pending(ir);
    ir.setSlot(SLOT.FTOP, ir.const(0, 'i32'));
    ir.setSlot(SLOT.FTW, ir.const(0, 'i8'));
  },
});

// Words and masks.

instruction({
  mnemonic: 'pshufw',
  encodings: { 'NP 0F 70 /r ib': 'Pq,Qq,Ib' },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, dst, src, imm) {
    enterMmx(ir);
    const value = ir.read(src);
    const order = ir.zext(ir.read(imm), 'i64');
    const c = (n: number) => ir.const(n, 'i64');
    let result = c(0);
    for (let i = 0; i < 4; i++) {
      const field = ir.and(ir.shr(order, c(2 * i)), c(3));
      const word = ir.and(ir.shr(value, ir.shl(field, c(4))), c(0xffff));
      result = ir.or(result, ir.shl(word, c(16 * i)));
    }
    writeMmx(ir, dst, result);
  },
});
instruction({
  mnemonic: 'pinsrw',
  encodings: { 'NP 0F C4 /r ib': 'Pq,Ew,Ib' },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, dst, src, imm) {
    enterMmx(ir);
    const c = (n: number) => ir.const(n, 'i64');
    const at = ir.shl(ir.and(ir.zext(ir.read(imm), 'i64'), c(3)), c(4));
    const word = ir.shl(ir.zext(ir.read(src), 'i64'), at);
    writeMmx(ir, dst, ir.or(ir.and(ir.read(dst), ir.not(ir.shl(c(0xffff), at))), word));
  },
});
instruction({
  mnemonic: 'pextrw',
  encodings: { 'NP 0F C5 /r ib': 'Gd,Nq,Ib' },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, dst, src, imm) {
    enterMmx(ir);
    const c = (n: number) => ir.const(n, 'i64');
    const at = ir.shl(ir.and(ir.zext(ir.read(imm), 'i64'), c(3)), c(4));
    ir.write(dst, ir.trunc(ir.and(ir.shr(ir.read(src), at), c(0xffff)), 'i32'));
  },
});
instruction({
  mnemonic: 'pmovmskb',
  encodings: { 'NP 0F D7 /r': 'Gd,Nq' },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, dst, src) {
    enterMmx(ir);
    ir.write(dst, ir.simd('i8x16.bitmask', 'i32', [replace64(ir, zero(ir), 0, ir.read(src))]));
  },
});
/** Bytes whose mask byte has its top bit set go to DS:rDI; the others are not touched, not even for faults. */
const maskedStore = helper('maskmovq', (cpu) => {
  const start = cpu.args.u64(0);
  const data = cpu.args.u64(1);
  const mask = cpu.args.u64(2);
  const width = cpu.codeSize === 64 ? 64 : 32;
  const chosen: [address: bigint, value: bigint][] = [];
  for (let i = 0n; i < 8n; i++) {
    if ((mask >> (8n * i + 7n)) & 1n) chosen.push([BigInt.asUintN(width, start + i), (data >> (8n * i)) & 0xffn]);
  }
  for (const [address] of chosen) cpu.probe(address, 1, true);
  for (const [address, value] of chosen) cpu.store(address, 1, value);
});
instruction({
  mnemonic: 'maskmovq',
  encodings: { 'NP 0F F7 /r': 'mDIq,Pq,Nq' },
  memory: { writes: true },
  cpuid: 'SSE',
  unit: 'mmx',
  exec(ir, at, data, mask) {
    enterMmx(ir);
    ir.callVoid(maskedStore, [ir.address(at), ir.read(data), ir.read(mask)]);
  },
});

// Conversions between two 32-bit integers in an MMX register and two numbers in an xmm register.

const pairOf = (n: bigint): bigint[] => [BigInt.asIntN(32, n), BigInt.asIntN(32, n >> 32n)];
const toSingles = floatHelper('cvtpi2ps', (cpu, s) => {
  const [a, b] = pairOf(cpu.args.u64(0)).map((n) => fromInteger(F32, s, n));
  return () => cpu.args.returnU64(a | (b << 32n));
});
instruction({
  mnemonic: 'cvtpi2ps',
  encodings: { 'NP 0F 2A /r': 'Vx,Qq' },
  cpuid: 'SSE',
  unit: 'sse',
  exec(ir, dst, src) {
    // With the integers in memory this is no MMX instruction.
    if (src.kind === 'reg') enterMmx(ir);
    ir.write(dst, replace64(ir, ir.read(dst), 0, ir.call(toSingles, 'i64', [ir.read(src)])));
  },
});
instruction({
  mnemonic: 'cvtpi2pd',
  encodings: { '66 0F 2A /r': 'Vx,Qq' },
  cpuid: 'SSE2',
  unit: 'sse',
  exec(ir, dst, src) {
    if (src.kind === 'reg') enterMmx(ir);
    ir.write(dst, ir.simd('f64x2.convert_low_i32x4_s', 'v128', [replace64(ir, zero(ir), 0, ir.read(src))]));
  },
});
function toIntegers(mnemonic: string, f: Format, truncate: boolean): HelperRef {
  return floatHelper(mnemonic, (cpu: Cpu, s) => {
    const numbers = f === F32 ? pairOf(cpu.args.u64(0)).map((n) => BigInt.asUintN(32, n)) : lanesOf(cpu, 0, F64);
    const [a, b] = numbers.map((n) => toInteger(f, s, n, 32, truncate ? TOWARD_ZERO : s.rounding));
    return () => cpu.args.returnU64(a | (b << 32n));
  });
}
for (const [mnemonic, notation, truncate] of [
  ['cvttps2pi', 'NP 0F 2C /r', true],
  ['cvtps2pi', 'NP 0F 2D /r', false],
] as const) {
  const run = toIntegers(mnemonic, F32, truncate);
  instruction({
    mnemonic,
    encodings: { [notation]: 'Pq,Wq' },
    cpuid: 'SSE',
    unit: 'sse',
    exec(ir, dst, src) {
      enterMmx(ir);
      const value = ir.read(src);
      writeMmx(ir, dst, ir.call(run, 'i64', [value.type === 'v128' ? low(ir, value) : value]));
    },
  });
}
for (const [mnemonic, notation, truncate] of [
  ['cvttpd2pi', '66 0F 2C /r', true],
  ['cvtpd2pi', '66 0F 2D /r', false],
] as const) {
  const run = toIntegers(mnemonic, F64, truncate);
  instruction({
    mnemonic,
    encodings: { [notation]: 'Pq,Wx' },
    cpuid: 'SSE2',
    unit: 'sse',
    exec(ir, dst, src) {
      enterMmx(ir);
      ir.requireAligned(src, 16);
      writeMmx(ir, dst, ir.call(run, 'i64', [ir.read(src)]));
    },
  });
}
