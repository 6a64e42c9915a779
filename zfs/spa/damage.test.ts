// SPDX-License-Identifier: MIT
/**
 * What a pool does about damage: blocks overwritten at random on one side of a mirror or one child of raidz1 are read right all the same, a scrub
 * repairs them, and the counters tell; what is beyond redundancy is an error of that file and of nothing else. OpenZFS's zdb judges the pool afterwards.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { randomFrom } from '../../test/crash/load.ts';
import { testSeed } from '../../test/support/seed.ts';
import { type Disk, loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

// Most of it is zdb's.
vi.setConfig({ testTimeout: 300_000 });
const zdb = openZfs();
const SIZE = 64 << 20;
const FILE = 0o100644n;
/** Where blocks may lie: labels are at either end. */
const FIRST = 4 << 20;
const LAST = SIZE - (512 << 10);
const FILES = 24;
const EIO = -5;

let folder: string;
let contents: Uint8Array[];
let zfs: Zfs;
/** Bytes that were read from each disk. */
let reads: number[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'damage-'));
  contents = Array.from({ length: 6 }, () => new Uint8Array(SIZE));
  reads = contents.map(() => 0);
  const counted = (disk: Disk, index: number): Disk => ({
    ...disk,
    read(offset, to) {
      reads[index] += to.length;
      return disk.read(offset, to);
    },
  });
  zfs = await loadZfs(contents.map((bytes, index) => counted(memoryDisk(join(folder, `d${index}`), bytes), index)));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const path = (index: number): string => join(folder, `d${index}`);
