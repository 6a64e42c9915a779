// SPDX-License-Identifier: MIT
/** @fileoverview An instruction is its record and nothing else: without the record its bytes are undefined. */
import { expect, test } from 'vitest';
import { enterLongMode, testProcessor } from '../../emulator/cpu/testProcessor.ts';
import { GPR, SEGMENT, SLOT } from '../../emulator/ir/state.ts';
import { allInstructions } from '../../emulator/isa/record.ts';
import { DEFAULT_MODEL } from '../../emulator/isa/system/models.ts';
import { setSegment } from '../../emulator/isa/system/segmentation.ts';

const CODE = 0x10000;
const GDT = 0x8000;
const IDT = 0x9000;
const HANDLER = 0x20000;
const EXAMPLES: Readonly<Record<string, readonly number[]>> = {
  popcnt: [0xf3, 0x0f, 0xb8, 0xc1],
  bswap: [0x0f, 0xc8],
  movbe: [0x0f, 0x38, 0xf0, 0x04, 0x25, 0, 0, 1, 0],
  cpuid: [0x0f, 0xa2],
  paddb: [0x66, 0x0f, 0xfc, 0xc1],
  fsin: [0xd9, 0xfe],
};

/** The vector that the instruction ends with, or -1 if it is executed. */
function vectorOf(code: readonly number[], records: typeof allInstructions): number {
  const t = testProcessor(0x100000, DEFAULT_MODEL, {}, records);
  enterLongMode(t);
  const { physical } = t.cpu;
  physical.write64(GDT + 8, 0x00af9b000000ffffn);
  for (let vector = 0; vector < 32; vector++) {
    const handler = BigInt(HANDLER + vector);
    physical.write64(IDT + vector * 16, (handler & 0xffffn) | (8n << 16n) | (0x8e00n << 32n) | ((handler >> 16n) << 48n));
    physical.write64(IDT + vector * 16 + 8, 0n);
  }
  setSegment(t.cpu, SEGMENT.gdtr, 0, GDT, 0xff, 0);
  setSegment(t.cpu, SEGMENT.idtr, 0, IDT, 0xfff, 0);
  t.ram.fill(0xf4, HANDLER, HANDLER + 32);
  t.ram.set([...code, 0xf4], CODE);
  t.cpu.write64(GPR(4), 0x40000n);
  t.cpu.write64(SLOT.RIP, BigInt(CODE));
  t.cpu.run(10);
  expect(t.cpu.halted).toBe(true);
  const rip = Number(t.cpu.read64(SLOT.RIP));
  return rip > HANDLER ? rip - HANDLER - 1 : -1;
}

for (const [mnemonic, code] of Object.entries(EXAMPLES))
  test(`${mnemonic} is executed, and #UD once its record is deleted`, () => {
    expect(vectorOf(code, allInstructions)).toBe(-1);
    const others = allInstructions.filter((r) => r.mnemonic !== mnemonic);
    expect(others.length).toBeLessThan(allInstructions.length);
    expect(vectorOf(code, others)).toBe(6);
  });
