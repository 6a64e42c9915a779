// SPDX-License-Identifier: MIT
/**
 * Pools that we make, judged by OpenZFS's zdb (every block read, every checksum, no leak, every object referenced) and by GRUB, and
 * read again by ourselves.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { haveOracles, openZfs } from '../../tools/oracles.js';

const FILE = 0o100644n;
const DIRECTORY = 0o40755n;
const LINK = 0o120777n;
const LATEST = 0xffff_ffff_ffff_ffffn;
const DISK = 64 << 20;
const DISKS = 4;

const zdb = openZfs();
const grub = haveOracles('grub-fstest');
let folder: string;
let contents: Uint8Array[];
let zfs: Zfs;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-'));
  contents = Array.from({ length: DISKS }, () => new Uint8Array(DISK));
  zfs = await loadZfs(contents.map((bytes, index) => memoryDisk(join(folder, `d${index}`), bytes)));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const said = (): string => zfs.guest.text(zfs.guest.call('answer') as number);
/** A call that has to work. */
function ok(name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0)
    throw new Error(`${name}(${values.map((value) => (typeof value === 'object' ? '…' : value)).join(', ')}): ${result}`);
  return result;
}

/** Bytes that compress by about half, the same for the same seed. */
function sample(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = seed | 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    buffer[i] = i & 64 ? 0x61 : state >>> 16;
  }
  return buffer;
}
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function readWhole(path: string, size: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < size; at += 1 << 20) {
    const part = zfs.read('readFile', Math.min(1 << 20, size - at), path, BigInt(at));
    if (typeof part === 'number') throw new Error(`reading ${path} at ${at}: ${part}`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function clearFolder(): void {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
}

/** The disks of a pool as files, for other programs. */
function writeDisks(vdevs: string): void {
  for (const word of vdevs.split(' ')) if (/^d\d$/.test(word)) writeFileSync(join(folder, word), contents[Number(word[1])]);
}
const paths = (vdevs: string): string => vdevs.replace(/d\d/g, (word) => join(folder, word));

function judge(pool: string): void {
  if (!zdb) return;
  const blocks = zdb('zdb', ['-e', '-p', folder, '-bcc', pool]);
  expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
  expect(blocks.status).toBe(0);
  const objects = zdb('zdb', ['-e', '-p', folder, '-dddd', pool]);
  expect(objects.output.slice(-2000)).not.toMatch(/leaked|ASSERT/);
  expect(objects.status).toBe(0);
}

const NAMES = 120;
/** A file system with something of everything, two snapshots and a clone. */
function fill(pool: string, name: string, compression: bigint, checksum: bigint): void {
  ok('createFs', `${pool}/${name}`);
  ok('setNumber', `${pool}/${name}`, 'compression', compression);
  ok('setNumber', `${pool}/${name}`, 'checksum', checksum);
  ok('choose', `${pool}/${name}`);
  ok('makeFile', 'dir', DIRECTORY, '');
  ok('makeFile', 'dir/big', FILE, '');
  const big = sample(3_000_000, 7);
  for (let at = 0; at < big.length; at += 500_000) ok('writeFile', 'dir/big', BigInt(at), big.subarray(at, at + 500_000));
  ok('writeFile', 'dir/big', 1n << 36n, Buffer.from('far away'));
  ok('makeFile', 'link', LINK, 'dir/big');
  for (let i = 0; i < NAMES; i++) {
    ok('makeFile', `dir/a name that is too long for an entry of a micro ZAP, ${i}`, FILE, '');
    ok('writeFile', `dir/a name that is too long for an entry of a micro ZAP, ${i}`, 0n, Buffer.from(`${i}\n`.repeat(i)));
  }
  ok('snapshot', `${pool}/${name}@one`);
  for (let i = 0; i < NAMES; i += 3) ok('remove', `dir/a name that is too long for an entry of a micro ZAP, ${i}`);
  ok('truncate', 'dir/big', 1_000_001n);
  ok('snapshot', `${pool}/${name}@two`);
  ok('writeFile', 'dir/big', 100n, Buffer.from('changed'));
  ok('clone', `${pool}/${name}@one`, `${pool}/${name}-clone`);
  ok('choose', `${pool}/${name}-clone`);
  ok('remove', 'dir/big');
}

function check(pool: string, name: string): void {
  const big = sample(3_000_000, 7);
  ok('choose', `${pool}/${name}@one`);
  expect(digest(readWhole('dir/big', big.length))).toBe(digest(big));
  expect(Buffer.from(zfs.read('readFile', 8, 'dir/big', 1n << 36n) as Uint8Array).toString()).toBe('far away');
  expect(ok('listDirectory', 'dir')).toBe(NAMES + 1);
  ok('describe', 'link');
  expect(said()).toBe('41471 7 1 dir/big');
  ok('choose', `${pool}/${name}`);
  const changed = Buffer.from(big.subarray(0, 1_000_001));
  changed.write('changed', 100);
  expect(digest(readWhole('dir/big', 1_000_001))).toBe(digest(changed));
  expect(ok('listDirectory', 'dir')).toBe(NAMES - NAMES / 3 + 1);
  ok('choose', `${pool}/${name}-clone`);
  expect(zfs.call('describe', 'dir/big')).toBe(-2);
}

const LAYOUTS: [string, bigint, string, number][] = [
  ['a disk', 28n, 'd0', 9],
  ['a disk with sectors of 4 KiB', 28n, 'd0', 12],
  ['two disks', 28n, 'd0 d1', 9],
  ['a mirror', 28n, 'mirror d0 d1', 9],
  ['raidz1 of three', 28n, 'raidz1 d0 d1 d2', 9],
  ['raidz1 of four with 4 KiB', 28n, 'raidz1 d0 d1 d2 d3', 12],
  ['version 23', 23n, 'mirror d0 d1', 9],
];

describe.each(LAYOUTS)('%s', (_, version, vdevs, ashift) => {
  const pool = 'tank';
  test('zdb finds no error and no leak, GRUB reads files, and so do we', () => {
    for (const disk of contents) disk.fill(0);
    ok('createPoolOf', pool, version, paths(vdevs), ashift);
    fill(pool, 'off', 2n, 7n);
    fill(pool, 'lzjb', 3n, 8n);
    fill(pool, 'zle', 14n, 6n);
    fill(pool, 'gzip', 10n, 7n);
    ok('exportPool');
    clearFolder();
    writeDisks(vdevs);
    if (grub) {
      const disks = vdevs.split(' ').filter((word) => /^d\d/.test(word));
      const images = disks.map((disk) => join(folder, disk));
      const file = '/lzjb@one/dir/a name that is too long for an entry of a micro ZAP, 50';
      const { stdout } = spawnSync('grub-fstest', [...images, '-c', String(disks.length), '-r', 'loop0', 'cat', '--', file]);
      expect(stdout.toString()).toBe('50\n'.repeat(50));
    }
    expect(ok('search', paths(vdevs))).toBe(1);
    ok('importFound', 0, 1, LATEST);
    for (const name of ['off', 'lzjb', 'zle', 'gzip']) check(pool, name);
    expect(ok('countBlocks', `${pool}/off@one`, 0n)).toBeGreaterThan(150);
    expect(ok('countBlocks', `${pool}/off@one`, 1n << 40n)).toBe(0);
    // Opened, changed and closed again, it is still a pool to others.
    ok('choose', `${pool}/lzjb`);
    ok('makeFile', 'later', FILE, '');
    ok('exportPool');
    writeDisks(vdevs);
    judge(pool);
  });
});