const disks = (...indices: number[]): string[] => indices.map(path);
const ok = (...words: string[]): string => {
  const { out, err, status } = zfs.zpool(...words);
  expect({ words, err, status }).toEqual({ words, err: '', status: 0 });
  return out;
};
function call(name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}: ${result}`);
  return result;
}

const fileSize = (index: number): number => 1000 + index * 37_777;
function bytesOf(index: number): Buffer {
  const bytes = Buffer.alloc(fileSize(index));
  const random = randomFrom(index + 1);
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes;
}
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function make(...vdevs: string[]): void {
  for (const bytes of contents) bytes.fill(0);
  ok('create', '-f', 'tank', ...vdevs);
  call('usePool', 'tank');
  call('createFs', 'tank/fs');
  call('choose', 'tank/fs');
  for (let index = 0; index < FILES; index++) {
    call('makeFile', `file${index}`, FILE, '');
    call('writeFile', `file${index}`, 0n, bytesOf(index));
  }
  call('snapshot', 'tank/fs@before');
  reopen();
}
function reopen(): void {
  ok('export', 'tank');
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
}
/** Files whose contents are not what was written: EIO, or worse, something else. */
function badFiles(): Map<number, number | string> {
  const bad = new Map<number, number | string>();
  call('choose', 'tank/fs');
  for (let index = 0; index < FILES; index++) {
    const bytes = zfs.read('readFile', fileSize(index), `file${index}`, 0n);
    if (typeof bytes === 'number') bad.set(index, bytes);
    else if (digest(bytes) !== digest(bytesOf(index))) bad.set(index, 'wrong bytes');
  }
  return bad;
}
/** Overwrites `count` pieces of up to 64 KiB of a disk. */
function damage(index: number, count: number, random: () => number): void {
  for (let i = 0; i < count; i++) {
    const at = FIRST + Math.floor(random() * (LAST - FIRST));
    const length = Math.min(1 + Math.floor(random() * 65536), LAST - at);
    for (let j = 0; j < length; j++) contents[index][at + j] = random() * 256;
  }
}
function finishScans(): void {
  while (zfs.call('scanSlice', 100_000n) > 0);
}
/** Errors of a device, or of the pool: read, write, checksum. */
function counts(name: string): number[] {
  const row = ok('status', '-p', 'tank')
    .split('\n')
    .find((line) => line.trim().startsWith(`${name} `));
  return (row ?? '').trim().split(/\s+/).slice(2, 5).map(Number);
}
function judge(...indices: number[]): void {
  ok('export', 'tank');
  if (zdb) {
    for (const index of indices) writeFileSync(path(index), contents[index]);
    const { output, status } = zdb('zdb', ['-e', '-p', folder, '-bcc', 'tank']);
    expect(output).toContain('No leaks (block sum matches space maps exactly)');
    expect(status).toBe(0);
    for (const index of indices) rmSync(path(index));
  }
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
}
const end = (): string => ok('destroy', 'tank');

describe.each([
  ['one side of a mirror', ['mirror', 0, 1], 1],
  ['one child of raidz1', ['raidz', 0, 1, 2, 3], 2],
] as const)('%s', (_, words, victim) => {
  const indices = words.filter((word) => typeof word === 'number');
  test('is repaired by a scrub, and what is read meanwhile is right', () => {
    const random = randomFrom(testSeed());
    make(...words.map((word) => (typeof word === 'number' ? path(word) : word)));
    damage(victim, 400, random);
    expect(badFiles()).toEqual(new Map());
    expect(counts(path(victim))[2]).toBeGreaterThan(0);
    ok('clear', 'tank');
    expect(counts(path(victim))).toEqual([0, 0, 0]);
    // What was read has been healed; the rest is a scrub's business, snapshots too.
    ok('scrub', 'tank');
    finishScans();
    const status = ok('status', 'tank');
    expect(status).toMatch(/scan: scrub repaired (?!0 )\S+ in 0 days 00:00:\d\d with 0 errors on/);
    expect(status).toMatch(/errors: No known data errors/);
    for (const other of indices) if (other !== victim) expect(counts(path(other))).toEqual([0, 0, 0]);
    expect(counts('tank')).toEqual([0, 0, 0]);
    // Now the others may go.
    ok('clear', 'tank');
    ok('scrub', 'tank');
    finishScans();
    expect(ok('status', 'tank')).toMatch(/scan: scrub repaired 0 in .* with 0 errors/);
    expect(counts(path(victim))).toEqual([0, 0, 0]);
    judge(...indices);
    end();
  });
});

test('after import every first read reaches the device', () => {
  make('mirror', ...disks(0, 1));
  reads.fill(0);
  expect(badFiles()).toEqual(new Map());
  let size = 0;
  for (let index = 0; index < FILES; index++) size += fileSize(index);
  expect(reads[0] + reads[1]).toBeGreaterThan(size);
  reads.fill(0);
  expect(badFiles()).toEqual(new Map());
  expect(reads[0] + reads[1]).toBe(0);
  end();
});

test('beyond redundancy the file is named, and nothing else is lost', () => {
  make('mirror', ...disks(0, 1));
  const wanted = bytesOf(7).subarray(140_000, 140_512);
  for (const index of [0, 1]) {
    const at = Buffer.from(contents[index].buffer).indexOf(wanted);
    expect(at).toBeGreaterThan(0);
    contents[index].fill(0x55, at, at + 512);
  }
  expect(badFiles()).toEqual(new Map([[7, EIO]]));
  const expected = `errors: Permanent errors have been detected in the following files:\n\n        tank/fs:/file7\n`;
  expect(ok('status', '-v', 'tank')).toContain(expected);
  expect(ok('status', '-x', 'tank')).toMatch(/see: http:\/\/illumos.org\/msg\/ZFS-8000-8A/);
  ok('scrub', 'tank');
  finishScans();
  const status = ok('status', '-v', 'tank');
  expect(status).toMatch(/scrub repaired 0 in .* with 1 errors/);
  // The snapshot has the block too, and is its owner.
  expect(status).toContain('tank/fs@before:/file7\n');
  reopen();
  expect(ok('status', '-v', 'tank')).toContain('tank/fs@before:/file7\n');
  expect(badFiles()).toEqual(new Map([[7, EIO]]));
  end();
});
