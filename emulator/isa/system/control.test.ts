// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { enterLongMode, enterProtectedMode, testProcessor } from '../../cpu/testProcessor.ts';
import { SLOT } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { writeControl, writeEfer } from './control.ts';

const refuses = (run: () => void): boolean => {
  try {
    run();
    return false;
  } catch (e) {
    if (e instanceof GuestFault && e.vector === 13 && e.error === 0) return true;
    throw e;
  }
};
const long = () => {
  const t = testProcessor();
  enterLongMode(t);
  return t.cpu;
};
const flat = () => {
  const t = testProcessor();
  enterProtectedMode(t, 32);
  return t.cpu;
};

describe('CR0', () => {
  test.each([
    ['paging without protection', 0x80000010n],
    ['NW without CD', 0x20000031n],
    ['a bit of the upper half', 0x1_00000031n],
  ])('refuses %s', (_, value) => {
    const cpu = flat();
    const before = cpu.read64(SLOT.CR0);
    expect(refuses(() => writeControl(cpu, 0, value))).toBe(true);
    expect(cpu.read64(SLOT.CR0)).toBe(before);
  });
  test('has ET fixed and ignores unknown bits of the lower half', () => {
    const cpu = flat();
    writeControl(cpu, 0, 0x0000_1fc1n);
    expect(cpu.read64(SLOT.CR0)).toBe(0x11n);
  });
  test('turns long mode on and off with EFER.LME, and off only outside 64-bit mode', () => {
    const cpu = flat();
    writeEfer(cpu, 0x100n);
    expect(refuses(() => writeControl(cpu, 0, 0x80000011n))).toBe(true);
    writeControl(cpu, 4, 0x20n);
    writeControl(cpu, 0, 0x80000011n);
    expect(cpu.read64(SLOT.EFER)).toBe(0x500n);
    writeControl(cpu, 0, 0x11n);
    expect(cpu.read64(SLOT.EFER)).toBe(0x100n);
    const inside = long();
    expect(refuses(() => writeControl(inside, 0, 0x11n))).toBe(true);
  });
});

describe('CR4', () => {
  test.each([
    ['unknown bits', 0x8000_06a0n],
    ['VME, whose mode does not exist', 0x6a1n],
    ['PAE cleared in long mode', 0x680n],
    ['LA57', 0x16a0n],
  ])('refuses %s', (_, value) => {
    expect(refuses(() => writeControl(long(), 4, value))).toBe(true);
  });
  test('takes PCIDE only in long mode with PCID 0', () => {
    const cpu = long();
    cpu.write64(SLOT.CR3, 0x1001n);
    expect(refuses(() => writeControl(cpu, 4, 0x206a0n))).toBe(true);
    cpu.write64(SLOT.CR3, 0x1000n);
    writeControl(cpu, 4, 0x206a0n);
    writeControl(cpu, 3, 0x8000_0000_0000_1005n);
    expect(cpu.read64(SLOT.CR3)).toBe(0x1005n);
    expect(refuses(() => writeControl(flat(), 4, 0x20020n))).toBe(true);
  });
});

test('CR3 refuses physical addresses that do not exist, and bit 63 without PCIDE', () => {
  expect(refuses(() => writeControl(long(), 3, 1n << 40n))).toBe(true);
  expect(refuses(() => writeControl(long(), 3, 1n << 63n))).toBe(true);
});

test('CR8 has four bits', () => {
  expect(refuses(() => writeControl(long(), 8, 16n))).toBe(true);
});

describe('EFER', () => {
  test('refuses unknown bits and LME under paging, and keeps LMA', () => {
    expect(refuses(() => writeEfer(long(), 0xd02n))).toBe(true);
    expect(refuses(() => writeEfer(long(), 0xc01n))).toBe(true);
    const cpu = long();
    writeEfer(cpu, 0x101n);
    expect(cpu.read64(SLOT.EFER)).toBe(0x501n);
  });
});
