// SPDX-License-Identifier: MIT
/**
 * Disks that are attached, replaced, detached, taken offline and added while a pool is in use: every file stays right with the old devices and with
 * the new ones alone, and OpenZFS's zdb finds no error. Messages are illumos's.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { randomFrom } from '../../test/crash/load.ts';
import { loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

// Most of it is zdb's.
vi.setConfig({ testTimeout: 300_000 });
const zdb = openZfs();
const SIZE = 64 << 20;
const FILE = 0o100644n;

let folder: string;
let contents: Uint8Array[];
let zfs: Zfs;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'devices-'));
  contents = Array.from({ length: 6 }, () => new Uint8Array(SIZE));
  zfs = await loadZfs([
    ...contents.map((bytes, index) => memoryDisk(path(index), bytes)),
    memoryDisk(join(folder, 'half'), new Uint8Array(SIZE + (SIZE >> 1))),
  ]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  zfs.zpool('destroy', 'tank');
  for (const bytes of contents) bytes.fill(0);
  written.clear();
});

const path = (index: number): string => join(folder, `d${index}`);
const ok = (...words: string[]): string => {
  const { out, err, status } = zfs.zpool(...words);
  expect({ words, err, status }).toEqual({ words, err: '', status: 0 });
  return out;
};
const refused = (...words: string[]): string => {
  const { err, status } = zfs.zpool(...words);
  expect(status).toBe(1);
  return err;
};
function call(name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}: ${result}`);
  return result;
}
function settle(): void {
  while (zfs.call('scanSlice', 200_000n) > 0);
}

const written = new Map<string, Buffer>();
function write(name: string, size: number): void {
  const bytes = Buffer.alloc(size);
  const random = randomFrom(size);
  for (let at = 0; at < size; at++) bytes[at] = random() * 256;
  call('choose', 'tank');
  call('makeFile', name, FILE, '');
  call('writeFile', name, 0n, bytes);
  call('sync');
  written.set(name, bytes);
}
function check(): void {
  call('choose', 'tank');
  for (const [name, bytes] of written) {
    const read = zfs.read('readFile', bytes.length, name, 0n);
    expect(typeof read === 'number' ? read : Buffer.compare(read, bytes)).toBe(0);
  }
}
function make(...words: string[]): void {
  ok('create', '-f', 'tank', ...words);
  call('usePool', 'tank');
  write('first', 700_000);
}
function reopen(...present: number[]): void {
  ok('export', 'tank');
  if (zdb) {
    for (const index of present) writeFileSync(path(index), contents[index]);
    const { output, status } = zdb('zdb', ['-e', '-p', folder, '-bcc', 'tank']);
    expect(output).toContain('No leaks (block sum matches space maps exactly)');
    expect(status).toBe(0);
    const objects = zdb('zdb', ['-e', '-p', folder, '-dddd', 'tank']);
    expect(objects.output.slice(-2000)).not.toMatch(/leaked|ASSERT/);
    expect(objects.status).toBe(0);
    for (const index of present) rmSync(path(index));
  }
  for (let index = 0; index < contents.length; index++) if (!present.includes(index)) contents[index].fill(0);
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
  check();
}
const tree = (): string =>
  ok('status', 'tank')
    .split('config:')[1]
    .split('\n')
    .filter((line) => line.startsWith('\t') && !line.startsWith('\tNAME'))
    .map((line) => line.trim().replaceAll(`${folder}/`, '').split(/\s+/).slice(0, 2).join(' '))
    .join(', ');

test('a disk becomes a mirror, and the new side alone is enough', () => {
  make(path(0));
  ok('attach', 'tank', path(0), path(1));
  expect(ok('status', 'tank')).toMatch(/scan: resilver in progress since/);
  write('meanwhile', 300_000);
  settle();
  expect(ok('status', 'tank')).toMatch(/scan: resilvered (?!0 )\S+ in 0 days 00:00:\d\d with 0 errors/);
  expect(tree()).toBe('tank ONLINE, mirror-0 ONLINE, d0 ONLINE, d1 ONLINE');
  ok('attach', 'tank', path(0), path(2));
  settle();
  ok('scrub', 'tank');
  settle();
  expect(ok('status', 'tank')).toMatch(/scrub repaired 0 in/);
  ok('detach', 'tank', path(0));
  expect(tree()).toBe('tank ONLINE, mirror-0 ONLINE, d1 ONLINE, d2 ONLINE');
  reopen(1, 2);
  ok('detach', 'tank', path(1));
  expect(tree()).toBe('tank ONLINE, d2 ONLINE');
  reopen(2);
  expect(refused('detach', 'tank', path(2))).toBe(`cannot detach ${path(2)}: only applicable to mirror and replacing vdevs\n`);
});

test('a side that was offline has only what it missed written', () => {
  make('mirror', path(0), path(1));
  ok('offline', 'tank', path(1));
  expect(tree()).toBe('tank DEGRADED, mirror-0 DEGRADED, d0 ONLINE, d1 OFFLINE');
  expect(ok('status', 'tank')).toMatch(/status: One or more devices has been taken offline by the administrator\./);
  expect(refused('offline', 'tank', path(0))).toBe(`cannot offline ${path(0)}: no valid replicas\n`);
  write('away', 200_000);
  ok('export', 'tank');
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
  expect(tree()).toBe('tank DEGRADED, mirror-0 DEGRADED, d0 ONLINE, d1 OFFLINE');
  write('still away', 200_000);
  ok('online', 'tank', path(1));
  check();
  settle();
  const resilvered = /resilvered (\d+)(?:\.\d+)?K in/.exec(ok('status', 'tank'))?.[1];
  // Two files of 200 kB and metadata, not the 700 kB that were there.
  expect(Number(resilvered)).toBeGreaterThan(400);
  expect(Number(resilvered)).toBeLessThan(900);
  expect(tree()).toBe('tank ONLINE, mirror-0 ONLINE, d0 ONLINE, d1 ONLINE');
  ok('scrub', 'tank');
  settle();
  expect(ok('status', 'tank')).toMatch(/scrub repaired 0 in/);
  ok('offline', 'tank', path(0));
  check();
  ok('online', 'tank', path(0));
  settle();
  reopen(0, 1);
});

test('a child of raidz1 is replaced, also one that is gone', () => {
  make('raidz', path(0), path(1), path(2));
  ok('replace', 'tank', path(1), path(3));
  expect(tree()).toMatch(/^tank ONLINE, raidz1-0 ONLINE, d0 ONLINE, replacing-1 ONLINE, d1 ONLINE, d3 ONLINE, d2 ONLINE$/);
  write('meanwhile', 300_000);
  settle();
  expect(tree()).toBe('tank ONLINE, raidz1-0 ONLINE, d0 ONLINE, d3 ONLINE, d2 ONLINE');
  ok('scrub', 'tank');
  settle();
  expect(ok('status', 'tank')).toMatch(/scrub repaired 0 in/);
  reopen(0, 2, 3);
  ok('export', 'tank');
  contents[2].fill(0);
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
  expect(tree()).toBe('tank DEGRADED, raidz1-0 DEGRADED, d0 ONLINE, d3 ONLINE, d2 UNAVAIL');
  expect(zfs.zpool('online', 'tank', path(2)).err).toMatch(/^warning: device '.*d2' onlined, but remains in faulted state\n/);
  write('degraded', 100_000);
  ok('replace', 'tank', path(2));
  settle();
  expect(tree()).toBe('tank ONLINE, raidz1-0 ONLINE, d0 ONLINE, d3 ONLINE, d2 ONLINE');
  ok('offline', 'tank', path(0));
  check();
  ok('online', 'tank', path(0));
  settle();
  reopen(0, 2, 3);
});

test('another vdev is added, and both are used', () => {
  make(path(0));
  expect(refused('add', 'tank', 'mirror', path(1), path(2))).toBe(
    "invalid vdev specification\nuse '-f' to override the following errors:\nmismatched replication level: both file and mirror vdevs are present\n",
  );
  const before = Number(ok('get', '-Hp', '-o', 'value', 'size', 'tank'));
  ok('add', '-f', 'tank', 'mirror', path(1), path(2));
  expect(Number(ok('get', '-Hp', '-o', 'value', 'size', 'tank'))).toBe(2 * before);
  write('more', 3_000_000);
  expect(ok('iostat', '-v', 'tank')).toMatch(/mirror-1 +[\d.]+[KM]/);
  reopen(0, 1, 2);
  expect(ok('history', 'tank')).toMatch(/zpool add -f tank mirror/);
});

test('what cannot be is refused', () => {
  make('mirror', path(0), path(1));
  expect(refused('attach', 'tank', path(0), path(1))).toMatch(/is part of active pool 'tank'\n$/);
  expect(refused('attach', 'tank', path(5), path(2))).toBe(`cannot attach ${path(2)} to ${path(5)}: no such device in pool\n`);
  expect(refused('offline', 'tank', path(5))).toBe(`cannot offline ${path(5)}: no such device in pool\n`);
  expect(refused('scrub', '-s', 'tank')).toBe('cannot cancel scrubbing tank: there is no active scrub\n');
  ok('scrub', 'tank');
  expect(refused('scrub', 'tank')).toBe("cannot scrub tank: currently scrubbing; use 'zpool scrub -s' to cancel current scrub\n");
  ok('scrub', '-s', 'tank');
  expect(ok('status', 'tank')).toMatch(/scan: scrub canceled on/);
  ok('scrub', 'tank');
  // A scrub that was cut off begins again.
  ok('export', 'tank');
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
  expect(ok('status', 'tank')).toMatch(/scan: scrub in progress since/);
  settle();
  expect(ok('status', 'tank')).toMatch(/scan: scrub repaired 0 in/);
});
