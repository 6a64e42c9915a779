// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { OpenFunction, TestBench } from './testBench.ts';

const CAP = 0x50;

function bench(vectors: number, perVectorMasking = false) {
  const pci = new TestBench();
  const device = new OpenFunction('dev', { vendorId: 1, deviceId: 2, classCode: 0, interruptPin: 1 });
  const msi = device.withMsi({ offset: CAP, vectors, perVectorMasking });
  pci.bus.add(device, 4);
  pci.write(4, 0x04, 2, 4);
  pci.write(4, CAP + 4, 4, 0xfee0_1000);
  pci.write(4, CAP + 12, 2, 0x4130);
  return { pci, device, msi };
}

test('the capability reads as the specification lays it out', () => {
  const { pci } = bench(4, true);
  expect(pci.read(4, 0x34, 1)).toBe(CAP);
  expect(pci.read(4, 0x06, 2) & 0x10).toBe(0x10);
  // 64-bit (bit 7), maskable (bit 8), four vectors requested (bits 3:1 = 2).
  expect(pci.read(4, CAP)).toBe(0x0184_0005);
  pci.write(4, CAP + 2, 2, 0xffff);
  expect(pci.read(4, CAP + 2, 2)).toBe(0x01f5);
  pci.write(4, CAP + 4, 4, 0xffff_ffff);
  expect(pci.read(4, CAP + 4)).toBe(0xffff_fffc);
});

test('sends only while enabled, with the vector in the low bits that software granted', () => {
  const { pci, msi } = bench(4);
  msi.notify(0);
  expect(pci.messages).toEqual([]);
  pci.write(4, CAP + 2, 2, 0x0001 | (1 << 4));
  msi.notify(1);
  msi.notify(3);
  expect(pci.messages).toEqual([
    { address: 0xfee0_1000, data: 0x4131 },
    { address: 0xfee0_1000, data: 0x4131 },
  ]);
});

test('enabling takes the pin away; bus mastering off loses the message', () => {
  const { pci, device, msi } = bench(1);
  device.pin(true);
  expect(device.pinLevel).toBe(true);
  pci.write(4, CAP + 2, 2, 1);
  expect(device.pinLevel).toBe(false);
  pci.write(4, 0x04, 2, 0);
  msi.notify(0);
  expect(pci.messages).toEqual([]);
});

test('a masked vector stays pending and is sent when unmasked', () => {
  const { pci, msi } = bench(2, true);
  pci.write(4, CAP + 2, 2, 0x0001 | (1 << 4));
  pci.write(4, CAP + 16, 4, 0x2);
  msi.notify(1);
  msi.notify(0);
  expect(pci.messages.map((message) => message.data)).toEqual([0x4130]);
  expect(pci.read(4, CAP + 20)).toBe(2);
  pci.write(4, CAP + 20, 4, 0);
  expect(pci.read(4, CAP + 20)).toBe(2);
  pci.write(4, CAP + 16, 4, 0);
  expect(pci.messages.map((message) => message.data)).toEqual([0x4130, 0x4131]);
  expect(pci.read(4, CAP + 20)).toBe(0);
});
