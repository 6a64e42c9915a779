// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { Shutdown } from '../../cpu/processor.ts';
import { enterProtectedMode, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { deliverException, deliverInterrupt, deliverNmi } from './interrupt.ts';
import { deriveAllBounds, setSegment } from './segmentation.ts';

const GDT = 0x2000;
const IDT = 0x3000;
const STACK = 0x8000;
const HANDLER = 0x5000n;
const gate = (selector: number, type: number, offset = HANDLER): bigint =>
  (offset & 0xffffn) | (BigInt(selector) << 16n) | (BigInt(type) << 40n) | ((offset >> 16n) << 48n);

/** 32-bit protected mode, gates for vectors 0 to 31 that lead to HANDLER + vector. */
function machine(): TestProcessor {
  const t = testProcessor();
  enterProtectedMode(t, 32);
  [0n, 0x00cf9a000000ffffn, 0x00cf93000000ffffn].forEach((d, i) => {
    t.cpu.physical.write64(GDT + i * 8, d);
  });
  for (let v = 0; v < 32; v++) t.cpu.physical.write64(IDT + v * 8, gate(8, 0x8e, HANDLER + BigInt(v)));
  setSegment(t.cpu, SEGMENT.gdtr, 0, GDT, 23, 0);
  setSegment(t.cpu, SEGMENT.idtr, 0, IDT, 32 * 8 - 1, 0);
  t.cpu.write64(SLOT.rsp, BigInt(STACK));
  t.cpu.rip = 0x1234n;
  return t;
}
/** Words of the frame from the stack pointer up. */
function frame({ cpu }: TestProcessor, words: number): string {
  const sp = Number(cpu.read64(SLOT.rsp));
  return Array.from({ length: words }, (_, i) => (Number(cpu.physical.read64(sp + i * 4)) % 2 ** 32).toString(16)).join(' ');
}
const at = (t: TestProcessor): string => (t.cpu.rip - HANDLER).toString();

describe('the frame of an exception', () => {
  test('has RF set for faults only (APM vol. 2, 3.1.6)', () => {
    const t = machine();
    deliverException(t.cpu, 13, 0x18);
    expect(frame(t, 4)).toBe('18 1234 8 10002');
    const u = machine();
    deliverException(u.cpu, 1);
    expect(frame(u, 3)).toBe('1234 8 2');
  });
  test('marks the code segment accessed', () => {
    const t = machine();
    deliverException(t.cpu, 0);
    expect(t.cpu.physical.read64(GDT + 8)).toBe(0x00cf9b000000ffffn);
  });
});

describe('faults during delivery (APM vol. 2, 8.2.9 and 8.4.1)', () => {
  test('of an external interrupt carry EXT and replace it', () => {
    const t = machine();
    deliverInterrupt(t.cpu, 0x40);
    expect(at(t)).toBe('13');
    expect(frame(t, 1)).toBe((0x40 * 8 + 3).toString(16));
  });
  test('of a contributory exception make a double fault with error code 0', () => {
    const t = machine();
    t.cpu.physical.write64(IDT + 13 * 8, gate(8, 0x0e));
    deliverException(t.cpu, 13, 0);
    expect(at(t)).toBe('8');
    expect(frame(t, 2)).toBe('0 1234');
  });
  test('of a benign exception do not', () => {
    const t = machine();
    t.cpu.physical.write64(IDT + 6 * 8, gate(8, 0x0e));
    deliverException(t.cpu, 6);
    expect(at(t)).toBe('11');
    expect(frame(t, 1)).toBe((6 * 8 + 3).toString(16));
  });
  test('that are page faults make one only with a page fault', () => {
    for (const [first, expected] of [
      [14, '8'],
      [12, '11'],
    ] as const) {
      const t = machine();
      t.cpu.physical.write64(IDT + first * 8, gate(8, 0x0e));
      t.cpu.physical.write64(IDT + 8 * 8, gate(8, 0x8e, HANDLER + 8n));
      deliverException(t.cpu, first, 0);
      expect(at(t)).toBe(first === 14 ? expected : '8');
    }
  });
  test('of a double fault shut the processor down', () => {
    const t = machine();
    setSegment(t.cpu, SEGMENT.idtr, 0, 0, 0, 0);
    expect(() => deliverException(t.cpu, 13, 0)).toThrow(Shutdown);
  });
  test('change no register', () => {
    const t = machine();
    // The stack has room for one word.
    setSegment(t.cpu, SEGMENT.ss, 0x10, 0, STACK - 1, 0x493);
    t.cpu.write32(segmentSlot(SEGMENT.ss) + SEG.writeLow, STACK - 4);
    expect(() => deliverException(t.cpu, 6)).toThrow(Shutdown);
    expect(t.cpu.read64(SLOT.rsp)).toBe(BigInt(STACK));
    expect(t.cpu.rip).toBe(0x1234n);
  });
});

test('a real-mode vector beyond the table ends in shutdown', () => {
  const t = testProcessor();
  deriveAllBounds(t.cpu);
  setSegment(t.cpu, SEGMENT.idtr, 0, 0, 0x20 * 4 - 1, 0);
  t.cpu.write64(SLOT.rsp, 0x8000n);
  t.cpu.physical.write64(13 * 4, 0x0000_0000_0030_0010n);
  deliverInterrupt(t.cpu, 0x20);
  expect(t.cpu.rip).toBe(0x10n);
  expect(t.cpu.read16(segmentSlot(SEGMENT.cs))).toBe(0x30);
  setSegment(t.cpu, SEGMENT.idtr, 0, 0, 3, 0);
  expect(() => deliverInterrupt(t.cpu, 0x20)).toThrow(Shutdown);
});

test('an NMI holds others back', () => {
  const t = machine();
  deliverNmi(t.cpu);
  expect(at(t)).toBe('2');
  expect(t.cpu.read32(SLOT.NMI_MASK)).toBe(1);
});
