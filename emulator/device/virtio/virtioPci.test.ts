// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessSize, DeviceState } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import { featureBits, VirtioModel } from './model.ts';
import { VirtioBench } from './testBench.ts';

const V1 = featureBits(32);
const EVENT_IDX = featureBits(29);
const INDIRECT = featureBits(28);

/** Copies what it reads into what it may write, complemented; keeps chains while `hold`. */
class Echo extends VirtioModel {
  readonly deviceId = 2;
  readonly classCode = 0x01_00_00;
  readonly queueSizes = [16, 8];
  readonly features = featureBits(5);
  readonly configBytes = new Uint8Array([1, 2, 3, 4, 5, 6]);
  kicks = 0;
  hold = false;

  readConfig(): Uint8Array {
    return this.configBytes;
  }
  override writeConfig(offset: number, value: number): void {
    if (offset < 6) this.configBytes[offset] = value;
  }
  kick(index: number): void {
    this.kicks++;
    const queue = this.transport.queue(index);
    if (this.hold) return;
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const bytes = new Uint8Array(Math.min(chain.readableLength, 0x1_0000));
      chain.read(0, bytes);
      queue.push(
        chain,
        chain.write(
          0,
          bytes.map((byte) => ~byte),
        ),
      );
    }
    this.transport.notifyUsed(queue);
  }
  change(): void {
    this.configBytes[0]++;
    this.transport.notifyConfig();
  }
  breakDown(): void {
    this.transport.fail('test');
  }
  save(): DeviceState {
    return { version: 1, kicks: this.kicks };
  }
  load(state: DeviceState): void {
    this.kicks = loadFields('echo', state, 1, { kicks: 0 }).kicks;
  }
}

function bench() {
  const model = new Echo();
  return { model, bench: new VirtioBench(model) };
}

describe('configuration space', () => {
  // QEMU 7.2, virtio-blk-pci,disable-legacy=on, before firmware ran: 00h-3Fh, 40h-A3h. BARs as firmware of the bench sets them.
  test('header and capabilities are those of QEMU', () => {
    const { bench: virtio } = bench();
    virtio.pci.write(2, 0x04, 2, 0);
    for (const bar of [0x14, 0x20, 0x24]) virtio.pci.write(2, bar, 4, 0);
    const dump = Array.from({ length: 0x100 / 4 }, (_, i) => virtio.pci.read(2, 4 * i));
    const qemu = [
      0x10421af4, 0x00100000, 0x01000001, 0, 0, 0, 0, 0, 0x0000000c, 0, 0, 0x11001af4, 0, 0x98, 0, 0x00000100, 0x01100009, 4,
      0x0000, 0x1000, 0x03104009, 4, 0x1000, 0x1000, 0x04105009, 4, 0x2000, 0x1000, 0x02146009, 4, 0x3000, 0x1000, 4, 0x05147009,
      0, 0, 0, 0, 0x00018411, 0x00000001, 0x00000801,
    ];
    qemu[0x98 / 4] = 0x00028411; // QEMU's block device has one queue, the model here two.
    expect(dump).toEqual([...qemu, ...new Array(64 - qemu.length).fill(0)]);
  });

  test('the window of the PCI configuration access capability reaches the BAR', () => {
    const { bench: virtio } = bench();
    const access = (offset: number, size: number) => {
      virtio.pci.write(2, 0x88, 1, 4);
      virtio.pci.write(2, 0x8c, 4, offset);
      virtio.pci.write(2, 0x90, 4, size);
    };
    access(0x14, 1);
    virtio.pci.write(2, 0x94, 4, 3);
    expect(virtio.status).toBe(3);
    expect(virtio.pci.read(2, 0x94) & 0xff).toBe(3);
    access(0x2000, 4);
    expect(virtio.pci.read(2, 0x94)).toBe(0x04030201);
    for (const [offset, size] of [
      [0x2001, 2],
      [0x3fff, 4],
      [0xffff_fffc, 4],
      [0x14, 3],
      [0x14, 0],
    ]) {
      access(offset, size);
      virtio.pci.write(2, 0x94, 4, 0);
      expect(virtio.status).toBe(3);
    }
  });
});

