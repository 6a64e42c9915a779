// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockBackend, MediumError, SECTOR_SIZE, VirtioBlock } from './block.ts';
import { MemoryDisk } from './memoryDisk.ts';
import { featureBits } from './model.ts';
import { VirtioBench } from './testBench.ts';

const V1 = featureBits(32, 28, 29);
const SECTORS = 0x80_0000;
const [OK, IOERR, UNSUPP] = [0, 1, 2];
const [IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES] = [0, 1, 4, 8, 11, 13];

function header(type: number, sector: number | bigint = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setBigUint64(8, BigInt(sector), true);
  return bytes;
}

function range(sector: number, count: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(sector), true);
  view.setUint32(8, count, true);
  view.setUint32(12, flags, true);
  return bytes;
}

function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 0xff);
}

function bench(disk: BlockBackend = new MemoryDisk('disk', { sectors: SECTORS })) {
  const virtio = new VirtioBench(new VirtioBlock(disk, { serial: 'ABC123' }));
  virtio.start(V1);
  const status = (buffers: (Uint8Array | number)[]) => virtio.request(0, [...buffers, 1]).data.at(-1)![0];
  return { disk, virtio, status };
}

// Feature bits and configuration as QEMU 7.2 shows them for a 1 GiB disk with discard=unmap, without those we leave out
// (geometry, topology, write cache switch) and with our 512-byte block size. The limits are at the same offsets.
test('features and configuration', () => {
  const { virtio } = bench();
  expect(virtio.offered() & 0xff_ffffn).toBe(featureBits(2, 6, 9, 13, 14));
  expect([0, 4, 8, 12, 20, 36, 40, 44, 48, 52].map((offset) => virtio.config(offset, 4))).toEqual([
    SECTORS,
    0,
    0,
    0xfe,
    512,
    0x3fffff,
    1,
    1,
    0x3fffff,
    1,
  ]);
  expect(virtio.config(56, 1)).toBe(1);
  const readOnly = bench(new MemoryDisk('disk', { sectors: 8, readOnly: true })).virtio;
  expect(readOnly.offered() & 0xff_ffffn).toBe(featureBits(2, 5, 6, 9));
});

