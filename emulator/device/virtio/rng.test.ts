// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { featureBits } from './model.ts';
import { VirtioRng } from './rng.ts';
import { VirtioBench } from './testBench.ts';

/** Counts up from 1. */
function counter() {
  let next = 1;
  return {
    fill(into: Uint8Array) {
      for (let i = 0; i < into.length; i++) into[i] = next++;
    },
  };
}

// QEMU 7.2, virtio-rng-pci: 00000000 00ff0001 with one queue of 8 and no configuration.
test('identity, queue and features are those of QEMU', () => {
  const virtio = new VirtioBench(new VirtioRng(counter()));
  expect([virtio.pci.read(2, 0), virtio.pci.read(2, 8), virtio.pci.read(2, 0x98)]).toEqual([0x10441af4, 0x00ff0001, 0x00018411]);
  expect([virtio.common(0x12, 2), virtio.common(0x18, 2), virtio.config(0, 4)]).toEqual([1, 8, 0xffffffff]);
  expect(virtio.offered()).toBe(featureBits(28, 29, 32));
});

test('fills what it is given, in order, and says how much', () => {
  const virtio = new VirtioBench(new VirtioRng(counter()), { ramSize: 0x80_0000 });
  virtio.start(featureBits(32));
  expect(virtio.request(0, [2, 3])).toEqual({ written: 5, data: [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5)] });
  expect(virtio.request(0, [1]).data).toEqual([Uint8Array.of(6)]);
  expect(virtio.request(0, [Uint8Array.of(1)]).written).toBe(0);
  expect(virtio.request(0, [0x2_0000]).written).toBe(0x1_0000);
});

test('a snapshot is taken and loaded', () => {
  const a = new VirtioBench(new VirtioRng(counter()));
  a.start(featureBits(32));
  a.request(0, [4]);
  const b = new VirtioBench(new VirtioRng(counter()));
  b.device.load(structuredClone(a.device.save()));
  expect(b.device.save()).toEqual(a.device.save());
});

test('any buffers of a driver are answered', () => {
  const buffer = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.uint8Array({ minLength: 1, maxLength: 20 }));
  fc.assert(
    fc.property(fc.array(fc.array(buffer, { minLength: 1, maxLength: 4 }), { maxLength: 20 }), (requests) => {
      const virtio = new VirtioBench(new VirtioRng(counter()), { ramSize: 0x80_0000 });
      virtio.start(featureBits(32));
      for (const buffers of requests) {
        const room = buffers.reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : 0), 0);
        // Those that the device reads come first (virtio 1.2, 2.7.4.2).
        const inOrder = [
          ...buffers.filter((each) => typeof each !== 'number'),
          ...buffers.filter((each) => typeof each === 'number'),
        ];
        expect(virtio.request(0, inOrder).written).toBeLessThanOrEqual(room);
      }
      expect(virtio.status).toBe(15);
    }),
  );
});