describe('negotiation', () => {
  test('offers the ring features and its own', () => {
    const { bench: virtio } = bench();
    expect(virtio.offered()).toBe(V1 | EVENT_IDX | INDIRECT | featureBits(5));
    virtio.setCommon(0, 4, 2);
    expect(virtio.common(4, 4)).toBe(0);
  });

  test('FEATURES_OK sticks for a subset with VERSION_1, and only for that', () => {
    const { bench: virtio } = bench();
    expect(virtio.negotiate(V1)).toBe(11);
    expect(virtio.negotiate(V1 | featureBits(5))).toBe(11);
    expect(virtio.negotiate(EVENT_IDX)).toBe(3);
    expect(virtio.negotiate(V1 | featureBits(6))).toBe(3);
    expect(virtio.negotiate(V1 | featureBits(63))).toBe(3);
  });

  test('features freeze when accepted; status 0 resets everything', () => {
    const { bench: virtio } = bench();
    virtio.start(V1);
    virtio.setCommon(8, 4, 0);
    virtio.setCommon(0xc, 4, 0x20);
    expect(virtio.common(0xc, 4)).toBe(0);
    virtio.setCommon(0x16, 2, 1);
    expect(virtio.common(0x1c, 2)).toBe(1);
    virtio.setCommon(0x14, 1, 0);
    expect([virtio.status, virtio.common(0x16, 2)]).toEqual([0, 0]);
    virtio.setCommon(0x16, 2, 1);
    expect([virtio.common(0x1c, 2), virtio.common(0x18, 2), virtio.common(0x20, 4)]).toEqual([0, 8, 0]);
  });

  test('queue registers: sizes, absent queues, vectors that do not exist', () => {
    const { bench: virtio } = bench();
    expect(virtio.common(0x12, 2)).toBe(2);
    virtio.setCommon(0x18, 2, 12);
    expect(virtio.common(0x18, 2)).toBe(16);
    virtio.setCommon(0x18, 2, 4);
    expect(virtio.common(0x18, 2)).toBe(4);
    virtio.setCommon(0x1a, 2, 3);
    expect(virtio.common(0x1a, 2)).toBe(0xffff);
    virtio.setCommon(0x10, 2, 2);
    expect(virtio.common(0x10, 2)).toBe(2);
    virtio.setCommon(0x16, 2, 2);
    expect([virtio.common(0x18, 2), virtio.common(0x1c, 2), virtio.common(0x1a, 2)]).toEqual([0, 0, 0xffff]);
  });

  test('device configuration: any width, ones beyond its end, a generation that moves', () => {
    const { bench: virtio, model } = bench();
    expect([virtio.config(1, 2), virtio.config(4, 4), virtio.config(100, 1)]).toEqual([0x0302, 0xffff0605, 0xff]);
    const generation = virtio.common(0x15, 1);
    model.change();
    expect(virtio.common(0x15, 1)).toBe(generation + 1);
    virtio.setConfig(2, 2, 0xbbaa);
    expect(virtio.config(0, 4)).toBe(0xbbaa0202);
  });
});