describe('transfers', () => {
  test('what is written is read back, whatever the buffers', () => {
    const { virtio } = bench();
    const data = pattern(5 * SECTOR_SIZE);
    const writes = [header(OUT, 7), data.subarray(0, 100), data.subarray(100, 1300), data.subarray(1300)];
    expect(virtio.request(0, [...writes, 1]).data).toEqual([Uint8Array.of(OK)]);
    const { written, data: read } = virtio.request(0, [header(IN, 6), 300, 3 * SECTOR_SIZE - 300, 4 * SECTOR_SIZE, 1], {
      indirect: true,
    });
    expect(written).toBe(7 * SECTOR_SIZE + 1);
    const all = Buffer.concat(read);
    expect(all.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
    expect(all.subarray(512, 6 * 512).equals(data)).toBe(true);
    expect(all[7 * 512]).toBe(OK);
  });

  test('header and data in one buffer, header in pieces, status at the end of the data buffer', () => {
    const { virtio } = bench();
    const data = pattern(SECTOR_SIZE);
    virtio.request(0, [Buffer.concat([header(OUT, 3), data]), 1]);
    const { data: read } = virtio.request(0, [header(IN, 3).subarray(0, 5), header(IN, 3).subarray(5), SECTOR_SIZE + 1]);
    expect(read[0]).toEqual(Uint8Array.from([...data, OK]));
  });

  test('large ones go through', () => {
    const { virtio, status } = bench();
    const data = pattern(300 * SECTOR_SIZE);
    expect(status([header(OUT, SECTORS - 300), data])).toBe(OK);
    const { data: read } = virtio.request(0, [header(IN, SECTORS - 300), data.length, 1]);
    expect(Buffer.compare(read[0], data)).toBe(0);
  });

  test('outside the disk and odd sizes are I/O errors that change nothing', () => {
    const disk = new MemoryDisk('disk', { sectors: 16 });
    const { virtio, status } = bench(disk);
    const sector = pattern(SECTOR_SIZE);
    expect(status([header(OUT, 16), sector])).toBe(IOERR);
    expect(status([header(OUT, 15), pattern(1024)])).toBe(IOERR);
    expect(status([header(OUT, 0), sector.subarray(1)])).toBe(IOERR);
    expect(status([header(OUT, 0xffff_ffff_ffff_ffffn), sector])).toBe(IOERR);
    expect(virtio.request(0, [header(IN, 16), 512, 1])).toEqual({
      written: 1,
      data: [new Uint8Array(512), Uint8Array.of(IOERR)],
    });
    expect(status([header(IN, 0), 100])).toBe(IOERR);
    expect(disk.allocated).toBe(0);
    expect(status([header(OUT, 15), sector])).toBe(OK);
  });

  test('a read-only disk is read only', () => {
    const { status } = bench(MemoryDisk.of('disk', pattern(1024), { readOnly: true }));
    expect(status([header(OUT, 0), pattern(512)])).toBe(IOERR);
    expect(status([header(DISCARD), range(0, 1)])).toBe(IOERR);
    expect(status([header(IN, 0), 512])).toBe(OK);
    expect(status([header(FLUSH)])).toBe(OK);
  });
});

describe('other requests', () => {
  test('identity, padded with zeros and cut to the room there is', () => {
    const { virtio } = bench();
    const { written, data } = virtio.request(0, [header(GET_ID), 20, 1]);
    expect(written).toBe(21);
    expect(Buffer.from(data[0]).toString('latin1')).toBe(`ABC123${'\0'.repeat(14)}`);
    expect(virtio.request(0, [header(GET_ID), 3, 1]).written).toBe(4);
  });

  test('flush reaches the disk', () => {
    let flushes = 0;
    const disk: BlockBackend = { sectors: 1, readOnly: false, read() {}, write() {}, flush: () => flushes++ };
    expect(bench(disk).status([header(FLUSH)])).toBe(OK);
    expect(flushes).toBe(1);
  });

  test('a range is zeroed with and without help of the disk, and discarded only with it', () => {
    const memory = new MemoryDisk('disk', { sectors: SECTORS });
    const plain: BlockBackend = {
      sectors: SECTORS,
      readOnly: false,
      read: (sector, into) => memory.read(sector, into),
      write: (sector, from) => memory.write(sector, from),
      flush() {},
    };
    for (const [disk, type] of [
      [memory, DISCARD],
      [memory, WRITE_ZEROES],
      [plain, DISCARD],
      [plain, WRITE_ZEROES],
    ] as const) {
      const { virtio, status } = bench(disk);
      virtio.request(0, [header(OUT, 0), pattern(400 * SECTOR_SIZE), 1]);
      expect(status([header(type), range(2, 300)])).toBe(OK);
      const { data } = virtio.request(0, [header(IN, 0), 400 * SECTOR_SIZE, 1]);
      const expected = pattern(400 * SECTOR_SIZE);
      if (disk === memory || type === WRITE_ZEROES) expected.fill(0, 2 * SECTOR_SIZE, 302 * SECTOR_SIZE);
      expect(Buffer.compare(data[0], expected)).toBe(0);
    }
  });

  test('ranges that are wrong', () => {
    const { status } = bench();
    expect(status([header(DISCARD), range(SECTORS, 1)])).toBe(IOERR);
    expect(status([header(DISCARD), range(0, 0x400000)])).toBe(IOERR);
    expect(status([header(DISCARD), range(0, 1, 1)])).toBe(UNSUPP);
    expect(status([header(WRITE_ZEROES), range(0, 1, 1)])).toBe(OK);
    expect(status([header(WRITE_ZEROES), range(0, 1, 2)])).toBe(UNSUPP);
    expect(status([header(DISCARD), Buffer.concat([range(0, 1), range(1, 1)])])).toBe(UNSUPP);
    expect(status([header(77)])).toBe(UNSUPP);
  });

  test('an error of the medium is an I/O error; any other is a fault of ours', () => {
    const broken = (error: Error): BlockBackend => ({
      sectors: 8,
      readOnly: false,
      read() {
        throw error;
      },
      write() {},
      flush() {},
    });
    expect(bench(broken(new MediumError('bad sector'))).status([header(IN), 512])).toBe(IOERR);
    expect(() => bench(broken(new Error('bug'))).status([header(IN), 512])).toThrow('bug');
  });

  test('no room for header or status needs a reset', () => {
    for (const buffers of [
      [header(IN).subarray(1), 1],
      [header(OUT), pattern(512)],
    ]) {
      const { virtio } = bench();
      virtio.request(0, buffers);
      expect(virtio.status).toBe(15 | 0x40);
    }
  });
});

test('a snapshot keeps what waits, and refuses another disk', () => {
  const a = bench();
  a.virtio.pci.write(2, 0x04, 2, 2);
  const addresses = a.virtio.offer(0, [header(OUT, 1), pattern(512), 1]);
  a.virtio.notify(0);
  a.virtio.ram.write8(addresses[2], 0xee);
  const b = bench();
  b.virtio.ram.bytes.set(a.virtio.ram.bytes);
  b.virtio.device.load(structuredClone(a.virtio.device.save()));
  expect(b.virtio.used(0)).toEqual([]);
  b.virtio.pci.write(2, 0x04, 2, 6);
  expect(b.virtio.used(0)).toEqual([{ head: 0, written: 1 }]);
  expect(b.virtio.ram.read8(addresses[2])).toBe(OK);
  const other = bench(new MemoryDisk('disk', { sectors: 5 }));
  expect(() => other.virtio.device.load(a.virtio.device.save())).toThrow(/8388608 sectors/);
});

test('random requests end in a status or a reset, never in an exception', () => {
  const buffer = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 0, max: 1500 }),
    fc
      .tuple(fc.constantFrom(IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES, 3), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
      .map(([type, sector]) => header(type, sector % 3n === 0n ? sector : sector % 40n)),
  );
  fc.assert(
    fc.property(fc.array(fc.array(buffer, { minLength: 1, maxLength: 5 }), { maxLength: 8 }), (requests) => {
      const { virtio } = bench(new MemoryDisk('disk', { sectors: 32 }));
      for (const buffers of requests) {
        const sorted = [
          ...buffers.filter((item) => typeof item !== 'number'),
          ...buffers.filter((item) => typeof item === 'number'),
        ];
        virtio.request(0, sorted);
      }
      expect([15, 15 | 0x40]).toContain(virtio.status);
    }),
  );
});
