// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { Rtc } from './rtc.ts';

/** Monday, 23 November 2026, 06:57:19 UTC. */
const EPOCH = Date.UTC(2026, 10, 23, 6, 57, 19) / 1000;

function board(options = {}) {
  const clock = new VirtualClock();
  const edges: number[] = [];
  const irq = new Wire((level) => level && edges.push(clock.now()));
  const rtc = new Rtc(clock, irq, { epochSeconds: EPOCH, memoryBelow4G: 512 * 2 ** 20, memoryAbove4G: 0, cpus: 2, ...options });
  const read = (index: number) => {
    rtc.registers.write(0, 1, index);
    return rtc.registers.read(1, 1);
  };
  const write = (index: number, value: number) => {
    rtc.registers.write(0, 1, index);
    rtc.registers.write(1, 1, value);
  };
  const time = () => [9, 8, 7, 4, 2, 0].map((index) => read(index).toString(16).padStart(2, '0')).join(' ');
  return { clock, edges, irq, rtc, read, write, time };
}

test('power-on: what QEMU 7.2 shows with -M q35 -m 512 -smp 2 at that time', () => {
  const { read, rtc } = board();
  const nonZero = Array.from({ length: 128 }, (_, index) => [index, read(index)]).filter(([, value]) => value !== 0);
  expect(Object.fromEntries(nonZero)).toEqual({
    0: 0x19,
    2: 0x57,
    4: 0x06,
    6: 0x02,
    7: 0x23,
    8: 0x11,
    9: 0x26,
    10: 0x26,
    11: 0x02,
    13: 0x80,
    20: 0x06,
    21: 0x80,
    22: 0x02,
    23: 0xff,
    24: 0xff,
    48: 0xff,
    49: 0xff,
    50: 0x20,
    53: 0x1f,
    55: 0x20,
    56: 0x30,
    61: 0x12,
    95: 0x01,
  });
  expect(rtc.registers.read(0, 1)).toBe(0xff);
});

test('memory above 4 GiB in 64 KiB units', () => {
  const { read } = board({ memoryBelow4G: 2 ** 31, memoryAbove4G: 0x12_3456_0000 });
  expect([0x5b, 0x5c, 0x5d].map(read)).toEqual([0x56, 0x34, 0x12]);
  expect([0x34, 0x35].map(read)).toEqual([0x00, 0x7f]);
});

test('time passes with virtual time, over the end of the year', () => {
  const { clock, time } = board({ epochSeconds: Date.UTC(1999, 11, 31, 23, 59, 58) / 1000 });
  clock.advanceTo(1_999_999_999);
  expect(time()).toBe('99 12 31 23 59 59');
  clock.advanceTo(2_000_000_000);
  expect(time()).toBe('00 01 01 00 00 00');
});

test('binary and 12-hour formats', () => {
  const { read, write } = board({ epochSeconds: Date.UTC(2026, 6, 30, 12, 34, 56) / 1000 });
  expect([read(4), read(2)]).toEqual([0x12, 0x34]);
  write(0x0b, 0x06);
  expect([read(4), read(2), read(0), read(7)]).toEqual([12, 34, 56, 30]);
  write(0x0b, 0x00);
  expect(read(4)).toBe(0x92);
});

test('setting the clock under SET, and letting it run again', () => {
  const { clock, read, write, time } = board();
  clock.advanceTo(300_000_000);
  write(0x0b, 0x82);
  for (const [index, value] of [
    [0, 0x59],
    [2, 0x59],
    [4, 0x23],
    [7, 0x28],
    [8, 0x02],
    [9, 0x24],
    [0x32, 0x20],
  ])
    write(index, value);
  clock.advanceTo(5_000_000_000);
  expect(time()).toBe('24 02 28 23 59 59');
  write(0x0b, 0x02);
  clock.advanceTo(6_000_000_000);
  expect([time(), read(6)]).toEqual(['24 02 29 00 00 00', 5]);
});