describe('rings', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);

  test('a chain of several buffers goes both ways', () => {
    const { bench: virtio } = bench();
    virtio.start(V1);
    const { written, data } = virtio.request(0, [bytes(1, 2), bytes(3), 2, 5]);
    expect(written).toBe(3);
    expect(data).toEqual([bytes(0xfe, 0xfd), bytes(0xfc, 0, 0, 0, 0)]);
  });

  test('indirect tables, alone and after direct descriptors', () => {
    const { bench: virtio } = bench();
    virtio.start(V1 | INDIRECT);
    expect(virtio.request(0, [bytes(1, 2, 3), 3], { indirect: true }).data).toEqual([bytes(0xfe, 0xfd, 0xfc)]);
    const source = virtio.alloc(16);
    virtio.ram.writeBytes(source, bytes(9));
    const table = virtio.alloc(16);
    virtio.descriptor(table, 0, source + 8, 1, 2, 0);
    virtio.descriptor(virtio.queues[0].base, 8, source, 1, 1, 9);
    virtio.descriptor(virtio.queues[0].base, 9, table, 16, 4, 0);
    virtio.makeAvailable(0, 8);
    virtio.notify(0);
    expect(virtio.ram.read8(source + 8)).toBe(0xf6);
  });

  test('indices wrap: 70,000 requests through a ring of 8', () => {
    const { bench: virtio } = bench();
    virtio.start(V1 | EVENT_IDX);
    const [address] = virtio.offer(1, [1]);
    const queue = virtio.queues[1];
    virtio.descriptor(queue.base, 0, address, 1, 2, 0);
    virtio.notify(1);
    expect(virtio.used(1).length).toBe(1);
    for (let i = 0; i < 70_000; i++) {
      virtio.makeAvailable(1, 0);
      virtio.notify(1);
      if (i % 7000 === 0) expect(virtio.used(1).length).toBeGreaterThan(0);
      else queue.seen = virtio.ram.read16(queue.base + 0x2002);
    }
    expect(virtio.ram.read16(queue.base + 0x2002)).toBe(70_001 & 0xffff);
    expect(virtio.status).toBe(15);
  });

  test('what was notified before DRIVER_OK or bus mastering is done when both are there', () => {
    const { bench: virtio } = bench();
    virtio.negotiate(V1);
    virtio.setUpQueues(false);
    virtio.offer(0, [1]);
    virtio.notify(0);
    expect(virtio.used(0)).toEqual([]);
    virtio.setCommon(0x14, 1, 15);
    expect(virtio.used(0).length).toBe(1);
    virtio.negotiate(V1);
    virtio.setUpQueues(false);
    virtio.offer(0, [1]);
    virtio.pci.write(2, 0x04, 2, 2);
    virtio.setCommon(0x14, 1, 15);
    expect(virtio.used(0)).toEqual([]);
    virtio.pci.write(2, 0x04, 2, 6);
    expect(virtio.used(0)).toEqual([{ head: 0, written: 0 }]);
  });
});

describe('interrupts', () => {
  test('by pin: held until the status is read', () => {
    const { bench: virtio } = bench();
    virtio.start(V1);
    virtio.request(0, [1]);
    expect(virtio.pci.high()).toEqual([22]);
    expect(virtio.isr()).toBe(1);
    expect(virtio.pci.high()).toEqual([]);
    expect(virtio.isr()).toBe(0);
  });

  test('configuration changes have their own bit and vector', () => {
    const { bench: virtio, model } = bench();
    virtio.start(V1);
    model.change();
    expect(virtio.isr()).toBe(2);
    virtio.start(V1, { vectors: true });
    model.change();
    expect(virtio.pci.messages).toEqual([{ address: 0xfee0_0000, data: 0x40 }]);
    expect(virtio.pci.high()).toEqual([]);
  });

  test('by message: one vector for each queue', () => {
    const { bench: virtio } = bench();
    virtio.start(V1, { vectors: true });
    virtio.request(1, [1]);
    virtio.request(0, [1]);
    expect(virtio.pci.messages.map((message) => message.data)).toEqual([0x42, 0x41]);
  });

  test('the driver suppresses them by flag', () => {
    const { bench: virtio } = bench();
    virtio.start(V1, { vectors: true });
    virtio.ram.write16(virtio.queues[0].base + 0x1000, 1);
    virtio.request(0, [1]);
    expect(virtio.pci.messages).toEqual([]);
  });

  test('the driver suppresses them by used event', () => {
    const { bench: virtio } = bench();
    virtio.start(V1 | EVENT_IDX, { vectors: true });
    const usedEvent = virtio.queues[0].base + 0x1004 + 2 * virtio.queues[0].size;
    virtio.ram.write16(usedEvent, 2);
    const counts = [];
    for (let i = 0; i < 5; i++) {
      virtio.request(0, [1]);
      counts.push(virtio.pci.messages.length);
    }
    // Only the entry with index 2 does.
    expect(counts).toEqual([0, 0, 1, 1, 1]);
  });

  test('the device asks to be notified from the entry it waits for', () => {
    const { bench: virtio } = bench();
    virtio.start(V1 | EVENT_IDX);
    virtio.request(0, [1]);
    virtio.request(0, [1]);
    const queue = virtio.queues[0];
    expect(virtio.ram.read16(queue.base + 0x2004 + 8 * queue.size)).toBe(2);
  });
});

