// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteBlock } from './byteBlock.ts';
import type { AccessSize, RegisterBlock } from './device.ts';
import { PortBus } from './portBus.ts';

function recorder(answer: number) {
  const log: string[] = [];
  const block: RegisterBlock = {
    read(offset, size) {
      log.push(`r${size}@${offset}`);
      return answer;
    },
    write: (offset, size, value) => log.push(`w${size}@${offset}=${value.toString(16)}`),
  };
  return { log, block };
}

test('unassigned ports read as ones and ignore writes', () => {
  const bus = new PortBus();
  expect([bus.read(0x2e8, 1), bus.read(0x2e8, 2), bus.read(0x2e8, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
  bus.write(0x2e8, 4, 0);
  expect(bus.nameAt(0x2e8)).toBeUndefined();
});

test('an access goes whole to the block at its first port, truncated to its size', () => {
  const bus = new PortBus();
  const config = recorder(0x80001234);
  const reset = recorder(-1);
  bus.map(0xcf8, 1, 'pci-address', config.block);
  bus.map(0xcf9, 1, 'reset', reset.block);
  bus.write(0xcf8, 4, 0x80000000);
  bus.write(0xcf9, 1, 0xfff06);
  expect(bus.read(0xcf8, 4)).toBe(0x80001234);
  expect(bus.read(0xcf8, 2)).toBe(0x1234);
  expect(bus.read(0xcf9, 1)).toBe(0xff);
  expect(config.log).toEqual(['w4@0=80000000', 'r4@0', 'r2@0']);
  expect(reset.log).toEqual(['w1@0=6', 'r1@0']);
});

test('overlaps are refused by name', () => {
  const bus = new PortBus();
  bus.map(0x3f8, 8, 'serial0', recorder(0).block);
  expect(() => bus.map(0x3ff, 2, 'other', recorder(0).block)).toThrow('other: ports 3ffh-400h overlap serial0 at 3f8h-3ffh');
  expect(() => bus.map(0xffff, 2, 'other', recorder(0).block)).toThrow('other: ports ffffh-10000h do not exist');
});

test('a moved block decodes at its new place, and the earlier mapping wins where they overlap', () => {
  const bus = new PortBus();
  bus.map(0x3f8, 8, 'serial0', recorder(1).block);
  const bar = bus.map(0xc000, 0x20, 'bar', recorder(2).block);
  bar.move(0x3f0);
  expect([bus.read(0x3f0, 1), bus.read(0x3f8, 1), bus.read(0x400, 1), bus.read(0xc000, 1)]).toEqual([2, 1, 2, 0xff]);
  bar.move(0xfff8);
  expect(bus.read(0xffff, 1)).toBe(2);
  bar.unmap();
  expect(bus.read(0xfff8, 1)).toBe(0xff);
});

test('a byte block takes wide accesses as bytes at consecutive offsets, lowest first', () => {
  const written: [number, number][] = [];
  const block = byteBlock(
    (offset) => 0x10 + offset,
    (offset, value) => written.push([offset, value]),
  );
  expect(block.read(2, 4)).toBe(0x15141312);
  block.write(0, 2, 0xbbaa);
  expect(written).toEqual([
    [0, 0xaa],
    [1, 0xbb],
  ]);
});

test('any access to any map gives a value of its size', () => {
  const bus = new PortBus();
  bus.map(0x60, 1, 'a', recorder(-1).block);
  const bar = bus.map(0x100, 0x100, 'b', recorder(2 ** 40 + 5).block);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom<AccessSize>(1, 2, 4), fc.integer(), (port, size, value) => {
      bar.move(value & 0xffffff00);
      bus.write(port, size, value);
      const read = bus.read(port, size);
      expect(read >= 0 && read < 2 ** (8 * size)).toBe(true);
    }),
  );
});