test('after a divider reset the first update comes half a second later', () => {
  const { clock, write, time } = board();
  write(0x0a, 0x70);
  clock.advanceTo(10_000_000_123);
  expect(time()).toBe('26 11 23 06 57 19');
  write(0x0a, 0x26);
  clock.advanceTo(10_500_000_122);
  expect(time()).toBe('26 11 23 06 57 19');
  clock.advanceTo(10_500_000_123);
  expect(time()).toBe('26 11 23 06 57 20');
});

test('UIP warns 244 us before each update', () => {
  const { clock, read } = board();
  clock.advanceTo(999_755_999);
  expect(read(0x0a)).toBe(0x26);
  clock.advanceTo(999_756_000);
  expect(read(0x0a)).toBe(0xa6);
  clock.advanceTo(1_000_000_000);
  expect(read(0x0a)).toBe(0x26);
});

test('update-ended interrupt every second; reading C clears it', () => {
  const { clock, irq, edges, read, write } = board();
  write(0x0b, 0x12);
  clock.advanceTo(1_000_000_000);
  expect([irq.level, read(0x0c) & ~0x40, irq.level, read(0x0c)]).toEqual([true, 0x90, false, 0]);
  clock.advanceTo(2_000_000_000);
  clock.advanceTo(3_000_000_000);
  expect(edges).toEqual([1e9, 2e9]);
  // SET withdraws it.
  write(0x0b, 0x92);
  expect(read(0x0b)).toBe(0x82);
});

test('the alarm, exact and with do-not-care bytes', () => {
  const { clock, edges, irq, read, write } = board();
  write(1, 0x00);
  write(3, 0x58);
  write(5, 0x06);
  write(0x0b, 0x22);
  clock.advanceTo(100e9);
  expect([irq.level, edges]).toEqual([true, [41e9]]);
  expect(read(0x0c) & 0xa0).toBe(0xa0);
  write(1, 0x05);
  write(3, 0xc0);
  write(5, 0xff);
  clock.advanceTo(120e9);
  read(0x0c);
  clock.advanceTo(180e9);
  expect(edges).toEqual([41e9, 106e9, 166e9]);
});

test('the periodic interrupt: 1024 Hz exactly, and the flag without the interrupt', () => {
  const { clock, edges, irq, read, write } = board();
  write(0x0b, 0x42);
  let interrupts = 0;
  while (clock.now() < 1_000_000_000) {
    clock.advanceTo(clock.nextDeadline());
    if (irq.level) interrupts++;
    read(0x0c);
  }
  expect(interrupts).toBe(1024);
  expect(edges[1]).toBe(1953125);
  write(0x0b, 0x02);
  write(0x0a, 0x2f);
  read(0x0c);
  clock.advanceTo(1_400_000_000);
  expect(read(0x0c) & 0x40).toBe(0);
  clock.advanceTo(1_500_000_000);
  expect(read(0x0c) & 0x40).toBe(0x40);
});

test('a loaded clock continues like the saved one', () => {
  const a = board();
  a.write(0x0b, 0x52);
  a.write(0x0a, 0x2a);
  a.write(0x40, 0x77);
  a.clock.advanceTo(1_234_567_890);
  const b = board({ epochSeconds: 0, cpus: 9 });
  b.clock.setNow(a.clock.now());
  b.rtc.load(a.rtc.save());
  a.edges.length = b.edges.length = 0;
  for (const side of [a, b]) {
    side.read(0x0c);
    side.clock.advanceTo(2_300_000_000);
  }
  expect(b.edges).toEqual(a.edges);
  expect(b.edges.length).toBe(1);
  expect([b.time(), b.read(0x40), b.read(0x5f), b.read(0x0c)]).toEqual([a.time(), 0x77, 1, a.read(0x0c)]);
});

test('whatever the guest writes to the time registers, the clock runs on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(0, 2, 4, 6, 7, 8, 9, 0x32, 0x0a, 0x0b), fc.integer({ min: 0, max: 255 }))),
      (writes) => {
        const { clock, read, write } = board();
        for (const [index, value] of writes) {
          write(index, value);
          clock.advanceTo(clock.now() + 700_000_000);
        }
        for (let index = 0; index < 128; index++) expect(Number.isInteger(read(index))).toBe(true);
      },
    ),
  );
});
