// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { Uart16550 } from './uart16550.ts';

const [RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7];

function board() {
  const clock = new VirtualClock();
  const edges: boolean[] = [];
  const irq = new Wire((level) => edges.push(level));
  const sent: number[] = [];
  const uart = new Uart16550('serial0', clock, irq, (byte) => sent.push(byte));
  const read = (port: number) => uart.registers.read(port, 1);
  const write = (port: number, value: number) => uart.registers.write(port, 1, value);
  return { clock, irq, edges, sent, uart, read, write };
}

/** 115200 8N1: ten bits take 86,806 ns. */
function at115200() {
  const b = board();
  b.write(LCR, 0x80);
  b.write(0, 1);
  b.write(1, 0);
  b.write(LCR, 0x03);
  return b;
}

test('after reset: no interrupt, transmitter empty, peer present', () => {
  const { read } = board();
  expect([read(IER), read(IIR), read(LCR), read(LSR), read(MSR)]).toEqual([0, 0x01, 0, 0x60, 0xb0]);
});

test('scratch and divisor latch hold what is written; DLAB switches ports 0 and 1', () => {
  const { read, write } = board();
  write(SCR, 0x5a);
  write(LCR, 0x80);
  write(0, 0x34);
  write(1, 0x12);
  expect([read(0), read(1)]).toEqual([0x34, 0x12]);
  write(LCR, 0x03);
  expect([read(IER), read(SCR), read(LCR)]).toEqual([0, 0x5a, 0x03]);
});

test('IER keeps four bits, which drivers probe for', () => {
  const { read, write } = board();
  write(IER, 0xff);
  expect(read(IER)).toBe(0x0f);
});

test('transmission and the THR-empty interrupt', () => {
  const { read, write, irq, edges, sent } = at115200();
  write(RBR, 0x41);
  expect([sent, irq.level]).toEqual([[0x41], false]);
  write(IER, 0x02);
  expect([irq.level, read(IIR), irq.level, read(IIR)]).toEqual([true, 0x02, false, 0x01]);
  write(RBR, 0x42);
  expect([irq.level, read(LSR)]).toEqual([true, 0x60]);
  edges.length = 0;
  write(RBR, 0x43);
  expect(edges).toEqual([false, true]);
  expect(sent).toEqual([0x41, 0x42, 0x43]);
});

test('a character arrives after one character time, never sooner', () => {
  const { clock, uart, read, write, irq } = at115200();
  write(IER, 0x01);
  uart.receive(Uint8Array.of(0x61, 0x62));
  clock.advanceTo(86_805);
  expect(read(LSR) & 1).toBe(0);
  clock.advanceTo(86_806);
  expect([read(LSR) & 1, irq.level, read(IIR)]).toEqual([1, true, 0x04]);
  clock.advanceTo(1_000_000);
  // Without FIFO the second waits until the first is read.
  expect([read(RBR), irq.level, read(LSR)]).toEqual([0x61, false, 0x60]);
  clock.advanceTo(1_086_806);
  expect([read(RBR), uart.receivedAll]).toEqual([0x62, true]);
});

test('FIFO: interrupt at the trigger level, time-out four characters after the last, IIR shows FIFOs', () => {
  const { clock, uart, read, write, irq } = at115200();
  write(IIR, 0x41);
  write(IER, 0x01);
  expect(read(IIR)).toBe(0xc1);
  uart.receive(Uint8Array.of(1, 2, 3, 4));
  clock.advanceTo(3 * 86_806);
  expect(irq.level).toBe(false);
  clock.advanceTo(4 * 86_806);
  expect([irq.level, read(IIR)]).toEqual([true, 0xc4]);
  expect(read(RBR)).toBe(1);
  expect(irq.level).toBe(false);
  clock.advanceTo(8 * 86_806 - 1);
  expect(irq.level).toBe(false);
  clock.advanceTo(8 * 86_806);
  expect([irq.level, read(IIR)]).toEqual([true, 0xcc]);
  expect([read(RBR), irq.level]).toEqual([2, false]);
  expect([read(RBR), read(RBR), read(LSR)]).toEqual([3, 4, 0x60]);
});

test('a full FIFO holds the peer back: sixteen at a time, none lost', () => {
  const { clock, uart, read, write } = at115200();
  write(IIR, 0xc1);
  uart.receive(Uint8Array.from({ length: 40 }, (_, index) => index));
  const seen: number[] = [];
  for (let round = 0; round < 10; round++) {
    clock.advanceTo(clock.now() + 100 * 86_806);
    let taken = 0;
    while (read(LSR) & 1) {
      seen.push(read(RBR));
      taken++;
    }
    if (round === 0) expect(taken).toBe(16);
  }
  expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index));
});

test('loopback: data comes back, modem outputs appear as inputs, overrun is a line status interrupt', () => {
  const { read, write, sent, irq } = at115200();
  write(MCR, 0x1a);
  expect(read(MSR) & 0xf0).toBe(0x90);
  write(IER, 0x04);
  write(RBR, 0x55);
  expect([read(LSR), irq.level]).toEqual([0x61, false]);
  write(RBR, 0xaa);
  expect([irq.level, read(IIR), read(LSR), read(IIR), irq.level]).toEqual([true, 0x06, 0x63, 0x01, false]);
  expect([read(RBR), sent]).toEqual([0xaa, []]);
});

test('modem status: deltas, the trailing edge of RI, and their interrupt', () => {
  const { read, write, irq } = board();
  write(MCR, 0x14);
  expect(read(MSR)).toBe(0x40 | 0x0b);
  expect(read(MSR)).toBe(0x40);
  write(IER, 0x08);
  write(MCR, 0x10);
  expect([irq.level, read(IIR), read(MSR), irq.level]).toEqual([true, 0x00, 0x04, false]);
});

test('FCR clears the receive FIFO', () => {
  const { clock, uart, read, write } = at115200();
  write(IIR, 0x01);
  uart.receive(Uint8Array.of(1, 2));
  clock.advanceTo(1e6);
  write(IIR, 0x03);
  expect([read(LSR), read(RBR)]).toEqual([0x60, 0]);
  clock.advanceTo(2e6);
  expect(read(IIR)).toBe(0xc1);
});

test('a loaded port continues like the saved one', () => {
  const a = at115200();
  a.write(IIR, 0x81);
  a.write(IER, 0x03);
  a.uart.receive(Uint8Array.of(9, 8, 7, 6));
  a.clock.advanceTo(200_000);
  const b = board();
  b.clock.setNow(200_000);
  b.uart.load(a.uart.save());
  for (const side of [a, b]) side.clock.advanceTo(900_000);
  const observe = ({ read, irq }: typeof a) => [irq.level, read(IIR), read(RBR), read(RBR), read(LSR), read(IIR), irq.level];
  const expected = observe(a);
  expect(expected[1]).toBe(0xcc);
  expect(observe(b)).toEqual(expected);
});
