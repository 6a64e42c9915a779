// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { InterruptBus, type InterruptMessage } from './interruptBus.ts';
import { IoApic } from './ioapic.ts';

class RecordingBus extends InterruptBus {
  readonly sent: InterruptMessage[] = [];
  override send(message: InterruptMessage): void {
    this.sent.push(message);
  }
}

function board() {
  const bus = new RecordingBus();
  const ioapic = new IoApic(bus);
  const read = (register: number) => {
    ioapic.registers.write(0, 4, register);
    return ioapic.registers.read(0x10, 4) >>> 0;
  };
  const write = (register: number, value: number) => {
    ioapic.registers.write(0, 4, register);
    ioapic.registers.write(0x10, 4, value);
  };
  const pin = (number: number, level: boolean) => ioapic.inputs[number].set(level);
  return { bus, ioapic, read, write, pin };
}

test('identification and reset: version 20h, 24 masked entries', () => {
  const { read, write } = board();
  expect([read(0), read(1), read(2), read(0x10), read(0x3e), read(0x40)]).toEqual([0, 0x00170020, 0, 0x10000, 0x10000, 0]);
  write(0, 0xff000000);
  expect(read(0)).toBe(0x0f000000);
  write(0x10, 0xffffffff);
  write(0x11, 0xffffffff);
  expect([read(0x10), read(0x11)]).toEqual([0x1afff, 0xff000000]);
});

test('an edge sends one message per rise; a rise while masked is lost', () => {
  const { bus, write, pin } = board();
  pin(4, true);
  pin(4, false);
  write(0x18, 0x0000_0934);
  write(0x19, 0x03000000);
  expect(bus.sent).toEqual([]);
  pin(4, true);
  pin(4, true);
  expect(bus.sent).toEqual([{ destination: 3, logical: true, deliveryMode: 1, vector: 0x34, levelTriggered: false }]);
  pin(4, false);
  pin(4, true);
  expect(bus.sent.length).toBe(2);
});

test('a level sets Remote IRR and repeats after EOI while the line is high', () => {
  const { bus, read, write, pin } = board();
  write(0x30, 0xa055);
  pin(16, true);
  expect([bus.sent.length, read(0x30)]).toEqual([1, 0xe055]);
  pin(16, false);
  pin(16, true);
  expect(bus.sent.length).toBe(1);
  bus.endOfInterrupt(0x54);
  expect(bus.sent.length).toBe(1);
  bus.endOfInterrupt(0x55);
  expect([bus.sent.length, read(0x30)]).toEqual([2, 0xe055]);
  pin(16, false);
  bus.endOfInterrupt(0x55);
  expect([bus.sent.length, read(0x30)]).toEqual([2, 0xa055]);
});

test('unmasking a level input that is high sends at once', () => {
  const { bus, write, pin } = board();
  pin(9, true);
  write(0x22, 0x8039);
  expect(bus.sent.map(({ vector, levelTriggered }) => [vector, levelTriggered])).toEqual([[0x39, true]]);
});

test('the EOI register, and switching to edge, both clear Remote IRR', () => {
  const { ioapic, bus, read, write, pin } = board();
  write(0x30, 0x8055);
  pin(16, true);
  pin(16, false);
  ioapic.registers.write(0x40, 4, 0x55);
  expect(read(0x30)).toBe(0x8055);
  pin(16, true);
  write(0x30, 0x10055);
  expect(read(0x30)).toBe(0x10055);
  write(0x30, 0x8055);
  expect(bus.sent.length).toBe(3);
});

test('a loaded I/O APIC continues like the saved one, sending nothing of its own', () => {
  const a = board();
  a.write(0x30, 0x8055);
  a.write(0x12, 0x31);
  a.pin(16, true);
  a.pin(1, true);
  const b = board();
  b.ioapic.load(a.ioapic.save());
  b.pin(16, true);
  b.pin(1, true);
  expect(b.bus.sent).toEqual([]);
  b.bus.endOfInterrupt(0x55);
  expect(b.bus.sent.map((message) => message.vector)).toEqual([0x55]);
  expect(b.ioapic.save()).toEqual(a.ioapic.save());
});
