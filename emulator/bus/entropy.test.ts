// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { chacha20Block, SeededEntropy } from './entropy.ts';

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

test('the block function gives the vector of RFC 8439, section 2.3.2', () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index);
  const nonce = Uint8Array.from([0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0]);
  expect(hex(chacha20Block(key, 1, nonce))).toBe(
    '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e',
  );
});

test('one seed repeats, another differs, and the stream does not depend on how it is cut', () => {
  const whole = new Uint8Array(200);
  new SeededEntropy('seed').fill(whole);
  const pieces = new SeededEntropy('seed');
  const parts = [3, 64, 133].map((length) => {
    const part = new Uint8Array(length);
    pieces.fill(part);
    return hex(part);
  });
  expect(parts.join('')).toBe(hex(whole));
  const other = new Uint8Array(200);
  new SeededEntropy('seee').fill(other);
  expect(hex(other)).not.toBe(hex(whole));
});

test('a loaded generator continues where the saved one stood', () => {
  const source = new SeededEntropy('seed');
  source.fill(new Uint8Array(77));
  const copy = new SeededEntropy('another');
  copy.load(source.save());
  const [a, b] = [new Uint8Array(100), new Uint8Array(100)];
  source.fill(a);
  copy.fill(b);
  expect(b).toEqual(a);
});
