// SPDX-License-Identifier: MIT
/** @fileoverview The memory map against what SeaBIOS reports on QEMU's q35 of the same sizes, and its own invariants for any size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { E820_USABLE, e820Map, memoryLayout } from './memoryMap.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('e820 map', () => {
  // "BIOS-e820" lines of a Linux kernel under qemu-system-x86_64 7.2 -M q35 -m SIZE; usable ranges, end exclusive.
  test.each([
    [
      512 * MIB,
      [
        [0, 0x9fc00],
        [0x100000, 0x1ffe0000],
      ],
    ],
    [
      0xb000_0000 - MIB,
      [
        [0, 0x9fc00],
        [0x100000, 0xafee0000],
      ],
    ],
    [
      0xb000_0000,
      [
        [0, 0x9fc00],
        [0x100000, 0x7ffe0000],
        [0x1_0000_0000, 0x1_3000_0000],
      ],
    ],
    [
      4 * GIB,
      [
        [0, 0x9fc00],
        [0x100000, 0x7ffe0000],
        [0x1_0000_0000, 0x1_8000_0000],
      ],
    ],
  ])('%d bytes', (size, expected) => {
    const usable = e820Map(size).filter(({ type }) => type === E820_USABLE);
    expect(usable.map(({ base, length }) => [base, base + length])).toEqual(expected);
  });

  test('any size: ascending, disjoint, all RAM accounted for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 2 ** 24 }), (pages) => {
        const size = pages * 4096;
        const map = e820Map(size);
        for (let i = 1; i < map.length; i++) expect(map[i].base).toBeGreaterThanOrEqual(map[i - 1].base + map[i - 1].length);
        const { lowTop, highTop, pciWindow64 } = memoryLayout(size);
        expect(lowTop + (highTop - 4 * GIB)).toBe(size);
        expect(pciWindow64).toBeGreaterThanOrEqual(highTop);
      }),
    );
  });

  test.each([0, MIB, 2 * MIB + 1, 2 ** 40, Number.NaN])('%d bytes are refused in one line', (size) => {
    expect(() => e820Map(size)).toThrow(/^memory: .*$/);
  });
});
