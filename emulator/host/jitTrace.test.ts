// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { enterProtectedMode, testProcessor } from '../cpu/testProcessor.ts';
import { LEAVE, SLOT } from '../ir/state.ts';
import { JitTrace } from './jitTrace.ts';

const CODE = 0x10000;
const ROUNDS = 500;
/** mov ecx, ROUNDS; dec ecx; fninit, which is never compiled; jnz to dec; then round and round. */
const PROGRAM = [0xb9, ROUNDS & 0xff, ROUNDS >> 8, 0, 0, 0xff, 0xc9, 0xdb, 0xe3, 0x75, 0xfa, 0xeb, 0xfe];

test('the trace names what is compiled, why it is left, and what becomes of it', () => {
  const lines: string[] = [];
  const t = testProcessor(0x100000, undefined, {}, undefined, 'compiled');
  const { cpu } = t;
  const trace = new JitTrace([cpu], (line) => lines.push(line));
  enterProtectedMode(t, 32);
  cpu.physical.writeBytes(CODE, Uint8Array.from(PROGRAM));
  cpu.write64(SLOT.RIP, BigInt(CODE));
  // Slices end at budgets; regions are entered only if a budget lasts for them.
  const steps = 1 + 3 * ROUNDS + 100;
  while (cpu.retired < steps) cpu.run(Math.min(steps, cpu.retired + 400));
  const uncompiled = cpu.read32(SLOT.LEFT + 4 * LEAVE.uncompiled);
  // Most rounds leave the one instruction; those around the ends of slices may not.
  expect(uncompiled).toBeGreaterThan(ROUNDS / 2);
  expect(uncompiled).toBeLessThanOrEqual(ROUNDS);

  const regions = trace.record() as { rip: string; instructions: number; left: Record<string, number>; mode: string }[];
  const loop = regions.find(({ rip }) => rip === (CODE + 5).toString(16));
  expect(loop).toMatchObject({ instructions: 1, mode: '32-bit supervisor, flat', why: 'entered' });
  expect(regions.reduce((sum, { left }) => sum + left.uncompiled, 0)).toBe(uncompiled);

  cpu.physical.codeWritten(CODE >> 12, 0, 1);
  trace.summarize(cpu.retired);
  expect(lines.filter((line) => /^jit: forgot .*their code was written; entered \d+ times/.test(line))).toHaveLength(
    regions.length,
  );
  const compiled = Number(cpu.read64(SLOT.COMPILED));
  const share = ((100 * compiled) / steps).toFixed(1);
  expect(lines.join('\n')).toContain(`jit: ${steps} instructions: ${share} % compiled`);
  expect(lines.join('\n')).toContain(`uncompiled ${uncompiled}`);
});

/** mov ecx, ROUNDS; call a ret at the end; dec ecx; jnz to the call; then round and round. */
const CALLING = [0xb9, ROUNDS & 0xff, ROUNDS >> 8, 0, 0, 0xe8, 5, 0, 0, 0, 0x49, 0x75, 0xf8, 0xeb, 0xfe, 0xc3];

test('a call and its return within a page stay in the region', () => {
  const t = testProcessor(0x100000, undefined, {}, undefined, 'compiled');
  const { cpu } = t;
  const trace = new JitTrace([cpu], () => {});
  enterProtectedMode(t, 32);
  cpu.physical.writeBytes(CODE, Uint8Array.from(CALLING));
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.write64(SLOT.rsp, 0x80000n);
  const steps = 1 + 4 * ROUNDS;
  while (cpu.retired < steps) cpu.run(Math.min(steps, cpu.retired + 400));
  expect(cpu.read64(SLOT.rcx)).toBe(0n);
  const regions = trace.record() as { entered: number }[];
  expect(Number(cpu.read64(SLOT.COMPILED))).toBeGreaterThan(2 * ROUNDS);
  // At the ends of slices, and until all of the loop is known.
  expect(regions.reduce((sum, { entered }) => sum + entered, 0)).toBeLessThan(ROUNDS / 4);
});
