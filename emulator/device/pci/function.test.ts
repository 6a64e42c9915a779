// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessSize } from '../../bus/device.ts';
import { Memo, OpenFunction, TestBench } from './testBench.ts';

const IDENTITY = { vendorId: 0x1af4, deviceId: 0x1042, revision: 1, classCode: 0x010000, interruptPin: 1 } as const;

function bench() {
  const io = new Memo(32);
  const small = new Memo(4096);
  const large = new Memo(16384);
  const device = new OpenFunction('dev', IDENTITY, {
    0: { kind: 'io', size: 32, registers: io },
    1: { kind: 'memory32', size: 4096, registers: small },
    4: { kind: 'memory64', size: 16384, prefetchable: true, registers: large },
  });
  const pci = new TestBench();
  pci.bus.add(device, 2);
  return { pci, device, io, small, large };
}

describe('header', () => {
  test('ids, class and pin read as declared', () => {
    const { pci } = bench();
    expect(pci.read(2, 0x00)).toBe(0x10421af4);
    expect(pci.read(2, 0x08)).toBe(0x01000001);
    expect(pci.read(2, 0x3c)).toBe(0x00000100);
    expect(pci.read(2, 0x0a, 2)).toBe(0x0100);
    expect(pci.read(2, 0x0b, 1)).toBe(0x01);
  });

  // The masks below were read from QEMU 7.2 (q35, virtio-blk-pci) by writing all ones to every register.
  test('writable bits are those of QEMU', () => {
    const { pci } = bench();
    const afterOnes = (offset: number) => {
      pci.write(2, offset, 4, 0xffff_ffff);
      return pci.read(2, offset);
    };
    expect(afterOnes(0x00)).toBe(0x10421af4);
    expect(afterOnes(0x04) & 0xffff).toBe(0x0507);
    expect(afterOnes(0x08)).toBe(0x01000001);
    expect(afterOnes(0x0c)).toBe(0x000000ff);
    expect(afterOnes(0x14)).toBe(0xfffff000);
    expect(afterOnes(0x20)).toBe(0xffffc00c);
    expect(afterOnes(0x24)).toBe(0xffffffff);
    expect(afterOnes(0x30)).toBe(0);
    expect(afterOnes(0x3c)).toBe(0x000001ff);
    expect(afterOnes(0x10)).toBe(0xffffffe1);
    expect(afterOnes(0x18)).toBe(0);
  });

  test('error bits of the status register are cleared by ones', () => {
    const { pci, device } = bench();
    device.raiseErrors(0x6000);
    pci.write(2, 0x06, 2, 0x2000);
    expect(pci.read(2, 0x06, 2)).toBe(0x4000);
  });
});

describe('base address registers', () => {
  test('decode only while the command register says so', () => {
    const { pci, small, io } = bench();
    small.bytes[5] = 0x77;
    io.bytes[3] = 0x55;
    pci.write(2, 0x14, 4, 0xfebd_0000);
    pci.write(2, 0x10, 4, 0xc000);
    expect(pci.memory.read(0xfebd_0005, 1)).toBe(0xff);
    pci.write(2, 0x04, 2, 2);
    expect(pci.memory.read(0xfebd_0005, 1)).toBe(0x77);
    expect(pci.ports.read(0xc003, 1)).toBe(0xff);
    pci.write(2, 0x04, 2, 1);
    expect(pci.memory.read(0xfebd_0005, 1)).toBe(0xff);
    expect(pci.ports.read(0xc003, 1)).toBe(0x55);
  });

  test('move, size and restore while decoding', () => {
    const { pci, device, small } = bench();
    pci.write(2, 0x04, 2, 2);
    pci.write(2, 0x14, 4, 0xe000_0000);
    pci.write(2, 0x14, 4, 0xffff_ffff);
    expect(device.barBase(1)).toBeUndefined();
    pci.write(2, 0x14, 4, 0xe000_1000);
    pci.memory.write(0xe000_1010, 4, 0x1234_5678);
    expect(small.read(0x10, 4)).toBe(0x1234_5678);
    pci.write(2, 0x14, 4, 0);
    expect(device.barBase(1)).toBeUndefined();
  });

  test('64-bit bases reach above 4 GiB', () => {
    const { pci, device, large } = bench();
    pci.write(2, 0x04, 2, 2);
    pci.write(2, 0x20, 4, 0x8000_0000);
    pci.write(2, 0x24, 4, 0x38);
    expect(device.barBase(4)).toBe(0x38_8000_0000);
    pci.memory.write(0x38_8000_3ffc, 4, 0xabcd_ef01);
    expect(large.read(0x3ffc, 4)).toBe(0xabcd_ef01);
  });

  test('two functions at one address: the first one known answers, whoever came there first', () => {
    const { pci, small } = bench();
    const late = new Memo(4096);
    pci.bus.add(new OpenFunction('late', IDENTITY, { 1: { kind: 'memory32', size: 4096, registers: late } }), 3);
    pci.write(3, 0x04, 2, 2);
    pci.write(3, 0x14, 4, 0xe000_0000);
    pci.write(2, 0x04, 2, 2);
    pci.write(2, 0x14, 4, 0xe000_0000);
    pci.memory.write(0xe000_0000, 1, 9);
    expect([small.bytes[0], late.bytes[0]]).toEqual([9, 0]);
  });
});

