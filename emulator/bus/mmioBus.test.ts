// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RegisterBlock } from './device.ts';
import { MmioBus } from './mmioBus.ts';

const answering = (value: number): RegisterBlock => ({ read: (offset) => value + offset, write() {} });

test('accesses reach the block with their offset; holes read as ones', () => {
  const bus = new MmioBus();
  bus.map(0xfec00000, 0x1000, 'ioapic', answering(0));
  bus.map(0xfed00000, 0x400, 'hpet', answering(0x1000));
  expect(bus.read(0xfec00010, 4)).toBe(0x10);
  expect(bus.read(0xfed000f0, 4)).toBe(0x10f0);
  expect(bus.read(0xfec01000, 4)).toBe(0xffffffff);
  expect(bus.read(0xfebfffff, 1)).toBe(0xff);
  expect(bus.decodes(0xfed003ff)).toBe(true);
  expect(bus.decodes(0xfed00400)).toBe(false);
});

test('overlaps are refused by name', () => {
  const bus = new MmioBus();
  bus.map(0xfec00000, 0x1000, 'ioapic', answering(0));
  expect(() => bus.map(0xfec00fff, 1, 'other', answering(0))).toThrow(
    'other: addresses fec00fffh-fec00fffh overlap ioapic at fec00000h-fec00fffh',
  );
});

test('a moved range may cover others: the earlier mapping wins, and moving back restores everything', () => {
  const bus = new MmioBus();
  let changes = 0;
  bus.onChange = () => changes++;
  bus.map(0x2000, 0x1000, 'fixed', answering(0x100000));
  const bar = bus.map(0x8000, 0x4000, 'bar', answering(0x200000));
  bar.move(0x1000);
  expect(['0x1fff', '0x2000', '0x2fff', '0x3000', '0x4fff', '0x8000'].map((at) => bus.nameAt(Number(at)))).toEqual([
    'bar',
    'fixed',
    'fixed',
    'bar',
    'bar',
    undefined,
  ]);
  expect(bus.read(0x3000, 4)).toBe(0x202000);
  bar.unmap();
  expect(bus.nameAt(0x1000)).toBeUndefined();
  bar.move(0xe0_0000_0000);
  expect(bus.read(0xe0_0000_0004, 4)).toBe(0x200004);
  expect(changes).toBe(5);
});

test('whatever the moves, an address is decoded by the earliest mapped range that covers it', () => {
  const place = fc.array(fc.integer({ min: -1, max: 20 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(place, (bases) => {
      const bus = new MmioBus();
      const lengths = [3, 5, 9, 2];
      const bars = lengths.map((length, index) => bus.map(100 + 20 * index, length, `${index}`, answering(0)));
      bars.forEach((bar, index) => {
        if (bases[index] < 0) bar.unmap();
        else bar.move(bases[index]);
      });
      for (let address = 0; address < 40; address++) {
        const covering = bases.findIndex((base, index) => base >= 0 && address >= base && address < base + lengths[index]);
        expect(bus.nameAt(address)).toBe(covering < 0 ? undefined : `${covering}`);
      }
    }),
  );
});
