// SPDX-License-Identifier: MIT
/**
 * Pools of version 5000 whose features are only needed for writing are read, and nothing of them is written; others are refused, and the features named. OpenZFS's zdb
 * says that the pools are what they claim to be.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../toolchain/zfs/host.ts';
import { Bench, hasZdb } from '../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make(80);
}, 300_000);
afterAll(() => bench.close());

const zpool = (...words: string[]): Outcome => bench.zfs.zpool(...words);
const UNKNOWN = 'org.example:new';
const NOT_SUPPORTED = `This pool uses the following feature(s) not supported by this system:\n\t${UNKNOWN}\n`;
const REFUSED = "cannot import 'tank': unsupported version or feature\n";

function make(reading: string, writing: string): void {
  bench.create('tank');
  bench.zfsOut('create tank/a');
  bench.write('tank/a', 'file', Buffer.from('kept'));
  bench.zfsOut('snapshot tank/a@s');
  bench.ok('useFeatures', reading, writing);
  bench.ok('exportPool');
}

test.each([
  ['used', UNKNOWN, `${NOT_SUPPORTED}All unsupported features are only required for writing to the pool.\n`],
  ['only allowed', '', ''],
])('features for writing, %s', { timeout: 300_000 }, (_, feature, told) => {
  make('', feature);
  const before = bench.digest();
  expect(zpool('import', '-d', bench.folder).out).toMatch(/pool: tank\n[\s\S]* state: ONLINE\n/);
  const refused = zpool('import', '-d', bench.folder, 'tank');
  expect(refused).toEqual({ status: 1, out: '', err: `${told}The pool can be imported using '-o readonly=on'.\n${REFUSED}` });
  expect(zpool('import', '-d', bench.folder, '-o', 'readonly=on', 'tank')).toEqual({ status: 0, out: '', err: '' });
  bench.ok('usePool', 'tank');
  expect(bench.read('tank/a', 'file').toString()).toBe('kept');
  expect(bench.run('zfs snapshot tank/a@t').status).toBe(1);
  expect(zpool('export', 'tank').status).toBe(0);
  expect(bench.digest()).toBe(before);
  if (!hasZdb) return;
  expect(bench.shown('-C', 'tank')).toMatch(/version: 5000/);
  expect(bench.shown('-bcc', 'tank')).toContain('No leaks (block sum matches space maps exactly)');
});

test('a feature for reading', { timeout: 300_000 }, () => {
  make(UNKNOWN, '');
  const before = bench.digest();
  for (const options of [[], ['-o', 'readonly=on']]) {
    const refused = zpool('import', '-d', bench.folder, ...options, 'tank');
    expect(refused).toEqual({ status: 1, out: '', err: `${NOT_SUPPORTED}${REFUSED}` });
  }
  expect(bench.digest()).toBe(before);
});
