// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { Pic8259 } from './pic8259.ts';

function board() {
  const intr = new Wire();
  const pic = new Pic8259(intr);
  const out = (port: number, value: number) => block(port)[0].write(block(port)[1], 1, value);
  const inb = (port: number) => block(port)[0].read(block(port)[1], 1);
  const block = (port: number) =>
    port >= 0x4d0
      ? ([pic.elcr, port - 0x4d0] as const)
      : port >= 0xa0
        ? ([pic.slave, port - 0xa0] as const)
        : ([pic.master, port - 0x20] as const);
  const pulse = (irq: number) => {
    pic.inputs[irq].set(true);
    pic.inputs[irq].set(false);
  };
  return { intr, pic, out, inb, pulse };
}

/** As PCs do it: vectors 20h and 28h, cascade on 2, nothing masked. */
function initialised(icw4 = 0x01) {
  const b = board();
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, icw4],
    [0xa0, 0x11],
    [0xa1, 0x28],
    [0xa1, 0x02],
    [0xa1, icw4],
    [0x21, 0],
    [0xa1, 0],
  ])
    b.out(port, value);
  return b;
}

test('a request goes IRR, INTA, ISR, EOI', () => {
  const { intr, pic, out, inb, pulse } = initialised();
  pulse(4);
  expect([intr.level, inb(0x20)]).toEqual([true, 0x10]);
  expect([pic.acknowledge(), intr.level, inb(0x20)]).toEqual([0x24, false, 0]);
  out(0x20, 0x0b);
  expect(inb(0x20)).toBe(0x10);
  pulse(4);
  pulse(5);
  expect(intr.level).toBe(false);
  pulse(3);
  expect([intr.level, pic.acknowledge()]).toEqual([true, 0x23]);
  out(0x20, 0x20);
  out(0x20, 0x20);
  expect([intr.level, pic.acknowledge()]).toEqual([true, 0x24]);
});

test('masking holds a request back without losing it', () => {
  const { intr, out, inb, pulse } = initialised();
  out(0x21, 0x10);
  pulse(4);
  expect([intr.level, inb(0x21)]).toEqual([false, 0x10]);
  out(0x21, 0);
  expect(intr.level).toBe(true);
});

test('the slave interrupts through input 2; both need an EOI', () => {
  const { intr, pic, out, inb, pulse } = initialised();
  pulse(14);
  pulse(3);
  expect(pic.acknowledge()).toBe(0x2e);
  expect(intr.level).toBe(false);
  out(0xa0, 0x0b);
  out(0x20, 0x0b);
  expect([inb(0xa0), inb(0x20)]).toEqual([0x40, 0x04]);
  out(0xa0, 0x66);
  out(0x20, 0x62);
  expect([inb(0xa0), intr.level, pic.acknowledge()]).toEqual([0, true, 0x23]);
});

test('an acknowledge without a request gives the spurious vector and nothing is in service', () => {
  const { pic, out, inb } = initialised();
  expect(pic.acknowledge()).toBe(0x27);
  out(0x20, 0x0b);
  expect(inb(0x20)).toBe(0);
});

test('a slave request that vanishes gives the slave its spurious vector, with the cascade in service', () => {
  const { pic, out, inb, intr } = initialised();
  out(0x4d1, 0x02);
  out(0x21, 0xff);
  pic.inputs[9].set(true);
  // The cascade input of the master is an edge: it stays requested.
  pic.inputs[9].set(false);
  out(0x21, 0);
  expect([intr.level, pic.acknowledge()]).toEqual([true, 0x2f]);
  out(0x20, 0x0b);
  expect(inb(0x20)).toBe(0x04);
});

