// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { timeOfTick } from '../bus/ticks.ts';
import { VirtualClock } from '../bus/timers.ts';
import { Pit8254 } from './pit8254.ts';

const HZ = 1193182;

function board() {
  const clock = new VirtualClock();
  const edges: [number, boolean][] = [];
  const irq = new Wire((level) => edges.push([clock.now(), level]));
  const pit = new Pit8254(clock, irq);
  const out = (port: number, value: number) => pit.registers.write(port - 0x40, 1, value);
  const inb = (port: number) => pit.registers.read(port - 0x40, 1);
  const inw = (port: number) => inb(port) | (inb(port) << 8);
  const load = (counter: number, control: number, count: number) => {
    out(0x43, (counter << 6) | control);
    out(0x40 + counter, count & 0xff);
    out(0x40 + counter, count >> 8);
  };
  /** Moves time to where `ticks` ticks have passed since power-on. */
  const at = (ticks: number) => clock.advanceTo(timeOfTick(ticks, HZ));
  const status = (counter: number) => {
    out(0x43, 0xe0 | (2 << counter));
    return inb(0x40 + counter);
  };
  const latched = (counter: number) => {
    out(0x43, counter << 6);
    return inw(0x40 + counter);
  };
  const port61 = () => pit.speakerPort.read(0, 1);
  const gate2 = (on: number) => pit.speakerPort.write(0, 1, on);
  return { clock, edges, irq, pit, out, inb, inw, load, at, status, latched, port61, gate2 };
}

test('mode 2 gives IRQ 0 at exactly 1193182 / count per second, without drift', () => {
  const { clock, edges, load } = board();
  load(0, 0x34, 11932);
  edges.length = 0;
  clock.advanceTo(10e9);
  const rises = edges.filter(([, level]) => level).map(([time]) => time);
  // The count is loaded with tick 1; each period ends with a one-tick low pulse.
  expect(rises.length).toBe(Math.floor((10 * HZ - 1) / 11932));
  expect(rises[998]).toBe(timeOfTick(1 + 999 * 11932, HZ));
  const falls = edges.filter(([, level]) => !level).map(([time]) => time);
  expect(falls[998]).toBe(timeOfTick(999 * 11932, HZ));
});

test('mode 0: output low until terminal count, then the counter wraps on', () => {
  const { edges, irq, load, at, latched } = board();
  at(10);
  load(0, 0x30, 100);
  expect(irq.level).toBe(false);
  at(11);
  expect(latched(0)).toBe(100);
  at(61);
  expect(latched(0)).toBe(50);
  at(110);
  expect(irq.level).toBe(false);
  at(111);
  expect(irq.level).toBe(true);
  at(112);
  expect(latched(0)).toBe(0xffff);
  expect(edges.at(-1)).toEqual([timeOfTick(111, HZ), true]);
});

test('mode 3: a square wave, high for the longer half', () => {
  const { edges, load, at } = board();
  load(0, 0x36, 5);
  edges.length = 0;
  at(11);
  expect(edges).toEqual([
    [timeOfTick(4, HZ), false],
    [timeOfTick(6, HZ), true],
    [timeOfTick(9, HZ), false],
    [timeOfTick(11, HZ), true],
  ]);
});

test('mode 4: a one-tick strobe, once', () => {
  const { edges, load, at } = board();
  load(0, 0x38, 20);
  edges.length = 0;
  at(1000);
  expect(edges).toEqual([
    [timeOfTick(21, HZ), false],
    [timeOfTick(22, HZ), true],
  ]);
});

test('modes 1 and 5 wait for the gate, and a new rise starts them over', () => {
  const { load, at, port61, gate2 } = board();
  const out2 = () => (port61() >> 5) & 1;
  load(2, 0x32, 10);
  at(50);
  expect(out2()).toBe(1);
  gate2(1);
  at(51);
  expect(out2()).toBe(0);
  at(56);
  gate2(0);
  gate2(1);
  at(66);
  expect(out2()).toBe(0);
  at(67);
  expect(out2()).toBe(1);
  gate2(0);
  load(2, 0x3a, 10);
  gate2(1);
  at(77);
  expect(out2()).toBe(1);
  at(78);
  expect(out2()).toBe(0);
  at(79);
  expect(out2()).toBe(1);
});

