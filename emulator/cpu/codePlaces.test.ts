// SPDX-License-Identifier: MIT
/** @fileoverview Translations of code: kinds of access apart, and which pages are known to hold code. */
import { expect, test } from 'vitest';
import { type CodePlace, CodePlaces } from './codePlaces.ts';

/** 0xffff_ffff_8100_0000. */
const HIGH = -1;
const LOW = 0x81000000 | 0;
const place = (size: number, global: boolean): CodePlace => ({ place: 0x5000, global, size });

test.each([false, true])('what the kernel may execute the user may not, at the top of memory too, global: %s', (global) => {
  for (const kind of [0, 1, 2]) {
    const places = new CodePlaces();
    const code = place(4096, global);
    places.remember(kind, HIGH, LOW, code);
    expect([0, 1, 2].map((other) => places.find(other, HIGH, LOW))).toEqual(
      [0, 1, 2].map((k) => (k === kind ? code : undefined)),
    );
    expect(places.all()).toEqual([{ kind, high: HIGH, low: LOW, ...code }]);
  }
});
test.each([4096, 0x200000, 0x400000, 0x40000000])(
  'a page of %i bytes holds code at all of its addresses and at no others',
  (size) => {
    const places = new CodePlaces();
    const [first, last] = [LOW & -size, (LOW & -size) + size - 1];
    places.remember(1, HIGH, LOW, place(size, true));
    expect([first, last, LOW].map((low) => places.holds(HIGH, low | 0))).toEqual([true, true, true]);
    expect([first - 1, last + 1].map((low) => places.holds(HIGH, low | 0))).toEqual([false, false]);
    expect(places.holds(0, LOW)).toBe(false);
  },
);
test('a change of CR3 forgets what is not global, large pages included', () => {
  const places = new CodePlaces();
  places.remember(0, 0, 0x400000, place(0x200000, false));
  places.remember(1, HIGH, LOW, place(0x200000, true));
  places.flush(true);
  expect([places.holds(0, 0x401000), places.holds(HIGH, LOW + 0x1000)]).toEqual([false, true]);
  places.flush(false);
  expect(places.holds(HIGH, LOW + 0x1000)).toBe(false);
});