describe('interrupt pin', () => {
  test('is gated by the disable bit, which the status bit ignores', () => {
    const { pci, device } = bench();
    device.pin(true);
    expect(device.pinLevel).toBe(true);
    expect(pci.read(2, 0x06, 2) & 8).toBe(8);
    pci.write(2, 0x04, 2, 0x400);
    expect(device.pinLevel).toBe(false);
    expect(pci.read(2, 0x06, 2) & 8).toBe(8);
    pci.write(2, 0x04, 2, 0);
    expect(device.pinLevel).toBe(true);
  });

  test('a function without a pin raises none', () => {
    const { pci } = bench();
    const silent = new OpenFunction('silent', { ...IDENTITY, interruptPin: 0 });
    pci.bus.add(silent, 7);
    silent.pin(true);
    expect(silent.pinLevel).toBe(false);
  });
});

describe('snapshot', () => {
  test('a loaded function decodes and interrupts where the saved one did', () => {
    const a = bench();
    a.pci.write(2, 0x04, 2, 7);
    a.pci.write(2, 0x14, 4, 0xe000_0000);
    a.pci.write(2, 0x10, 4, 0xc000);
    a.device.pin(true);
    const b = bench();
    b.device.load(structuredClone(a.device.save()));
    expect([b.device.barBase(0), b.device.barBase(1), b.device.barBase(4)]).toEqual([0xc000, 0xe000_0000, undefined]);
    expect(b.device.pinLevel).toBe(true);
    expect(b.pci.high()).toEqual(a.pci.high());
    expect(b.device.save()).toEqual(a.device.save());
    b.device.reset();
    expect(b.device.save()).toEqual(bench().device.save());
    expect(b.pci.high()).toEqual([]);
  });

  test('an unknown version is refused', () => {
    const { device } = bench();
    expect(() => device.load({ version: 99 })).toThrow(/^dev: .*version 99/);
  });
});

test('no configuration or memory access of a guest throws', () => {
  const access = fc.record({
    slot: fc.constantFrom(0, 2, 3, 31),
    offset: fc.integer({ min: 0, max: 255 }),
    size: fc.constantFrom<AccessSize>(1, 2, 4),
    write: fc.boolean(),
    value: fc.oneof(fc.constantFrom(0, 0xffff_ffff, 0xe000_0000, 7), fc.integer({ min: 0, max: 0xffff_ffff })),
  });
  fc.assert(
    fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
      const { pci, device } = bench();
      for (const { slot, offset, size, write, value } of accesses) {
        if (write) pci.write(slot, offset, size, value);
        else expect(pci.read(slot, offset, size)).toBeGreaterThanOrEqual(0);
        pci.memory.write(value, size, offset);
        pci.memory.read(value, size);
        pci.ports.write(value & 0xffff, size, offset);
        device.pin(write);
      }
      const saved = device.save();
      const other = bench();
      other.device.load(saved);
      expect(other.device.save()).toEqual(saved);
    }),
  );
});
