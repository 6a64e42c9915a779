// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { enterLongMode, testProcessor } from '../../cpu/testProcessor.ts';
import { SLOT } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { allMsrs, readMsr, writeMsr } from './msr.ts';

const t = testProcessor();
enterLongMode(t);
const { cpu } = t;
const refuses = (run: () => void): boolean => {
  try {
    run();
    return false;
  } catch (e) {
    if (e instanceof GuestFault && e.vector === 13 && e.error === 0) return true;
    throw e;
  }
};

test('a number without a register is #GP(0)', () => {
  for (const n of [2, 0x3a, 0xc0000085, 0xffffffff, 0x802]) {
    expect(
      refuses(() => readMsr(cpu, n)),
      n.toString(16),
    ).toBe(true);
    expect(
      refuses(() => writeMsr(cpu, n, 0n)),
      n.toString(16),
    ).toBe(true);
  }
});

test('what a register holds can be written back to it', () => {
  for (const m of allMsrs) {
    if (!m.write || m.number === 0x10) continue;
    const value = m.read(cpu);
    m.write(cpu, value);
    expect(m.read(cpu), m.name).toBe(value);
  }
});

describe('reserved values are #GP(0)', () => {
  test.each([
    ['LSTAR, not canonical', 0xc0000082, 0x8000_0000_0000n],
    ['KERNEL_GS_BASE, not canonical', 0xc0000102, 0x8000_0000_0000_0000n],
    ['PAT type 2', 0x277, 0x0002n],
    ['MTRR type 2', 0x2ff, 0x0802n],
    ['fixed MTRR type 7', 0x250, 0x07n],
    ['MTRR base beyond physical memory', 0x200, 1n << 40n],
    ['TSC_AUX of 33 bits', 0xc0000103, 1n << 32n],
    ['machine check status that is not zero', 0x401, 1n],
    ['x2APIC without xAPIC', 0x1b, 0xfee00500n],
    ['APIC_BASE bit 9', 0x1b, 0xfee00b00n],
    ['EFER bit 1', 0xc0000080, 0x502n],
  ])('%s', (_, n, value) => {
    expect(refuses(() => writeMsr(cpu, n, value))).toBe(true);
  });
});

test('what AMD processors of family 0Fh have is there', () => {
  expect(readMsr(cpu, 0xc0010010)).toBe(0n);
  writeMsr(cpu, 0xc0010010, 1n << 19n);
  expect(readMsr(cpu, 0xc0010010)).toBe(1n << 19n);
  expect(refuses(() => writeMsr(cpu, 0xc0010010, 1n))).toBe(true);
  writeMsr(cpu, 0x410, 0xfffffffffffffbffn);
  expect(readMsr(cpu, 0x410)).toBe(0xfffffffffffffbffn);
});

test('writes to the time stamp counter show in TSC_ADJUST and the other way round', () => {
  const u = testProcessor(undefined, undefined, { tsc: () => 1000n });
  writeMsr(u.cpu, 0x10, 5000n);
  expect(readMsr(u.cpu, 0x3b)).toBe(4000n);
  writeMsr(u.cpu, 0x3b, 10n);
  expect(readMsr(u.cpu, 0x10)).toBe(1010n);
});

test('x2APIC mode is entered from xAPIC mode and left by disabling', () => {
  const registers: number[] = [];
  const apic = {
    taskPriority: 0,
    readRegister: (n: number) => BigInt(n),
    writeRegister: (n: number) => registers.push(n) > 0,
    tscDeadline: 0n,
    tscChanged() {},
    baseChanged() {},
  };
  const u = testProcessor(undefined, undefined, { apic });
  expect(refuses(() => readMsr(u.cpu, 0x802))).toBe(true);
  writeMsr(u.cpu, 0x1b, 0xfee00d00n);
  expect(readMsr(u.cpu, 0x802)).toBe(0x802n);
  writeMsr(u.cpu, 0x80b, 0n);
  expect(registers).toEqual([0x80b]);
  expect(refuses(() => writeMsr(u.cpu, 0x1b, 0xfee00900n))).toBe(true);
  writeMsr(u.cpu, 0x1b, 0xfee00100n);
  expect(refuses(() => writeMsr(u.cpu, 0x1b, 0xfee00d00n))).toBe(true);
  expect(u.cpu.read64(SLOT.APIC_BASE)).toBe(0xfee00100n);
});
