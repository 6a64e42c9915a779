// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { testProcessor } from '../../cpu/testProcessor.ts';
import { allInstructions } from '../record.ts';
import { FEATURES } from './features.ts';
import { cpuModel, MODELS } from './models.ts';

const { cpu } = testProcessor();
const leaf = (model: string, n: number, sub = 0): string =>
  cpuModel(model)!
    .cpuid(n, sub, cpu)
    .map((x) => (x >>> 0).toString(16))
    .join(' ');

/** As `qemu-system-x86_64 -accel tcg -cpu qemu64` 7.2 answers. */
describe('qemu64', () => {
  test.each([
    [0, 'd 68747541 444d4163 69746e65'],
    [5, '0 0 0 0'],
    [6, '0 0 0 0'],
    [0xd, '0 0 0 0'],
    [0x40000000, '40000001 54474354 43544743 47435447'],
    [0x80000002, '554d4551 72695620 6c617574 55504320'],
    [0x80000003, '72657620 6e6f6973 352e3220 2b'],
    [0x80000005, '1ff01ff 1ff01ff 40020140 40020140'],
    [0x80000006, '0 42004200 2008140 808140'],
  ])('answers leaf %i as QEMU does', (n, expected) => {
    expect(leaf('qemu64', n)).toBe(expected);
  });
  test('has the features of QEMU, but VME and SVM', () => {
    const [signature, ebx, ecx, edx] = cpuModel('qemu64')!.cpuid(1, 0, cpu);
    expect([signature, ebx, ecx >>> 0, edx >>> 0]).toEqual([0x60fb1, 0x800, 0x80002001, 0x078bfbfd & ~2]);
    const [, , extendedEcx, extendedEdx] = cpuModel('qemu64')!.cpuid(0x80000001, 0, cpu);
    expect([extendedEcx >>> 0, extendedEdx >>> 0]).toEqual([5 & ~4, 0x2193fbfd & ~2]);
  });
  test('has its address widths, and says that FXRSTOR restores error pointers, which QEMU does without saying', () => {
    expect(leaf('qemu64', 0x80000008)).toBe('3028 4 0 0');
  });
  test('answers topology as QEMU does', () => {
    expect(leaf('qemu64', 0xb, 0)).toBe('0 1 100 0');
    expect(leaf('qemu64', 0xb, 1)).toBe('0 1 201 0');
    expect(leaf('qemu64', 0xb, 2)).toBe('0 0 2 0');
  });
});

test('a leaf beyond the last one answers as the last basic one', () => {
  expect(leaf('diorama', 0x14)).toBe(leaf('diorama', 0xd));
  expect(leaf('diorama', 0xc0000000)).toBe(leaf('diorama', 0xd));
});

test('every feature that a record needs has a name and the default model has it', () => {
  const needed = new Set(allInstructions.flatMap((i) => (i.cpuid ? [i.cpuid] : [])));
  expect([...needed].filter((f) => !FEATURES.has(f))).toEqual([]);
  expect([...needed].filter((f) => !cpuModel('diorama')!.has(f))).toEqual([]);
});

test('every model has what 64-bit code takes for granted', () => {
  for (const m of MODELS) {
    for (const f of ['LM', 'SYSCALL', 'NX', 'SSE2', 'PAE', 'MSR', 'CMOV', 'FXSR'])
      expect(m.features.has(f), `${m.name} ${f}`).toBe(true);
  }
});
