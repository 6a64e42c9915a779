// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { enterLongMode, testProcessor } from '../../cpu/testProcessor.ts';
import { SLOT } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { dataHit, executionHit, portHit, readDebug, watchedPages, writeDebug } from './debug.ts';

const make = () => {
  const t = testProcessor();
  enterLongMode(t);
  return t.cpu;
};
const vector = (run: () => void): number => {
  try {
    run();
    return -1;
  } catch (e) {
    if (e instanceof GuestFault) return e.vector;
    throw e;
  }
};

test('fixed bits of DR6 and DR7 read as they should (APM vol. 2, 13.1.1)', () => {
  const cpu = make();
  writeDebug(cpu, 6, 0n);
  expect(readDebug(cpu, 6)).toBe(0xffff0ff0n);
  writeDebug(cpu, 7, 0xffff_dfffn);
  expect(readDebug(cpu, 7)).toBe(0xffff_07ffn);
  expect(vector(() => writeDebug(cpu, 7, 1n << 32n))).toBe(13);
});
test('DR4 is DR6 until CR4.DE makes it undefined', () => {
  const cpu = make();
  expect(readDebug(cpu, 4)).toBe(readDebug(cpu, 6));
  cpu.write64(SLOT.CR4, cpu.read64(SLOT.CR4) | 8n);
  expect(vector(() => readDebug(cpu, 4))).toBe(6);
});
test('DR7.GD makes every access #DB with DR6.BD', () => {
  const cpu = make();
  writeDebug(cpu, 7, 0x2000n);
  expect(vector(() => readDebug(cpu, 0))).toBe(1);
  expect(cpu.read64(SLOT.DR + 48) & 0x2000n).toBe(0x2000n);
});

describe('breakpoints', () => {
  const cpu = make();
  writeDebug(cpu, 0, 0x1000n);
  writeDebug(cpu, 1, 0x2006n);
  writeDebug(cpu, 2, 0x3001n);
  writeDebug(cpu, 3, 0x60n);
  // 0: execute; 1: write, 4 bytes; 2: access, 8 bytes; 3: port, 1 byte (with CR4.DE).
  writeDebug(cpu, 7, 0x55n | (0xdn << 20n) | (0xbn << 24n) | (0x2n << 28n));
  test('match in their length and kind', () => {
    expect(executionHit(cpu, 0x1000n)).toBe(1);
    expect(executionHit(cpu, 0x1001n)).toBe(0);
    expect(dataHit(cpu, 0x2007n, 1, true)).toBe(2);
    expect(dataHit(cpu, 0x2003n, 1, true)).toBe(0);
    expect(dataHit(cpu, 0x2003n, 2, true)).toBe(2);
    expect(dataHit(cpu, 0x2004n, 4, false)).toBe(0);
    expect(dataHit(cpu, 0x3007n, 1, false)).toBe(4);
    expect(dataHit(cpu, 0x3008n, 1, false)).toBe(0);
  });
  test('on ports need CR4.DE', () => {
    expect(portHit(cpu, 0x60, 1)).toBe(0);
    cpu.write64(SLOT.CR4, cpu.read64(SLOT.CR4) | 8n);
    expect(portHit(cpu, 0x60, 1)).toBe(8);
    expect(portHit(cpu, 0x61, 1)).toBe(0);
  });
  test('name the pages to watch', () => {
    expect(watchedPages(cpu)).toEqual([0x2000n, 0x3000n]);
  });
});
