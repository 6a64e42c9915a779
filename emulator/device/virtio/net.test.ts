// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { featureBits } from './model.ts';
import { type NetBackend, VirtioNet } from './net.ts';
import { VirtioBench } from './testBench.ts';

const MAC = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const V1 = featureBits(32);
const MERGEABLE = featureBits(15);
const [RX, TX] = [0, 1];

function frame(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + seed) & 0xff);
}

function bench(features = V1) {
  const sent: Uint8Array[] = [];
  const cable: NetBackend = { send: (bytes) => sent.push(bytes), onReceive: () => {} };
  const model = new VirtioNet(cable, { mac: MAC });
  const virtio = new VirtioBench(model);
  virtio.start(features);
  /** The packets received so far, one array per chain given back. */
  const received = (addresses: number[]) =>
    virtio.used(RX).map(({ written }, i) => virtio.ram.bytes.slice(addresses[i], addresses[i] + written));
  return { sent, cable, model, virtio, received };
}

// QEMU 7.2, virtio-net-pci: configuration 52 54 00 12 34 56 01 00, queues of 256, class 020000.
test('identity and configuration are those of QEMU', () => {
  const { virtio } = bench();
  expect([virtio.pci.read(2, 0), virtio.pci.read(2, 8)]).toEqual([0x10411af4, 0x02000001]);
  expect([virtio.config(0, 4), virtio.config(4, 4)]).toEqual([0x12005452, 0x00015634]);
  expect([virtio.common(0x12, 2), virtio.common(0x18, 2)]).toEqual([2, 256]);
  expect(virtio.offered()).toBe(featureBits(5, 15, 16, 28, 29, 32));
});

describe('transmit', () => {
  test('a frame leaves without its header, whatever the buffers', () => {
    const { virtio, sent } = bench();
    virtio.request(TX, [new Uint8Array(12), frame(60)]);
    virtio.request(TX, [new Uint8Array(5), Buffer.concat([new Uint8Array(7), frame(20)]), frame(80, 20)]);
    expect(sent).toEqual([frame(60), frame(100)]);
    expect(virtio.pci.high()).toEqual([22]);
  });

  test('what is no frame is dropped, what has no header needs a reset', () => {
    const { virtio, sent } = bench();
    virtio.request(TX, [new Uint8Array(12), frame(13)]);
    virtio.request(TX, [Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), frame(60)]);
    expect(sent).toEqual([]);
    expect(virtio.status).toBe(15);
    virtio.request(TX, [new Uint8Array(11)]);
    expect(virtio.status).toBe(15 | 0x40);
  });
});

describe('receive', () => {
  test('a frame comes with a header that counts one buffer', () => {
    const { virtio, cable, received } = bench();
    const addresses = virtio.offer(RX, [1526]);
    cable.onReceive(frame(60));
    expect(received(addresses)).toEqual([Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, ...frame(60)])]);
    expect(virtio.pci.high()).toEqual([22]);
  });

  test('frames wait for buffers, in order', () => {
    const { virtio, cable, received } = bench();
    cable.onReceive(frame(60, 1));
    cable.onReceive(frame(60, 2));
    const first = virtio.offer(RX, [1526]);
    virtio.notify(RX);
    expect(received(first).map((packet) => packet[12])).toEqual([1]);
    const second = virtio.offer(RX, [1526]);
    virtio.notify(RX);
    expect(received(second).map((packet) => packet[12])).toEqual([2]);
  });

  test('more than the backlog is lost; so is everything before a driver and without a cable', () => {
    const { virtio, cable, model } = bench();
    for (let i = 0; i < 300; i++) cable.onReceive(frame(60, i));
    for (let i = 0; i < 250; i++) virtio.offer(RX, [100]);
    virtio.notify(RX);
    expect(virtio.used(RX).length).toBe(250);
    for (let i = 0; i < 50; i++) virtio.offer(RX, [100]);
    virtio.notify(RX);
    expect(virtio.used(RX).length).toBe(6);
    model.setLink(false);
    expect(virtio.config(6, 2)).toBe(0);
    expect(virtio.isr() & 2).toBe(2);
    cable.onReceive(frame(60));
    expect(virtio.used(RX).length).toBe(0);
    virtio.setCommon(0x14, 1, 0);
    cable.onReceive(frame(60));
    model.setLink(true);
    virtio.start(V1);
    virtio.offer(RX, [100]);
    virtio.notify(RX);
    expect(virtio.used(RX)).toEqual([]);
  });

  test('merged buffers: as many as it takes, or none until they are there', () => {
    const { virtio, cable } = bench(V1 | MERGEABLE);
    const addresses = [...virtio.offer(RX, [64]), ...virtio.offer(RX, [64])];
    cable.onReceive(frame(150));
    expect(virtio.used(RX)).toEqual([]);
    addresses.push(...virtio.offer(RX, [64]));
    virtio.notify(RX);
    expect(virtio.used(RX)).toEqual([
      { head: 0, written: 64 },
      { head: 1, written: 64 },
      { head: 2, written: 34 },
    ]);
    expect(virtio.ram.read16(addresses[0] + 10)).toBe(3);
    expect(virtio.ram.read8(addresses[2] + 33)).toBe(149);
  });

  test('without merging, a buffer too small needs a reset', () => {
    const { virtio, cable } = bench();
    virtio.offer(RX, [64]);
    cable.onReceive(frame(60));
    expect(virtio.status).toBe(15 | 0x40);
  });
});

test('frames that wait survive a snapshot', () => {
  const a = bench();
  a.cable.onReceive(frame(60, 3));
  a.model.setLink(false);
  const b = bench();
  b.virtio.device.load(structuredClone(a.virtio.device.save()));
  expect(b.virtio.device.save()).toEqual(a.virtio.device.save());
  expect(b.model.linkUp).toBe(false);
  const addresses = b.virtio.offer(RX, [100]);
  b.virtio.notify(RX);
  expect(b.received(addresses).map((packet) => packet[12])).toEqual([3]);
});

test('random traffic and buffers never throw', () => {
  const step = fc.oneof(
    fc.record({ receive: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({ offer: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 4 }) }),
    fc.record({ send: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (merge, steps) => {
      const { virtio, cable } = bench(merge ? V1 | MERGEABLE : V1);
      for (const action of steps) {
        if ('receive' in action) cable.onReceive(frame(action.receive));
        else if ('offer' in action) {
          virtio.offer(RX, action.offer);
          virtio.notify(RX);
        } else
          virtio.request(
            TX,
            action.send.map((length) => new Uint8Array(length)),
          );
      }
      expect([15, 15 | 0x40]).toContain(virtio.status);
    }),
  );
});
