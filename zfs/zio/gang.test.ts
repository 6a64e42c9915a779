// SPDX-License-Identifier: MIT
/** Gang blocks, of data and metadata, on every layout: read again, by zdb and GRUB too; damaged and repaired; freed to the last piece. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { randomFrom } from '../../test/crash/load.ts';
import { loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { haveOracles, openZfs } from '../../tools/oracles.js';

vi.setConfig({ testTimeout: 300_000 });
const zdb = openZfs();
const grub = haveOracles('grub-fstest');
const SIZE = 64 << 20;
const FILE = 0o100644n;
let folder: string;
let contents: Uint8Array[];
let zfs: Zfs;
const path = (index: number): string => join(folder, `d${index}`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gang-'));
  contents = Array.from({ length: 3 }, () => new Uint8Array(SIZE));
  zfs = await loadZfs(contents.map((bytes, index) => memoryDisk(path(index), bytes)));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

function call(name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}: ${result}`);
  return result;
}
const ok = (...words: string[]): string => {
  const { out, err, status } = zfs.zpool(...words);
  expect({ words, err, status }).toEqual({ words, err: '', status: 0 });
  return out;
};
const bytes = Buffer.alloc(1_000_000);
const random = randomFrom(5);
for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256;

test.each(['d0', 'd0 d1', 'mirror d0 d1', 'raidz d0 d1 d2'])('%s', (layout) => {
  const words = layout.split(' ');
  const disks = words.filter((word) => word.startsWith('d')).map((word) => Number(word[1]));
  for (const disk of contents) disk.fill(0);
  ok('create', '-f', 'tank', ...words.map((word) => (word.startsWith('d') ? path(Number(word[1])) : word)));
  call('usePool', 'tank');
  call('createFs', 'tank/fs');
  call('choose', 'tank/fs');
  // Gangs within gangs: a third of 128 KiB has no room either.
  call('gangAbove', 12288);
  for (const name of ['one', 'two']) {
    call('makeFile', name, FILE, '');
    call('writeFile', name, 0n, bytes);
  }
  call('sync');
  call('snapshot', 'tank/fs@s');
  call('remove', 'two');
  call('sync');
  call('gangAbove', 0);
  ok('export', 'tank');
  for (const index of disks) writeFileSync(path(index), contents[index]);
  if (zdb) {
    const { output, status } = zdb('zdb', ['-e', '-p', folder, '-bcc', 'tank']);
    expect(output).toContain('No leaks (block sum matches space maps exactly)');
    expect(Number(/ganged count:\s+(\d+)/.exec(output)?.[1])).toBeGreaterThan(10);
    expect(status).toBe(0);
  }
  if (grub) {
    const images = disks.map(path);
    const { stdout } = spawnSync(
      'grub-fstest',
      [...images, '-c', String(disks.length), '-r', 'loop0', 'cat', '--', '/fs@s/two'],
      {
        maxBuffer: 1 << 24,
      },
    );
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  }
  for (const index of disks) rmSync(path(index));
  const redundant = words.length > disks.length;
  if (redundant) for (let at = 4 << 20; at < 12 << 20; at += 7 * 4096) contents[1].fill(1, at, at + 4096);
  ok('import', '-d', folder, 'tank');
  call('usePool', 'tank');
  call('choose', 'tank/fs');
  const read = zfs.read('readFile', bytes.length, 'one', 0n);
  expect(typeof read === 'number' ? read : Buffer.compare(read, bytes)).toBe(0);
  if (redundant) {
    ok('scrub', 'tank');
    while (zfs.call('scanSlice', 1n << 20n) > 0);
    expect(ok('status', 'tank')).toMatch(/scrub repaired (?!0 ).* with 0 errors/);
    ok('scrub', 'tank');
    while (zfs.call('scanSlice', 1n << 20n) > 0);
    expect(ok('status', 'tank')).toMatch(/scrub repaired 0 in .* with 0 errors/);
  }
  ok('export', 'tank');
});
