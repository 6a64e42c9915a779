// SPDX-License-Identifier: MIT
/** @fileoverview When an interrupt that is already waiting gets in (APM vol. 2, 8.1.4: interrupt shadows). */
import { expect, test } from 'vitest';
import { type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { SLOT } from '../../ir/state.ts';
import { deriveAllBounds, setRealSegment } from './segmentation.ts';

const CODE = 0x1000;
const HANDLER = 0x2000;
const VECTOR = 0x20;

/** Runs real-mode code with an interrupt waiting and returns the offset in the code at which it came in. */
function interruptedAt(flags: bigint, ...code: number[]): number {
  const t: TestProcessor = testProcessor(undefined, undefined, {
    acknowledgeInterrupt: () => {
      t.cpu.setInterruptLine(false);
      return VECTOR;
    },
  });
  const { cpu } = t;
  deriveAllBounds(cpu);
  for (let seg = 0; seg < 6; seg++) setRealSegment(cpu, seg, 0);
  t.ram.set([HANDLER & 0xff, HANDLER >> 8, 0, 0], VECTOR * 4);
  t.ram.set([0xeb, 0xfe], HANDLER);
  t.ram.set([...code, ...new Array(16).fill(0x90)], CODE);
  cpu.write64(SLOT.rsp, 0x8000n);
  cpu.rflags = flags;
  cpu.rip = BigInt(CODE);
  cpu.modeChanged();
  cpu.setInterruptLine(true);
  cpu.run(40);
  expect(cpu.rip).toBe(BigInt(HANDLER));
  return cpu.physical.read16(0x8000 - 6) - CODE;
}
const NOP = 0x90;
const STI = 0xfb;
const CLI = 0xfa;
const INTERRUPTS_ON = 0x202n;

test('at once when interrupts are on', () => {
  expect(interruptedAt(INTERRUPTS_ON, NOP)).toBe(0);
});
test('one instruction behind STI', () => {
  expect(interruptedAt(2n, NOP, STI, NOP, NOP)).toBe(3);
});
test('between STI and CLI not at all', () => {
  expect(interruptedAt(2n, STI, CLI, NOP, STI, NOP)).toBe(5);
});
test('HLT behind STI is woken', () => {
  expect(interruptedAt(2n, STI, 0xf4)).toBe(2);
});
test('one instruction behind MOV SS and POP SS, directly behind MOV DS', () => {
  // POPF turns interrupts on without a shadow.
  const popfOn = [0x68, 0x02, 0x02, 0x9d];
  expect(interruptedAt(2n, ...popfOn)).toBe(4);
  const stiMovSs = [STI, 0x8e, 0xd1, NOP, NOP];
  expect(interruptedAt(2n, ...stiMovSs)).toBe(4);
  const stiMovDs = [STI, 0x8e, 0xd9, NOP, NOP];
  expect(interruptedAt(2n, ...stiMovDs)).toBe(3);
  const pushStiPopSs = [0x51, STI, 0x17, NOP, NOP];
  expect(interruptedAt(2n, ...pushStiPopSs)).toBe(4);
});