describe('malformed rings need a reset, then work again', () => {
  const malformed: { [name: string]: (virtio: VirtioBench) => void } = {
    'available index too far ahead': (virtio) => virtio.ram.write16(virtio.queues[0].base + 0x1002, 17),
    'head outside the table': (virtio) => virtio.makeAvailable(0, 16),
    'successor outside the table': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0, 1, 1, 16);
      virtio.makeAvailable(0, 0);
    },
    'a loop': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0, 1, 1, 1);
      virtio.descriptor(virtio.queues[0].base, 1, 0, 1, 1, 0);
      virtio.makeAvailable(0, 0);
    },
    'a loop in an indirect table': (virtio) => {
      virtio.descriptor(0x9000, 0, 0, 1, 1, 0);
      virtio.descriptor(virtio.queues[0].base, 0, 0x9000, 16, 4, 0);
      virtio.makeAvailable(0, 0);
    },
    'an indirect table in an indirect table': (virtio) => {
      virtio.descriptor(0x9000, 0, 0x9000, 16, 4, 0);
      virtio.descriptor(virtio.queues[0].base, 0, 0x9000, 16, 4, 0);
      virtio.makeAvailable(0, 0);
    },
    'an indirect table of odd size': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0x9000, 17, 4, 0);
      virtio.makeAvailable(0, 0);
    },
    'an empty indirect table': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0x9000, 0, 4, 0);
      virtio.makeAvailable(0, 0);
    },
    'an indirect descriptor with a successor': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0x9000, 16, 5, 1);
      virtio.makeAvailable(0, 0);
    },
    'readable after writable': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0, 1, 3, 1);
      virtio.descriptor(virtio.queues[0].base, 1, 0, 1, 0, 0);
      virtio.makeAvailable(0, 0);
    },
    'more than 2^32 bytes': (virtio) => {
      virtio.descriptor(virtio.queues[0].base, 0, 0, 0xffff_ffff, 1, 1);
      virtio.descriptor(virtio.queues[0].base, 1, 0, 2, 0, 0);
      virtio.makeAvailable(0, 0);
    },
    'rings outside memory': (virtio) => {
      virtio.negotiate(V1);
      virtio.setCommon(0x16, 2, 0);
      virtio.setCommon(0x2c, 4, 0xffff_ffff);
      virtio.setCommon(0x1c, 2, 1);
      virtio.setCommon(0x14, 1, 15);
    },
  };

  for (const [name, spoil] of Object.entries(malformed)) {
    test(name, () => {
      const { bench: virtio } = bench();
      virtio.start(V1 | INDIRECT);
      spoil(virtio);
      virtio.notify(0);
      expect(virtio.status).toBe(15 | 0x40);
      expect(virtio.isr() & 2).toBe(2);
      expect(virtio.device.failure).toMatch(name.startsWith('a loop') ? /^queue 0: .* loops$/ : /^queue 0: /);
      virtio.setCommon(0x14, 1, 15);
      virtio.notify(0);
      expect(virtio.status).toBe(15 | 0x40);
      virtio.start(V1);
      expect(virtio.request(0, [Uint8Array.of(1), 1]).data).toEqual([Uint8Array.of(0xfe)]);
    });
  }

  test('an indirect descriptor that was not negotiated', () => {
    const { bench: virtio } = bench();
    virtio.start(V1);
    virtio.offer(0, [1], { indirect: true });
    virtio.notify(0);
    expect(virtio.status).toBe(15 | 0x40);
  });
});

