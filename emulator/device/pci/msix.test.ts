// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessSize, RegisterBlock } from '../../bus/device.ts';
import type { Msix } from './msix.ts';
import { OpenFunction, TestBench } from './testBench.ts';

const CAP = 0x98;
const BAR = 0xe000_0000;

class MsixFunction extends OpenFunction {
  readonly vectors: Msix;
  constructor(count: number) {
    super('dev', { vendorId: 0x1af4, deviceId: 0x1042, classCode: 0, interruptPin: 1 });
    this.vectors = this.withMsix({ offset: CAP, vectors: count, bar: 1, tableOffset: 0, pendingOffset: 0x800 });
    const registers: RegisterBlock = this.vectors;
    this.addBar(1, { kind: 'memory32', size: 4096, registers });
  }
}

function bench(count = 2) {
  const pci = new TestBench();
  const device = new MsixFunction(count);
  pci.bus.add(device, 2);
  pci.write(2, 0x14, 4, BAR);
  pci.write(2, 0x04, 2, 6);
  return { pci, device, msix: device.vectors };
}

function program(pci: TestBench, vector: number, data: number): void {
  pci.memory.write(BAR + 16 * vector, 4, 0xfee0_0000);
  pci.memory.write(BAR + 16 * vector + 8, 4, data);
  pci.memory.write(BAR + 16 * vector + 12, 4, 0);
}

// QEMU 7.2, virtio-blk-pci: 00018411 00000001 00000801 at 98h; all ones written to 98h leave c0018411; vector control reads 1.
test('the capability and the table after reset are those of QEMU', () => {
  const { pci } = bench();
  pci.write(2, CAP, 4, 0xffff_ffff);
  expect(pci.read(2, CAP)).toBe(0xc001_0011);
  expect(pci.read(2, CAP + 4)).toBe(1);
  expect(pci.read(2, CAP + 8)).toBe(0x801);
  expect(pci.memory.read(BAR + 12, 4)).toBe(1);
  expect(pci.memory.read(BAR + 0x800, 4)).toBe(0);
});

test('an enabled, unmasked vector is sent as programmed', () => {
  const { pci, msix } = bench();
  program(pci, 1, 0x41);
  msix.notify(1);
  expect(pci.messages).toEqual([]);
  pci.write(2, CAP + 2, 2, 0x8000);
  msix.notify(1);
  msix.notify(7);
  expect(pci.messages).toEqual([{ address: 0xfee0_0000, data: 0x41 }]);
});

test('masked vectors become pending; unmasking either way sends them', () => {
  const { pci, msix } = bench();
  pci.write(2, CAP + 2, 2, 0xc000);
  program(pci, 0, 0x40);
  msix.notify(0);
  msix.notify(1);
  expect(pci.memory.read(BAR + 0x800, 4)).toBe(3);
  pci.memory.write(BAR + 0x800, 4, 0);
  expect(pci.memory.read(BAR + 0x800, 4)).toBe(3);
  pci.write(2, CAP + 2, 2, 0x8000);
  expect(pci.messages).toEqual([{ address: 0xfee0_0000, data: 0x40 }]);
  expect(pci.memory.read(BAR + 0x800, 4)).toBe(2);
  program(pci, 1, 0x41);
  expect(pci.messages.length).toBe(2);
  expect(pci.memory.read(BAR + 0x800, 4)).toBe(0);
});

test('the table takes whole words only', () => {
  const { pci } = bench();
  program(pci, 0, 0x40);
  pci.memory.write(BAR + 8, 1, 0x77);
  pci.memory.write(BAR + 8, 2, 0x7777);
  expect(pci.memory.read(BAR + 8, 4)).toBe(0x40);
});

test('pending vectors survive a snapshot', () => {
  const a = bench(70);
  a.pci.write(2, CAP + 2, 2, 0x8000);
  a.msix.notify(69);
  const b = bench(70);
  b.device.load(structuredClone(a.device.save()));
  expect(b.pci.memory.read(BAR + 0x808, 4)).toBe(1 << 5);
  program(b.pci, 69, 0x99);
  expect(b.pci.messages).toEqual([{ address: 0xfee0_0000, data: 0x99 }]);
});

test('no access throws, and unassigned registers read as zeros', () => {
  const { pci, msix } = bench(3);
  pci.write(2, CAP + 2, 2, 0x8000);
  const access = fc.tuple(
    fc.integer({ min: 0, max: 4095 }),
    fc.constantFrom<AccessSize>(1, 2, 4),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  );
  fc.assert(
    fc.property(access, ([offset, size, value]) => {
      pci.memory.write(BAR + offset, size, value);
      msix.notify(value % 5);
      const read = pci.memory.read(BAR + offset, size);
      if (offset >= 48 && offset < 0x800) expect(read).toBe(0);
    }),
  );
});
