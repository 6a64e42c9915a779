// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { Hpet } from './hpet.ts';

const [CONFIG, STATUS, COUNTER] = [0x10, 0x20, 0xf0];
const [ENABLE, LEVEL, PERIODIC, VALUE_SET, BITS32] = [0x4, 0x2, 0x8, 0x40, 0x100];
const route = (gsi: number) => gsi << 9;

function board() {
  const clock = new VirtualClock();
  const rises: [number, number][] = [];
  const lines = Array.from({ length: 24 }, (_, gsi) => new Wire((level) => level && rises.push([gsi, clock.now()])));
  const hpet = new Hpet(clock, lines);
  const read = (offset: number) => hpet.registers.read(offset, 4) >>> 0;
  const write = (offset: number, value: number) => hpet.registers.write(offset, 4, value);
  const timer = (index: number) => ({ config: 0x100 + 0x20 * index, comparator: 0x108 + 0x20 * index });
  return { clock, rises, lines, hpet, read, write, timer };
}

test('after reset: what QEMU 7.2 shows on q35', () => {
  const { read } = board();
  expect([0, 4, 0x10, 0x20, 0x100, 0x104, 0x108, 0x10c, 0x110, 0x120, 0x124, 0x144].map(read)).toEqual([
    0x8086a201, 0x00989680, 0, 0, 0x30, 0x00ff0104, 0xffffffff, 0xffffffff, 0, 0x30, 0x00ff0104, 0x00ff0104,
  ]);
});

test('the counter counts 10 ns while enabled, keeps its value while not, and can be set', () => {
  const { clock, read, write } = board();
  clock.advanceTo(1000);
  expect(read(COUNTER)).toBe(0);
  write(COUNTER, 0xfffffff0);
  write(COUNTER + 4, 1);
  write(CONFIG, 1);
  clock.advanceTo(1209);
  expect([read(COUNTER), read(COUNTER + 4)]).toEqual([4, 2]);
  write(CONFIG, 0);
  clock.advanceTo(5000);
  expect([read(COUNTER), read(COUNTER + 4)]).toEqual([4, 2]);
});

test('one-shot edge: one pulse at the match', () => {
  const { clock, rises, lines, read, write, timer } = board();
  write(CONFIG, 1);
  write(timer(2).config, ENABLE | route(20));
  write(timer(2).comparator, 500);
  write(timer(2).comparator + 4, 0);
  clock.advanceTo(1e6);
  expect([rises, lines[20].level, read(STATUS)]).toEqual([[[20, 5000]], false, 0]);
});

test('a one-shot timer whose interrupt is disabled waits for nothing, and goes off once it is enabled, as late as that is', () => {
  const { clock, rises, write, timer } = board();
  write(CONFIG, 1);
  clock.advanceTo(1000);
  write(timer(2).comparator, 20);
  write(timer(2).comparator + 4, 0);
  expect(clock.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  clock.advanceTo(2000);
  write(timer(2).config, ENABLE | route(20));
  clock.advanceTo(1e6);
  expect(rises).toEqual([[20, 2010]]);
});

test('level: the line stays high until its status bit is written', () => {
  const { clock, lines, read, write, timer } = board();
  write(CONFIG, 1);
  write(timer(1).config, ENABLE | LEVEL | route(16) | BITS32);
  write(timer(1).comparator, 100);
  clock.advanceTo(1000);
  expect([lines[16].level, read(STATUS)]).toEqual([true, 2]);
  write(STATUS, 1);
  expect(lines[16].level).toBe(true);
  write(STATUS, 2);
  expect([lines[16].level, read(STATUS)]).toEqual([false, 0]);
});

test('periodic with value-set: first match, then the period, in legacy replacement on IRQ 0', () => {
  const { clock, rises, read, write, timer } = board();
  write(timer(0).config, ENABLE | PERIODIC | VALUE_SET | BITS32);
  write(timer(0).comparator, 1000);
  write(timer(0).comparator, 300);
  expect(read(timer(0).config) & VALUE_SET).toBe(0);
  write(CONFIG, 3);
  clock.advanceTo(20_000);
  expect(rises).toEqual([
    [0, 10_000],
    [0, 13_000],
    [0, 16_000],
    [0, 19_000],
  ]);
  expect(read(timer(0).comparator)).toBe(2200);
});

test('a 64-bit comparator write under value-set sets both halves', () => {
  const { read, write, timer } = board();
  write(timer(0).config, PERIODIC | VALUE_SET);
  write(timer(0).comparator, 5);
  write(timer(0).comparator + 4, 1);
  write(timer(0).comparator, 7);
  write(timer(0).comparator + 4, 0);
  expect([read(timer(0).comparator), read(timer(0).comparator + 4)]).toEqual([5, 1]);
});

test('a comparator in the past goes off at once, missed periods are one interrupt', () => {
  const { clock, rises, write, timer } = board();
  write(CONFIG, 1);
  clock.advanceTo(10_000);
  write(timer(0).config, ENABLE | BITS32 | route(2));
  write(timer(0).comparator, 5);
  clock.advanceTo(10_010);
  expect(rises).toEqual([[2, 10_010]]);
  write(timer(1).config, ENABLE | PERIODIC | VALUE_SET | BITS32 | route(8));
  write(timer(1).comparator, 2000);
  write(timer(1).comparator, 1);
  clock.fire(1_000_000);
  expect(rises.filter(([gsi]) => gsi === 8).length).toBe(1);
  expect(clock.nextDeadline()).toBe(1_000_010);
});

test('legacy replacement takes IRQ 0 and 8 from the timer and the clock, and gives them back', () => {
  const { hpet, lines, write } = board();
  hpet.pitInput.set(true);
  hpet.rtcInput.set(true);
  expect([lines[0].level, lines[8].level]).toEqual([true, true]);
  write(CONFIG, 2);
  expect([lines[0].level, lines[8].level]).toEqual([false, false]);
  hpet.pitInput.set(false);
  hpet.pitInput.set(true);
  expect(lines[0].level).toBe(false);
  write(CONFIG, 0);
  expect([lines[0].level, lines[8].level]).toEqual([true, true]);
});

test('a loaded block continues like the saved one', () => {
  const a = board();
  a.write(a.timer(0).config, ENABLE | PERIODIC | VALUE_SET);
  a.write(a.timer(0).comparator, 1000);
  a.write(a.timer(0).comparator + 4, 0);
  a.write(a.timer(0).comparator, 300);
  a.write(a.timer(1).config, ENABLE | LEVEL | route(17));
  a.write(a.timer(1).comparator, 50);
  a.write(a.timer(1).comparator + 4, 0);
  a.write(CONFIG, 1);
  a.clock.advanceTo(11_111);
  const b = board();
  b.clock.setNow(11_111);
  b.hpet.load(a.hpet.save());
  expect(b.lines[17].level).toBe(true);
  a.rises.length = b.rises.length = 0;
  for (const side of [a, b]) side.clock.advanceTo(50_000);
  expect(b.rises).toEqual(a.rises);
  expect(a.rises.length).toBe(13);
  expect([b.read(COUNTER), b.read(STATUS)]).toEqual([5000, 2]);
});
