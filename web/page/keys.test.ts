// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { KEYS, stroke, strokeOf } from './keys.ts';

/** Scan code set 1 as the keyboard would send it: bit 7 is set when a key is released. */
const codes = (text: string): string =>
  [...text]
    .flatMap((character) => strokeOf(character) ?? [])
    .map(([code, pressed]) => (pressed ? code : code | 0x80).toString(16).padStart(2, '0'))
    .join(' ');

// Codes by the table of the IBM PS/2 Technical Reference.
test.each([
  ['a', '1e 9e'],
  ['A', '2a 1e 9e aa'],
  ['z', '2c ac'],
  ['0', '0b 8b'],
  [')', '2a 0b 8b aa'],
  ['|', '2a 2b ab aa'],
  ['~', '2a 29 a9 aa'],
  ['"', '2a 28 a8 aa'],
  ['{', '2a 1a 9a aa'],
  ['?', '2a 35 b5 aa'],
  [' ', '39 b9'],
  ['\t', '0f 8f'],
  ['\n', '1c 9c'],
  ['\b', '0e 8e'],
])('%j is typed by its key, with Shift where it needs it', (character, expected) => {
  expect(codes(character)).toBe(expected);
});

test('every character of ASCII that can be printed has a key, and other letters have none', () => {
  const missing = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).filter((character) => !strokeOf(character));
  expect(missing).toEqual([]);
  expect(strokeOf('é')).toBeUndefined();
});

test('keys held together are released in the reverse order', () => {
  expect(stroke(KEYS.ControlLeft, KEYS.KeyC)).toEqual([
    [0x1d, true],
    [0x2e, true],
    [0x2e, false],
    [0x1d, false],
  ]);
});
