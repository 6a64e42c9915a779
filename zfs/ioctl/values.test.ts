// SPDX-License-Identifier: MIT
/** Properties that are counted: what was written is known, so that they are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bench } from '../host/commandTests.ts';

const KIB = 1024;
const SIZE = 1280 * KIB;
let bench: Bench;
const get = (property: string, dataset: string): string => bench.zfsOut(`get -Hp -o value ${property} ${dataset}`).trimEnd();

beforeAll(async () => {
  bench = await Bench.make(64);
  bench.create('tank');
  bench.zfsOut('create tank/plain');
  bench.zfsOut('create -o compression=gzip tank/packed');
  bench.write('tank/packed', 'file', Buffer.alloc(SIZE, 'hello '));
  for (const line of ['snapshot tank/packed@a', 'clone tank/packed@a tank/y', 'clone tank/packed@a tank/x']) bench.zfsOut(line);
}, 120_000);
afterAll(() => bench.close());

test('metadata, which is always compressed, is no part of a ratio', () => {
  expect(get('compressratio', 'tank/plain')).toBe('1.00x');
  expect(get('logicalreferenced', 'tank/plain')).toBe(get('logicalused', 'tank/plain'));
});

test('what files would take without compression', () => {
  for (const [property, dataset] of [
    ['logicalreferenced', 'tank/packed'],
    ['logicalreferenced', 'tank/packed@a'],
    ['logicalused', 'tank/packed'],
  ]) {
    const bytes = Number(get(property, dataset));
    expect(bytes).toBeGreaterThanOrEqual(SIZE);
    expect(bytes).toBeLessThan(SIZE + 64 * KIB);
  }
  // Ten blocks of 128 KiB, each of a KiB or less then.
  expect(Number(get('referenced', 'tank/packed'))).toBeLessThan(64 * KIB);
});

test('who was cloned from a snapshot', () => {
  expect(get('clones', 'tank/packed@a')).toBe('tank/x,tank/y');
  bench.zfsOut('destroy tank/x');
  expect(get('clones', 'tank/packed@a')).toBe('tank/y');
});
