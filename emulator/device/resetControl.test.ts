// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { ResetControl } from './resetControl.ts';

function board() {
  const a20 = { level: false };
  const setA20 = (open: boolean) => {
    a20.level = open;
  };
  const counts = { resets: 0 };
  const control = new ResetControl(() => counts.resets++, setA20);
  return { a20, counts, control };
}

test('CF9h: prepare, then reset with bit 2', () => {
  const { counts, control } = board();
  control.cf9.write(0, 1, 0x02);
  expect([counts.resets, control.cf9.read(0, 1)]).toEqual([0, 0x02]);
  control.cf9.write(0, 1, 0x06);
  expect(counts.resets).toBe(1);
  control.cf9.write(0, 1, 0x0e);
  expect(counts.resets).toBe(2);
});

test('port 92h: A20, and reset on the rise of bit 0', () => {
  const { a20, counts, control } = board();
  expect(control.port92.read(0, 1)).toBe(0);
  control.port92.write(0, 1, 0x02);
  expect([a20.level, control.port92.read(0, 1)]).toEqual([true, 0x02]);
  control.port92.write(0, 1, 0x03);
  control.port92.write(0, 1, 0x03);
  expect(counts.resets).toBe(1);
  control.port92.write(0, 1, 0x00);
  expect([a20.level, counts.resets]).toEqual([false, 1]);
});

test('save and load', () => {
  const [a, b] = [board(), board()];
  a.control.port92.write(0, 1, 0x03);
  a.control.cf9.write(0, 1, 0x08);
  b.control.load(a.control.save());
  b.control.port92.write(0, 1, 0x03);
  expect([b.counts.resets, b.control.cf9.read(0, 1)]).toEqual([0, 0x08]);
});
