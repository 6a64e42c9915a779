// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryDisk } from './memoryDisk.ts';

test('takes room only for what was written', () => {
  const disk = new MemoryDisk('disk', { sectors: 2 ** 32 });
  const sector = new Uint8Array(512).fill(7);
  disk.write(2 ** 32 - 1, sector);
  disk.write(127, new Uint8Array(1024).fill(9));
  expect(disk.allocated).toBe(3 * 65536);
  const read = new Uint8Array(512);
  disk.read(2 ** 32 - 1, read);
  expect(read).toEqual(sector);
  disk.writeZeroes(0, 128);
  expect(disk.allocated).toBe(2 * 65536);
});

test('an image of any length becomes whole sectors', () => {
  const disk = MemoryDisk.of('disk', new Uint8Array(70_000).fill(5));
  expect(disk.sectors).toBe(137);
  const last = new Uint8Array(512).fill(1);
  disk.read(136, last);
  expect(Array.from(last.subarray(366, 370))).toEqual([5, 5, 0, 0]);
  expect(MemoryDisk.of('disk', new Uint8Array(1 << 20)).allocated).toBe(0);
});

/** A model of a disk: one flat array. */
test('behaves like a flat array, over a base or not, through snapshots', () => {
  const SECTORS = 300;
  const operation = fc.record({
    kind: fc.constantFrom('write', 'zero', 'read', 'snapshot'),
    sector: fc.integer({ min: 0, max: SECTORS - 1 }),
    count: fc.integer({ min: 1, max: 200 }),
    fill: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(operation, { maxLength: 25 }), (based, operations) => {
      const image = Uint8Array.from({ length: 200 * 512 }, (_, i) => (i >> 9) + 1);
      const make = () => new MemoryDisk('disk', { sectors: SECTORS, base: based ? MemoryDisk.of('base', image) : undefined });
      let disk = make();
      const flat = new Uint8Array(SECTORS * 512);
      if (based) flat.set(image);
      for (const { kind, sector, count, fill } of operations) {
        const length = Math.min(count, SECTORS - sector) * 512;
        const at = sector * 512;
        if (kind === 'write') {
          disk.write(sector, new Uint8Array(length).fill(fill));
          flat.fill(fill, at, at + length);
        } else if (kind === 'zero') {
          disk.writeZeroes(sector, length / 512);
          flat.fill(0, at, at + length);
        } else if (kind === 'snapshot') {
          const state = structuredClone(disk.save());
          disk = make();
          disk.load(state);
        }
        const read = new Uint8Array(length).fill(0xa5);
        disk.read(sector, read);
        expect(Buffer.compare(read, flat.subarray(at, at + length))).toBe(0);
      }
    }),
  );
});

test('refuses a snapshot of another disk or a damaged one', () => {
  const disk = new MemoryDisk('disk', { sectors: 8 });
  expect(() => disk.load({ version: 2 })).toThrow('disk: snapshot version 2 is not 1');
  expect(() => disk.load({ ...disk.save(), sectors: 9 })).toThrow('disk: the snapshot has 9 sectors, the machine 8');
  expect(() => disk.load({ ...disk.save(), numbers: [0], chunks: [] })).toThrow('malformed');
});
