// SPDX-License-Identifier: MIT
/** Deflate against Node's zlib, in both directions, and against random input. */
import { readFileSync } from 'node:fs';
import { deflateRawSync, deflateSync, inflateSync, constants as zlib } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../../toolchain/asc/hostWasm.ts';
import { Random } from '../../../toolchain/translate/fuzz/random.ts';

const seed = testSeed();
let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ entry: 'guest-os/lib/deflate/zlib.ts', target: 'user' });
}, 60_000);

function compress(data: Uint8Array, level: number, room = data.length + (data.length >> 3) + 64): Uint8Array | number {
  const to = guest.bytes(new Uint8Array(room));
  const size = guest.call('zlibCompress', guest.bytes(data), data.length, to, room, level) as number;
  return size < 0 ? size : guest.read(to, size);
}
function decompress(data: Uint8Array, room: number): Uint8Array | number {
  const to = guest.bytes(new Uint8Array(room));
  const size = guest.call('zlibDecompress', guest.bytes(data), data.length, to, room) as number;
  return size < 0 ? size : guest.read(to, size);
}

/** Data of many kinds: noise, runs, words, records that differ a little, and mixtures. */
function sample(random: Random, most = 300_000): Uint8Array {
  const size = random.below(4) === 0 ? random.below(most) : random.below(Math.min(most, 5000));
  const data = new Uint8Array(size);
  const words = Array.from({ length: 1 + random.below(200) }, () =>
    Array.from({ length: 1 + random.below(12) }, () => random.below(256)),
  );
  for (let at = 0; at < size; ) {
    const kind = random.below(4);
    const end = Math.min(size, at + 1 + random.below(20_000));
    while (at < end) {
      if (kind === 0) data[at++] = random.below(256);
      else if (kind === 1) {
        const byte = random.below(4);
        for (let run = random.below(600); run >= 0 && at < end; run--) data[at++] = byte;
      } else if (kind === 2) for (const byte of words[random.below(words.length)]) if (at < end) data[at++] = byte;
      if (kind === 3) {
        const back = 1 + random.below(Math.min(at + 1, 40_000));
        for (let run = random.below(400); run >= 0 && at < end; run--) {
          data[at] = at >= back ? data[at - back] : 7;
          at++;
        }
      }
    }
  }
  return data;
}

test(`what is compressed here, zlib decompresses, and the other way round (seed ${seed})`, () => {
  const random = new Random(seed);
  for (let i = 0; i < 60; i++) {
    const data = sample(random);
    const level = 1 + random.below(9);
    const packed = compress(data, level);
    if (typeof packed === 'number') throw new Error(`sample ${i}: ${packed}`);
    expect(inflateSync(packed).equals(data), `sample ${i} at level ${level}`).toBe(true);
    const strategies = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE];
    const theirs = deflateSync(data, {
      level: random.below(10),
      strategy: strategies[random.below(4)],
      memLevel: 1 + random.below(9),
    });
    expect(Buffer.from(decompress(theirs, data.length) as Uint8Array).equals(data), `zlib's sample ${i}`).toBe(true);
    guest.collect();
  }
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('level %i is about as good as zlib', (level) => {
  const text = readFileSync(new URL('../../../toolchain/translate/emit.ts', import.meta.url));
  const packed = compress(text, level) as Uint8Array;
  expect(packed.length).toBeLessThan(deflateSync(text, { level }).length * 1.03);
});

describe('limits', () => {
  test('nothing, one byte, and what does not fit', () => {
    for (const data of [new Uint8Array(0), new Uint8Array([65])]) {
      const packed = compress(data, 6) as Uint8Array;
      expect(inflateSync(packed)).toEqual(Buffer.from(data));
      expect(decompress(packed, data.length)).toEqual(data);
    }
    const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * i * 31 + (i >> 3) * 7919) >> 3);
    expect(compress(noise, 9, 100)).toBe(-3);
    const packed = deflateSync(noise);
    expect(decompress(packed, 4095)).toBe(-3);
    expect(decompress(packed.subarray(0, packed.length - 5), 4096)).toBe(-2);
  });

  test('a code whose lengths exceed 15 bits is held to them', () => {
    // Frequencies like Fibonacci's numbers make the deepest trees.
    const parts: number[] = [];
    for (let i = 0, a = 1, b = 1; i < 22; i++, [a, b] = [b, a + b])
      for (let k = 0; k < a && parts.length < 60_000; k++) parts.push(i * 11);
    const data = Uint8Array.from(parts, (_, i) => parts[(i * 7919) % parts.length]);
    expect(inflateSync(compress(data, 1) as Uint8Array).equals(data)).toBe(true);
  });

  test('a check sum that is not right', () => {
    const packed = new Uint8Array(deflateSync(Buffer.from('some words')));
    packed[packed.length - 1] ^= 1;
    expect(decompress(packed, 100)).toBe(-1);
  });
});

test(`damaged and random input ends with an error or with some data, never outside of its memory (seed ${seed})`, () => {
  const random = new Random(seed ^ 1);
  for (let i = 0; i < 1500; i++) {
    const good = deflateRawSync(sample(random, 2000));
    const data = i % 3 ? Uint8Array.from(good) : Uint8Array.from({ length: random.below(300) }, () => random.below(256));
    for (let k = 0; k < 1 + random.below(4) && data.length; k++) data[random.below(data.length)] = random.below(256);
    const result = decompress(Uint8Array.from([0x78, 0x9c, ...data, 0, 0, 0, 0]), 2500);
    if (typeof result === 'number') expect([-1, -2, -3]).toContain(result);
    if (i % 50 === 0) guest.collect();
  }
});
