// SPDX-License-Identifier: MIT
/**
 * @fileoverview Floating-point instructions over all pairs of special values, through whole instructions: every x87 instruction with
 * register operands, every SSE one that computes, compares, rounds or converts numbers, in all roundings, with exceptions masked and not.
 */
import type { Entry } from '../../../emulator/decode/notation.ts';
import { differences, masksFor } from './compare.ts';
import { caseOf, decodeCode } from './generate.ts';
import type { HostProcessor } from './hostProcessor.ts';
import { comparedEntries, fullTables } from './inventory.ts';
import type { Machine } from './machine.ts';
import { type Case, CODE, SELECTOR } from './programState.ts';
import { F32, F64, F80, Random } from './random.ts';

const COMPUTES = /^(add|sub|mul|div|min|max|sqrt|cmp|u?comis|cvt|round|dp|hadd|hsub|rcp|rsqrt)/;
/** Two operands of `size` bits as they stand in a register. */
interface Pair {
  a: bigint;
  b: bigint;
}
const pairs = (values: readonly bigint[], sign: bigint): Pair[] => {
  const all = values.flatMap((v) => [v, v | sign]);
  return all.flatMap((a) => all.map((b) => ({ a, b })));
};
const X87 = pairs(
  F80.map(([se, significand]) => (BigInt(se) << 64n) | significand),
  1n << 79n,
);
const SINGLE = pairs(F32.map(BigInt), 1n << 31n);
const DOUBLE = pairs(F64, 1n << 63n);

/** Instruction bytes, with ST(1) or xmm1, xmm2 (mm1, mm2) as operands; undefined if it is none of ours. */
function codeOf(e: Entry, r: Random): number[] | undefined {
  if (e.record.unit === 'fpu' && e.literal >= 0) return [e.opcode, e.literal + (e.literalSpan > 1 ? 1 : 0)];
  if (e.record.unit !== 'sse' || !COMPUTES.test(e.record.mnemonic) || e.mod === 'mem' || e.rexW) return undefined;
  const prefix = e.prefix === '66' ? [0x66] : e.prefix === 'F2' ? [0xf2] : e.prefix === 'F3' ? [0xf3] : [];
  const map = e.map === 1 ? [0x0f] : e.map === 2 ? [0x0f, 0x38] : [0x0f, 0x3a];
  return [...prefix, ...map, e.opcode, 0xca, ...e.immediates.map(() => r.below(256))];
}
const SELECTORS = { cs: SELECTOR.code64, ds: SELECTOR.data, es: SELECTOR.data, fs: 0, gs: 0, ss: SELECTOR.data };

/** Cases of one entry: each pair once, several to a vector. */
function casesOf(e: Entry, r: Random): Case[] {
  const cases: Case[] = [];
  const start = (): { c: Case; v: DataView } | undefined => {
    const code = codeOf(e, r);
    if (!code) return undefined;
    const empty = { registers: new Map(), overrides: [], selectors: SELECTORS, rip: CODE + 0x800 };
    const c = caseOf({ mode: 64, code: Uint8Array.from(code), seed: r.u32(), ...empty });
    const v = new DataView(c.fx.buffer);
    const masked = !r.one(6);
    v.setUint16(0, (masked ? 0x7f : 0x40 | r.below(64)) | (r.below(4) << 10) | (r.pick([0, 2, 3, 3]) << 8), true);
    v.setUint16(2, r.below(8) << 11, true);
    v.setUint8(4, 0xff);
    v.setUint32(
      24,
      (masked ? 0x1f80 : r.below(64) << 7) | (r.below(4) << 13) | (r.one(3) ? r.pick([0x8000, 0x40, 0x8040]) : 0),
      true,
    );
    return { c, v };
  };
  const put = (v: DataView, at: number, value: bigint, bytes: number): void => {
    for (let i = 0; i < bytes; i++) v.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  };
  if (e.record.unit === 'fpu') {
    for (const p of X87) {
      const s = start();
      if (!s) return [];
      put(s.v, 32, p.a, 10);
      put(s.v, 48, p.b, 10);
      cases.push(s.c);
    }
    return cases;
  }
  const double = /(pd|sd)/.test(e.record.mnemonic.slice(3)) || /pd2|sd2/.test(e.record.mnemonic);
  const list = double ? DOUBLE : SINGLE;
  const bytes = double ? 8 : 4;
  for (let n = 0; n < list.length; n += 16 / bytes) {
    const s = start();
    if (!s) return [];
    for (let lane = 0; lane < 16 / bytes; lane++) {
      const p = list[(n + lane) % list.length];
      put(s.v, 160 + 16 + lane * bytes, p.a, bytes);
      put(s.v, 160 + 32 + lane * bytes, p.b, bytes);
    }
    cases.push(s.c);
  }
  return cases;
}

export interface SpecialReport {
  cases: number;
  differences: string[];
}
/** One in `sample` of the cases. */
export function compareSpecialValues(host: HostProcessor, machine: Machine, seed: number, sample: number): SpecialReport {
  const r = new Random(seed);
  const report: SpecialReport = { cases: 0, differences: [] };
  for (const e of comparedEntries()) {
    const cases = casesOf(e, r).filter(() => r.one(sample));
    if (cases.length === 0) continue;
    const outcomes = host.run(cases);
    cases.forEach((c, i) => {
      const d = decodeCode(fullTables(), c.code, 64);
      if (!d || d.entry.record !== e.record || outcomes[i].vector === 255) return;
      report.cases++;
      const lines = differences(outcomes[i], machine.run(c), masksFor(d, c, outcomes[i]), false);
      const hex = (at: number, n: number): string =>
        Buffer.from(c.fx.subarray(at, at + n))
          .reverse()
          .toString('hex');
      const operands =
        e.record.unit === 'fpu'
          ? `st0 ${hex(32, 10)} st1 ${hex(48, 10)} fcw ${hex(0, 2)}`
          : `xmm1 ${hex(176, 16)} xmm2 ${hex(192, 16)} mxcsr ${hex(24, 4)}`;
      if (lines.length > 0)
        report.differences.push(
          `${e.record.mnemonic} ${Buffer.from(c.code).toString('hex')} ${operands}\n    ${lines.join('\n    ')}`,
        );
    });
  }
  return report;
}
