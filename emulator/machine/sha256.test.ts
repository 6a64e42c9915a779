// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

test('gives what OpenSSL gives, for every length around the blocks and for unaligned bytes', () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  for (const length of [...Array(200).keys(), 4096, 65_535, 65_536, 69_999]) {
    const part = bytes.subarray(1, 1 + length);
    expect(sha256(part)).toBe(createHash('sha256').update(part).digest('hex'));
  }
});