test('buffers aimed at its own registers do not make the device call itself', () => {
  const { bench: virtio, model } = bench();
  virtio.start(V1);
  virtio.ram.onWriteOutside = (address, from) => virtio.pci.memory.write(address, 1, from[0]);
  const { base } = virtio.queues[0];
  const source = virtio.alloc(16);
  for (const [i, register] of [0x3000, 0x0014, 0x3000].entries()) {
    virtio.descriptor(base, 2 * i, source, 1, 1, 2 * i + 1);
    virtio.descriptor(base, 2 * i + 1, virtio.bar + register, 1, 2, 0);
    virtio.makeAvailable(0, 2 * i);
  }
  const before = model.kicks;
  virtio.notify(0);
  expect(model.kicks).toBe(before + 1);
  expect(virtio.used(0).length).toBe(3);
  expect(virtio.status).toBe(15);
});

describe('snapshot', () => {
  test('in the middle of work: chains wait, an interrupt is up, a message is masked', () => {
    const a = bench();
    a.model.hold = true;
    a.bench.start(V1 | EVENT_IDX | INDIRECT, { vectors: true });
    a.bench.request(0, [Uint8Array.of(7), 1], { indirect: true });
    const state = structuredClone(a.bench.device.save());

    const b = bench();
    b.bench.ram.bytes.set(a.bench.ram.bytes);
    b.bench.device.load(state);
    expect(b.bench.device.save()).toEqual(state);
    expect(b.model.kicks).toBe(a.model.kicks);
    b.bench.queues.push(...a.bench.queues);
    b.bench.notify(0);
    expect(b.bench.used(0)).toEqual([{ head: 0, written: 1 }]);
    expect(b.bench.pci.messages).toEqual([{ address: 0xfee0_0000, data: 0x41 }]);
  });

  test('a pin that is up stays up', () => {
    const a = bench();
    a.bench.start(V1);
    a.bench.request(0, [1]);
    const b = bench();
    b.bench.device.load(structuredClone(a.bench.device.save()));
    expect(b.bench.pci.high()).toEqual([22]);
    expect(b.bench.isr()).toBe(1);
    expect(b.bench.pci.high()).toEqual([]);
  });

  test('a failed device stays failed', () => {
    const a = bench();
    a.bench.start(V1);
    a.model.breakDown();
    const b = bench();
    b.bench.device.load(structuredClone(a.bench.device.save()));
    expect(b.bench.status).toBe(15 | 0x40);
    expect(b.bench.device.failure).toBe('test');
  });

  test('reset is the power-on state', () => {
    const a = bench();
    const fresh = new VirtioBench(new Echo()).device;
    fresh.reset();
    a.bench.start(V1 | EVENT_IDX, { vectors: true });
    a.bench.request(0, [1]);
    a.model.kicks = 0;
    a.bench.device.reset();
    expect(a.bench.device.save()).toEqual(fresh.save());
  });
});

test('no register access and no ring makes the device throw', () => {
  const access = fc.record({
    offset: fc.oneof(
      fc.integer({ min: 0, max: 0x3f }),
      fc.integer({ min: 0, max: 0x3fff }),
      fc.constantFrom(0x3000, 0x3004, 0x1000),
    ),
    size: fc.constantFrom<AccessSize>(1, 2, 4),
    value: fc.oneof(
      fc.integer({ min: 0, max: 40 }),
      fc.constantFrom(0xffff, 0xffff_ffff, 0x1_0000),
      fc.integer({ min: 0, max: 0xffff_ffff }),
    ),
    write: fc.boolean(),
  });
  const ring = fc.array(fc.tuple(fc.integer({ min: 0, max: 0x2200 }), fc.integer({ min: 0, max: 255 })), { maxLength: 80 });
  fc.assert(
    fc.property(fc.array(access, { maxLength: 60 }), ring, (accesses, noise) => {
      const { bench: virtio } = bench();
      virtio.start(V1 | EVENT_IDX | INDIRECT);
      for (const [offset, value] of noise) virtio.ram.write8(virtio.queues[0].base + offset, value);
      virtio.notify(0);
      for (const { offset, size, value, write } of accesses) {
        if (write) virtio.pci.memory.write(0xe000_0000 + offset, size, value);
        else virtio.pci.memory.read(0xe000_0000 + offset, size);
      }
      const state = virtio.device.save();
      virtio.device.load(state);
      expect(virtio.device.save()).toEqual(state);
    }),
    { numRuns: 300 },
  );
});
