// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtioConsole } from './console.ts';
import { featureBits } from './model.ts';
import { VirtioBench } from './testBench.ts';

const V1 = featureBits(32);
const [SIZE, MULTIPORT] = [featureBits(0), featureBits(1)];
const [DEVICE_READY, PORT_ADD, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME] = [0, 1, 3, 4, 5, 6, 7];
const [RX0, TX0, CONTROL_IN, CONTROL_OUT, RX1, TX1] = [0, 1, 2, 3, 4, 5];

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

function control(id: number, event: number, value: number): Uint8Array {
  return Uint8Array.of(id, id >>> 8, id >>> 16, id >>> 24, event, event >>> 8, value, value >>> 8);
}

function bench(features = V1 | MULTIPORT) {
  const output = ['', ''];
  const model = new VirtioConsole(
    [0, 1].map((id) => ({
      console: id === 0,
      name: id === 1 ? 'org.example.agent' : undefined,
      output: (bytes) => (output[id] += Buffer.from(bytes).toString('latin1')),
    })),
    { size: { columns: 132, rows: 43 } },
  );
  const virtio = new VirtioBench(model);
  virtio.start(features);
  const inbox: number[] = [];
  const provide = (count: number) => {
    for (let i = 0; i < count; i++) inbox.push(...virtio.offer(CONTROL_IN, [64]));
    virtio.notify(CONTROL_IN);
  };
  /** The control messages that have arrived. */
  const messages = () =>
    virtio.used(CONTROL_IN).map(({ written }) => {
      const at = inbox.shift()!;
      return {
        id: virtio.ram.read32(at),
        event: virtio.ram.read16(at + 4),
        value: virtio.ram.read16(at + 6),
        tail: virtio.ram.bytes.slice(at + 8, at + written),
      };
    });
  const say = (id: number, event: number, value: number) => virtio.request(CONTROL_OUT, [control(id, event, value)]);
  return { output, model, virtio, provide, messages, say };
}

// QEMU 7.2, virtio-serial-pci: class 078000, two vectors, queues of 128 with control queues of 32, features MULTIPORT and
// EMERG_WRITE, configuration: size, number of ports at 4.
test('identity, queues and configuration are those of QEMU', () => {
  const { virtio } = bench();
  expect([virtio.pci.read(2, 0), virtio.pci.read(2, 8), virtio.pci.read(2, 0x98)]).toEqual([0x10431af4, 0x07800001, 0x00018411]);
  const sizes = [0, 1, 2, 3, 4, 5].map((queue) => {
    virtio.setCommon(0x16, 2, queue);
    return virtio.common(0x18, 2);
  });
  expect(sizes).toEqual([128, 128, 32, 32, 128, 128]);
  expect(virtio.common(0x12, 2)).toBe(6);
  expect(virtio.offered()).toBe(featureBits(0, 1, 2, 28, 29, 32));
  expect([virtio.config(0, 2), virtio.config(2, 2), virtio.config(4, 4)]).toEqual([132, 43, 2]);
  const plain = new VirtioBench(new VirtioConsole([{ console: true, output() {} }]));
  expect(plain.offered()).toBe(featureBits(1, 2, 28, 29, 32));
});

describe('one port', () => {
  test('bytes go both ways without a control queue', () => {
    const { virtio, model, output } = bench(V1);
    virtio.request(TX0, [ascii('log'), ascii('in: ')]);
    expect(output).toEqual(['login: ', '']);
    model.input(0, ascii('root'));
    const [first] = virtio.offer(RX0, [3]);
    const [second] = virtio.offer(RX0, [8]);
    virtio.notify(RX0);
    expect(virtio.used(RX0)).toEqual([
      { head: 0, written: 3 },
      { head: 1, written: 1 },
    ]);
    expect(Buffer.from(virtio.ram.bytes.slice(first, first + 3)).toString()).toBe('roo');
    expect(virtio.ram.read8(second)).toBe('t'.charCodeAt(0));
  });

  test('a new size is a configuration change', () => {
    const { virtio, model } = bench(V1 | SIZE);
    const generation = virtio.common(0x15, 1);
    model.resize(80, 25);
    expect([virtio.config(0, 2), virtio.config(2, 2)]).toEqual([80, 25]);
    expect(virtio.common(0x15, 1)).toBe(generation + 1);
    expect(virtio.isr()).toBe(2);
  });

  test('an emergency write needs no driver', () => {
    const output: number[] = [];
    const virtio = new VirtioBench(new VirtioConsole([{ console: true, output: (bytes) => output.push(...bytes) }]));
    virtio.setConfig(8, 4, 0x21);
    expect(output).toEqual([0x21]);
  });
});

