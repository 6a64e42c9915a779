// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { SEGMENT, SLOT } from '../ir/state.ts';
import { setSegment } from '../isa/system/segmentation.ts';
import { enterLongMode, testProcessor } from './testProcessor.ts';

const CR0_AM = 1n << 18n;
const RFLAGS_AC = 1n << 18n;
const CODE = 0x10000n;
const HANDLER = 0x20000n;

/** Runs `mov rax, [rbx]` twice, the second time misaligned or not, and says where the processor is then. */
function run(cpl: 0 | 3, cr0: bigint, rflags: bigint, second: bigint, code: readonly number[] = [0x48, 0x8b, 0x03]): bigint {
  const t = testProcessor();
  enterLongMode(t, cpl);
  const { cpu } = t;
  cpu.physical.write64(0x9008, 0x00af9b000000ffffn);
  setSegment(cpu, SEGMENT.gdtr, 0, 0x9000, 0xf, 0);
  cpu.physical.write64(0xa000 + 17 * 16, (HANDLER & 0xffffn) | (8n << 16n) | (0x8en << 40n) | ((HANDLER >> 16n) << 48n));
  setSegment(cpu, SEGMENT.idtr, 0, 0xa000, 0xfff, 0);
  cpu.physical.write64(0xb004, 0x8000n);
  setSegment(cpu, SEGMENT.tr, 0x20, 0xb000, 0x67, 0x8b);
  cpu.write64(SLOT.CR0, cpu.read64(SLOT.CR0) | cr0);
  cpu.modeChanged();
  t.ram.set([...code, 0x48, 0x89, 0xcb, ...code, 0xeb, 0xfe], Number(CODE));
  cpu.write64(SLOT.rbx, 0x30000n);
  cpu.write64(SLOT.rcx, second);
  cpu.write64(SLOT.RIP, CODE);
  cpu.run(1);
  // The page is in the TLB by now.
  cpu.rflags |= rflags;
  cpu.modeChanged();
  cpu.run(40);
  return cpu.read64(SLOT.RIP);
}
const DONE = CODE + 9n;

test('a misaligned access at level 3 under CR0.AM and RFLAGS.AC is #AC(0)', () => {
  const rip = run(3, CR0_AM, RFLAGS_AC, 0x30001n);
  expect(rip >= HANDLER && rip < HANDLER + 0x100n).toBe(true);
});
test('an aligned one is not, nor one without either bit, nor one below level 3', () => {
  expect(run(3, CR0_AM, RFLAGS_AC, 0x30008n)).toBe(DONE);
  expect(run(3, 0n, RFLAGS_AC, 0x30001n)).toBe(DONE);
  expect(run(3, CR0_AM, 0n, 0x30001n)).toBe(DONE);
  expect(run(0, CR0_AM, RFLAGS_AC, 0x30001n)).toBe(DONE);
});
test('bytes have no alignment', () => {
  expect(run(3, CR0_AM, RFLAGS_AC, 0x30001n, [0x40, 0x8a, 0x03])).toBe(DONE);
});