test('a low gate suspends mode 0 and keeps mode 3 high', () => {
  const { load, at, latched, port61, gate2 } = board();
  gate2(1);
  load(2, 0x30, 100);
  at(31);
  gate2(0);
  at(500);
  expect(latched(2)).toBe(70);
  gate2(1);
  at(510);
  expect(latched(2)).toBe(60);
  load(2, 0x36, 4);
  gate2(0);
  for (let tick = 520; tick < 530; tick++) {
    at(tick);
    expect(port61() & 0x20).toBe(0x20);
  }
});

test('a count just written reads as written, before the clock has loaded it', () => {
  const { load, inw, gate2 } = board();
  gate2(1);
  load(2, 0x30, 0xffff);
  expect(inw(0x42)).toBe(0xffff);
});

test('port 61h measures: gate on, wait for OUT2, as delay loops and TSC calibration do', () => {
  const { clock, load, port61, gate2 } = board();
  gate2(0);
  load(2, 0xb0, 59659);
  const start = clock.now();
  gate2(1);
  while (!(port61() & 0x20)) clock.setNow(clock.now() + 1000);
  expect(clock.now() - start).toBeGreaterThanOrEqual(49_999_000);
  expect(clock.now() - start).toBeLessThan(50_003_000);
});

test('in modes 2 and 3 a new count takes effect at the end of the period', () => {
  const { out, load, at, latched } = board();
  load(0, 0x34, 1000);
  at(501);
  out(0x40, 50);
  out(0x40, 0);
  at(601);
  expect(latched(0)).toBe(400);
  at(1001);
  expect(latched(0)).toBe(50);
  at(1011);
  expect(latched(0)).toBe(40);
});

test('the latch holds until both bytes are read; without it the bytes alternate', () => {
  const { out, inb, load, at } = board();
  load(0, 0x34, 0x1234);
  at(1);
  out(0x43, 0x00);
  at(500);
  out(0x43, 0x00);
  expect([inb(0x40), inb(0x40)]).toEqual([0x34, 0x12]);
  at(501);
  const expected = 0x1234 - 500;
  expect([inb(0x40), inb(0x40)]).toEqual([expected & 0xff, expected >> 8]);
});

test('single-byte access writes and reads one half', () => {
  const { out, inb, at } = board();
  out(0x43, 0x54);
  out(0x41, 18);
  at(3);
  expect([inb(0x41), inb(0x41)]).toEqual([16, 16]);
  out(0x43, 0x64);
  out(0x41, 2);
  at(4);
  expect(inb(0x41)).toBe(0x02);
});

test('read-back gives status before count: OUT, null count, access, mode, BCD', () => {
  const { out, inb, inw, load, at, status } = board();
  out(0x43, 0x30);
  expect(status(0)).toBe(0x70);
  load(0, 0x35, 0x0100);
  expect(status(0)).toBe(0xf5);
  at(1);
  expect(status(0)).toBe(0xb5);
  out(0x43, 0xc2);
  expect([inb(0x40), inw(0x40)]).toEqual([0xb5, 0x0100]);
  load(2, 0x0e | 0x30, 8);
  // Modes 6 and 7 are 2 and 3.
  expect(status(2) & 0x0e).toBe(0x06);
});

test('BCD counts in decimal, 0 standing for 10000', () => {
  const { load, at, latched } = board();
  load(0, 0x31, 0x1000);
  at(2);
  expect(latched(0)).toBe(0x0999);
  load(0, 0x31, 0);
  at(4);
  expect(latched(0)).toBe(0x9999);
});

test('many periods passed at once still show an edge', () => {
  const { clock, edges, load } = board();
  load(0, 0x34, 10);
  clock.fire(1_000_000);
  expect(edges.filter(([, level]) => level).length).toBeGreaterThan(0);
  const next = clock.nextDeadline();
  expect(next).toBeGreaterThan(1_000_000);
  expect(next).toBeLessThan(1_010_000);
});

test('a loaded timer continues like the saved one', () => {
  const a = board();
  a.load(0, 0x36, 1193);
  a.gate2(3);
  a.load(2, 0xb6, 400);
  a.at(5000);
  a.out(0x43, 0x80);
  a.inb(0x42);
  const b = board();
  b.clock.setNow(a.clock.now());
  b.pit.load(a.pit.save());
  expect(b.irq.level).toBe(a.irq.level);
  a.edges.length = b.edges.length = 0;
  for (const side of [a, b]) side.at(9000);
  expect(b.edges).toEqual(a.edges);
  expect(a.edges.length).toBeGreaterThan(5);
  for (const _ of [1, 2, 3]) expect(b.inb(0x42)).toBe(a.inb(0x42));
  expect([b.latched(0), b.port61(), b.status(2)]).toEqual([a.latched(0), a.port61(), a.status(2)]);
});
