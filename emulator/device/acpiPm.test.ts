// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { timeOfTick } from '../bus/ticks.ts';
import { VirtualClock } from '../bus/timers.ts';
import { AcpiPm } from './acpiPm.ts';

function board() {
  const clock = new VirtualClock();
  const sci = new Wire();
  const counts = { powerOffs: 0 };
  const pm = new AcpiPm(clock, sci, () => counts.powerOffs++);
  const { read, write } = pm.registers;
  return { clock, sci, counts, pm, read, write };
}

test('the PM timer counts 3.579545 MHz in 24 bits', () => {
  const { clock, read } = board();
  clock.advanceTo(1e9);
  expect(read(8, 4)).toBe(3579545);
  clock.advanceTo(5e9);
  expect(read(8, 4)).toBe(17897725 - 2 ** 24);
  expect(read(8, 1) | (read(9, 1) << 8) | (read(10, 2) << 16)).toBe(17897725 - 2 ** 24);
});

test('TMR_STS at each change of bit 23, with its interrupt', () => {
  const { clock, sci, read, write } = board();
  const half = timeOfTick(0x800000, 3579545);
  clock.advanceTo(half - 1);
  expect(read(0, 2)).toBe(0);
  clock.advanceTo(half);
  expect([read(0, 2), sci.level]).toEqual([1, false]);
  write(0, 2, 1);
  write(2, 2, 1);
  expect([read(0, 2), sci.level]).toEqual([0, false]);
  clock.advanceTo(timeOfTick(0x1000000, 3579545));
  expect([sci.level, read(0, 2)]).toEqual([true, 1]);
  write(0, 2, 1);
  expect(sci.level).toBe(false);
});

test('ACPI mode is switched through port B2h', () => {
  const { pm, read } = board();
  expect(read(4, 2)).toBe(0);
  pm.apm.write(0, 1, 2);
  expect([read(4, 2), pm.apm.read(0, 1)]).toEqual([1, 2]);
  pm.apm.write(0, 1, 3);
  pm.apm.write(1, 1, 0x5a);
  expect([read(4, 2), pm.apm.read(1, 1)]).toEqual([0, 0x5a]);
});

test('S5 turns the machine off, whether written as a word or as bytes; other types do not', () => {
  const { counts, read, write } = board();
  write(4, 2, 0x0001 | (1 << 10) | 0x2000);
  write(4, 2, 0x0001);
  expect([counts.powerOffs, read(4, 2)]).toEqual([0, 1]);
  write(4, 2, 0x2001);
  expect([counts.powerOffs, read(4, 2)]).toEqual([1, 1]);
  write(5, 1, 0x20);
  expect(counts.powerOffs).toBe(2);
});

test('the power button is an event when enabled', () => {
  const { pm, sci, read, write } = board();
  pm.pressPowerButton();
  expect(read(0, 2)).toBe(0);
  write(2, 2, 0x0120);
  pm.pressPowerButton();
  expect([read(0, 2), sci.level]).toEqual([0x0100, true]);
  write(0, 2, 0x0100);
  expect([read(0, 2), sci.level]).toEqual([0, false]);
});

test('enables and SMI_EN hold what is written, GPE status only clears', () => {
  const { read, write } = board();
  write(0x28, 4, 0x12345678);
  write(0x20, 4, 0xffffffff);
  write(0x30, 4, 0x80000023);
  write(2, 2, 0x0721);
  expect([read(0x28, 4), read(0x20, 4), read(0x30, 4), read(2, 2)]).toEqual([0x12345678, 0, 0x80000023, 0x0721]);
});

test('a loaded block continues like the saved one', () => {
  const a = board();
  a.write(2, 2, 0x0101);
  a.pm.apm.write(0, 1, 2);
  a.clock.advanceTo(2e9);
  const b = board();
  b.clock.setNow(2e9);
  b.pm.load(a.pm.save());
  for (const side of [a, b]) {
    side.clock.advanceTo(2.5e9);
    expect([side.sci.level, side.read(0, 2), side.read(4, 2), side.read(2, 2)]).toEqual([true, 1, 1, 0x0101]);
  }
});