describe('several ports', () => {
  test('are added, introduced and opened', () => {
    const { provide, messages, say } = bench(V1 | MULTIPORT | SIZE);
    provide(16);
    say(0, DEVICE_READY, 1);
    expect(messages().map(({ id, event, value }) => [id, event, value])).toEqual([
      [0, PORT_ADD, 1],
      [1, PORT_ADD, 1],
    ]);
    say(0, PORT_READY, 1);
    const introduced = messages();
    expect(introduced.map(({ id, event }) => [id, event])).toEqual([
      [0, CONSOLE_PORT],
      [0, RESIZE],
      [0, PORT_OPEN],
    ]);
    expect(Array.from(introduced[1].tail)).toEqual([132, 0, 43, 0]);
    say(1, PORT_READY, 1);
    const second = messages();
    expect(second.map(({ id, event }) => [id, event])).toEqual([
      [1, PORT_NAME],
      [1, PORT_OPEN],
    ]);
    expect(Buffer.from(second[0].tail).toString()).toBe('org.example.agent\0');
  });

  test('messages wait for buffers', () => {
    const { provide, messages, say } = bench();
    say(0, DEVICE_READY, 1);
    provide(1);
    expect(messages().map(({ id }) => id)).toEqual([0]);
    provide(1);
    expect(messages().map(({ id }) => id)).toEqual([1]);
  });

  test('input waits until the guest opens the port', () => {
    const { virtio, model, output, say } = bench();
    virtio.offer(RX1, [16]);
    virtio.notify(RX1);
    model.input(1, ascii('hello'));
    expect(virtio.used(RX1)).toEqual([]);
    say(1, PORT_OPEN, 1);
    expect(virtio.used(RX1)).toEqual([{ head: 0, written: 5 }]);
    virtio.request(TX1, [ascii('hi')]);
    expect(output).toEqual(['', 'hi']);
    say(1, PORT_OPEN, 0);
    virtio.offer(RX1, [16]);
    model.input(1, ascii('x'));
    expect(virtio.used(RX1)).toEqual([]);
  });

  test('an open console port is told of a new size', () => {
    const { model, provide, messages, say } = bench(V1 | MULTIPORT | SIZE);
    provide(4);
    say(0, PORT_OPEN, 1);
    model.resize(80, 25);
    const [message] = messages();
    expect([message.id, message.event, Array.from(message.tail)]).toEqual([0, RESIZE, [80, 0, 25, 0]]);
  });

  test('nonsense is ignored', () => {
    const { virtio, messages, provide, say } = bench();
    provide(4);
    say(7, PORT_READY, 1);
    say(0xffff_ffff, PORT_OPEN, 1);
    say(0, DEVICE_READY, 0);
    say(0, 999, 1);
    virtio.request(CONTROL_OUT, [Uint8Array.of(1, 2, 3)]);
    expect(messages()).toEqual([]);
    expect(virtio.status).toBe(15);
  });
});

test('an absurd amount of output in one chain needs a reset', () => {
  const { virtio } = bench(V1);
  virtio.descriptor(virtio.queues[TX0].base, 0, 0, 0xf000_0000, 0, 0);
  virtio.makeAvailable(TX0, 0);
  virtio.notify(TX0);
  expect(virtio.status).toBe(15 | 0x40);
});

test('what waits survives a snapshot', () => {
  const a = bench();
  a.say(0, DEVICE_READY, 1);
  a.say(1, PORT_OPEN, 1);
  a.model.input(1, ascii('abc'));
  a.model.resize(90, 30);
  const b = bench();
  b.virtio.device.load(structuredClone(a.virtio.device.save()));
  expect(b.virtio.device.save()).toEqual(a.virtio.device.save());
  b.provide(4);
  expect(b.messages().map(({ id, event }) => [id, event])).toEqual([
    [0, PORT_ADD],
    [1, PORT_ADD],
  ]);
  b.virtio.offer(RX1, [16]);
  b.virtio.notify(RX1);
  expect(b.virtio.used(RX1)).toEqual([{ head: 0, written: 3 }]);
  expect(b.virtio.config(0, 2)).toBe(90);
});

test('random control traffic, input and sizes never throw', () => {
  const step = fc.oneof(
    fc.record({ say: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2 })) }),
    fc.record({
      queue: fc.integer({ min: 0, max: 5 }),
      buffers: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ input: fc.integer({ min: 0, max: 1 }), bytes: fc.uint8Array({ maxLength: 100 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { virtio, model, say } = bench(V1 | MULTIPORT | SIZE);
      for (const action of steps) {
        if ('say' in action) say(...action.say);
        else if ('queue' in action)
          virtio.request(action.queue, action.queue & 1 ? action.buffers.map((n) => new Uint8Array(n)) : action.buffers);
        else model.input(action.input, action.bytes);
      }
      expect(virtio.status).toBe(15);
    }),
  );
});