test('ELCR: level inputs follow their line; IRQ 0, 1, 2, 8, 13 stay edge', () => {
  const { intr, pic, out, inb } = initialised();
  out(0x4d0, 0xff);
  out(0x4d1, 0xff);
  expect([inb(0x4d0), inb(0x4d1)]).toEqual([0xf8, 0xde]);
  pic.inputs[5].set(true);
  expect(pic.acknowledge()).toBe(0x25);
  out(0x20, 0x20);
  expect(intr.level).toBe(true);
  pic.inputs[5].set(false);
  expect(intr.level).toBe(false);
});

test('an edge needs a rise: a line that stays high does not repeat, and ICW1 forgets it', () => {
  const { intr, pic, out } = initialised();
  pic.inputs[1].set(true);
  expect(pic.acknowledge()).toBe(0x21);
  out(0x20, 0x20);
  pic.inputs[1].set(true);
  expect(intr.level).toBe(false);
  pic.inputs[4].set(true);
  out(0x20, 0x11);
  expect(intr.level).toBe(false);
});

test('automatic EOI, with and without rotation', () => {
  const { intr, pic, out, inb, pulse } = initialised(0x03);
  pulse(1);
  expect([pic.acknowledge(), intr.level]).toEqual([0x21, false]);
  out(0x20, 0x0b);
  expect(inb(0x20)).toBe(0);
  out(0x20, 0x80);
  pulse(1);
  pulse(3);
  // After IRQ 1 is served it has the lowest priority.
  expect(pic.acknowledge()).toBe(0x21);
  pulse(1);
  expect([pic.acknowledge(), pic.acknowledge()]).toEqual([0x23, 0x21]);
});

test('automatic EOI on the slave: the second of two waiting requests is not lost', () => {
  const { intr, pic, pulse } = initialised(0x03);
  pulse(9);
  pulse(12);
  expect([pic.acknowledge(), pic.acknowledge(), intr.level]).toEqual([0x29, 0x2c, false]);
});

test('rotation by EOI and by set-priority', () => {
  const { pic, out, pulse } = initialised();
  out(0x20, 0xc3);
  pulse(3);
  pulse(4);
  expect(pic.acknowledge()).toBe(0x24);
  out(0x20, 0xa0);
  pulse(4);
  pulse(5);
  expect(pic.acknowledge()).toBe(0x25);
  out(0x20, 0xe5);
  expect(pic.acknowledge()).toBe(0x23);
});

test('special mask mode lets lower inputs through while one is in service', () => {
  const { intr, pic, out, pulse } = initialised();
  pulse(3);
  pic.acknowledge();
  pulse(6);
  expect(intr.level).toBe(false);
  out(0x20, 0x68);
  out(0x21, 0x08);
  expect([intr.level, pic.acknowledge()]).toEqual([true, 0x26]);
});

test('poll reads and acknowledges', () => {
  const { intr, pic, out, inb } = initialised();
  out(0x20, 0x0c);
  expect(inb(0x20)).toBe(0);
  pic.inputs[6].set(true);
  out(0x20, 0x0c);
  expect([inb(0x20), intr.level]).toEqual([0x86, false]);
  out(0x20, 0x0b);
  expect(inb(0x20)).toBe(0x40);
});

test('special fully nested: a higher slave request gets through while the slave is served', () => {
  const { pic, pulse, intr } = initialised(0x11);
  pulse(12);
  expect(pic.acknowledge()).toBe(0x2c);
  pulse(9);
  expect([intr.level, pic.acknowledge()]).toEqual([true, 0x29]);
});

test('a loaded pair continues like the saved one', () => {
  const a = initialised();
  a.out(0x4d1, 0x02);
  a.pulse(6);
  a.pic.acknowledge();
  a.pic.inputs[9].set(true);
  a.pulse(0);
  const b = board();
  b.pic.load(a.pic.save());
  expect(b.pic.save()).toEqual(a.pic.save());
  for (const { intr, pic } of [a, b]) {
    expect([intr.level, pic.acknowledge()]).toEqual([true, 0x20]);
    pic.master.write(0, 1, 0x20);
    expect([intr.level, pic.acknowledge(), intr.level]).toEqual([true, 0x29, false]);
  }
});
