// SPDX-License-Identifier: MIT
/** Checksums against other implementations, compression there and back and on garbage, free ranges against a plain array. */
import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';
import { Random } from '../../toolchain/translate/fuzz/random.ts';

const SOURCE = `
import { setMemory } from './zfs/port/memory';
import { RangeTree } from './zfs/spa/rangeTree';
export { checksum } from './zfs/zio/checksum';
export { compress, expand } from './zfs/zio/compress';
const arena = new StaticArray<u8>(4 << 20);
setMemory((changetype<usize>(arena) + 511) & ~511, (4 << 20) - 512);
const tree = new RangeTree();
export function add(start: u64, size: u64): bool { return tree.add(start, size); }
export function remove(start: u64, size: u64): bool { return tree.remove(start, size); }
export function fit(size: u64, from: u64): u64 { return tree.fit(size, from); }
export function space(): u64 { return tree.space; }
export function ranges(): u32 { return tree.count; }
`;
const LZJB = 3;
const GZIP_6 = 10;
const ZLE = 14;

let guest: Guest;
const random = new Random(testSeed());
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'kernel', heapBytes: 96 << 20 });
}, 300_000);

function checksum(algorithm: number, bytes: Uint8Array): bigint[] {
  const to = guest.bytes(new Uint8Array(32));
  guest.call('checksum', algorithm, guest.bytes(bytes), bytes.length, to);
  const view = new DataView(guest.read(to, 32).buffer);
  return [0, 8, 16, 24].map((at) => view.getBigUint64(at, true));
}
const bytesOf = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.below(256));

test('sha256 is what others compute', () => {
  for (const count of [0, 1, 55, 56, 63, 64, 65, 512, 4097]) {
    const bytes = bytesOf(count);
    const digest = createHash('sha256').update(bytes).digest();
    expect(checksum(8, bytes)).toEqual([0, 8, 16, 24].map((at) => digest.readBigUInt64BE(at)));
  }
});

test('fletcher sums are their definition', () => {
  const bytes = bytesOf(4096);
  const view = new DataView(bytes.buffer);
  const fourth = [0n, 0n, 0n, 0n];
  for (let at = 0; at < bytes.length; at += 4) {
    fourth[0] += BigInt(view.getUint32(at, true));
    for (let i = 1; i < 4; i++) fourth[i] += fourth[i - 1];
  }
  expect(checksum(7, bytes)).toEqual(fourth.map((sum) => BigInt.asUintN(64, sum)));
  const second = [0n, 0n, 0n, 0n];
  for (let at = 0; at < bytes.length; at += 16) {
    for (const lane of [0, 1]) {
      second[lane] += view.getBigUint64(at + 8 * lane, true);
      second[lane + 2] += second[lane];
    }
  }
  expect(checksum(6, bytes)).toEqual(second.map((sum) => BigInt.asUintN(64, sum)));
});

/** Text, zeros and noise in pieces. */
function mixed(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const length = 1 + random.below(700);
    const kind = random.below(3);
    for (let i = 0; i < length && at < count; i++, at++) {
      bytes[at] = kind === 0 ? 0 : kind === 1 ? 'the quick brown fox '.charCodeAt(i % 20) : random.below(256);
    }
  }
  return bytes;
}
function compress(algorithm: number, bytes: Uint8Array): Uint8Array | undefined {
  const to = guest.bytes(new Uint8Array(bytes.length));
  const size = guest.call('compress', algorithm, guest.bytes(bytes), to, bytes.length) as number;
  return size === bytes.length ? undefined : guest.read(to, size);
}
/** With bytes behind the target that must stay as they are. */
function expand(algorithm: number, bytes: Uint8Array, size: number): Uint8Array | undefined {
  const to = guest.bytes(new Uint8Array(size + 64).fill(0xa5));
  const good = guest.call('expand', algorithm, guest.bytes(bytes), to, bytes.length, size);
  expect(guest.read(to + size, 64).every((byte) => byte === 0xa5)).toBe(true);
  return good ? guest.read(to, size) : undefined;
}

test.each([LZJB, ZLE, GZIP_6])('compression %i comes back, and garbage stays within bounds', (algorithm) => {
  let compressed = 0;
  for (let round = 0; round < 60; round++) {
    const size = 512 * (1 + random.below(40));
    const bytes = mixed(size);
    const packed = compress(algorithm, bytes);
    // Nothing is left of zeros.
    if (packed?.length) {
      compressed++;
      expect(packed.length % 512).toBe(0);
      expect(expand(algorithm, packed, size)).toEqual(bytes);
      packed[random.below(packed.length)] ^= 1 << random.below(8);
      expand(algorithm, packed, size);
    }
    expand(algorithm, bytesOf(512), size);
  }
  expect(compressed).toBeGreaterThan(20);
});

test('gzip blocks are zlib streams', () => {
  const bytes = mixed(20_480);
  expect(new Uint8Array(inflateSync(compress(GZIP_6, bytes) as Uint8Array))).toEqual(bytes);
  const theirs = deflateSync(bytes);
  const padded = new Uint8Array((theirs.length + 511) & ~511);
  padded.set(theirs);
  expect(expand(GZIP_6, padded, bytes.length)).toEqual(bytes);
});

test('free ranges behave as an array of flags does', () => {
  const size = 400;
  const model = new Array<boolean>(size).fill(false);
  for (let round = 0; round < 4000; round++) {
    const start = random.below(size);
    const count = 1 + random.below(Math.min(30, size - start));
    const part = model.slice(start, start + count);
    if (random.below(2)) {
      const free = part.every((flag) => !flag);
      expect(guest.call('add', BigInt(start), BigInt(count))).toBe(Number(free));
      if (free) model.fill(true, start, start + count);
    } else {
      const there = part.every((flag) => flag);
      expect(guest.call('remove', BigInt(start), BigInt(count))).toBe(Number(there));
      if (there) model.fill(false, start, start + count);
    }
    const from = random.below(size);
    const want = 1 + random.below(20);
    let at = from;
    while (at + want <= size && !model.slice(at, at + want).every((flag) => flag)) at++;
    const found = BigInt.asUintN(64, guest.call('fit', BigInt(want), BigInt(from)) as bigint);
    expect(found).toBe(at + want <= size ? BigInt(at) : 0xffff_ffff_ffff_ffffn);
  }
  expect(guest.call('space')).toBe(BigInt(model.filter((flag) => flag).length));
  expect(guest.call('ranges')).toBe(model.filter((flag, i) => flag && !model[i - 1]).length);
});
