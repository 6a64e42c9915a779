// SPDX-License-Identifier: MIT
/** zdb(8) against OpenZFS's: the same labels, and the same datasets with the same figures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadZfs, memoryDisk } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

const openzfs = openZfs();

test('shows what OpenZFS shows', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zdb-'));
  try {
    const paths = ['a', 'b'].map((name) => join(folder, name));
    const contents = paths.map(() => new Uint8Array(64 << 20));
    const zfs = await loadZfs(paths.map((path, index) => memoryDisk(path, contents[index])));
    const zdb = (...words: string[]): { status: number; out: string } => {
      const status = zfs.call('zdb', words.join('\0'));
      return { status, out: zfs.guest.text(zfs.guest.call('answer') as number) };
    };
    expect(zfs.zpool('create', 'tank', 'mirror', ...paths).err).toBe('');
    zfs.call('usePool', 'tank');
    for (const name of ['one', 'one/two']) expect(zfs.call('createFs', `tank/${name}`)).toBe(0);
    zfs.call('choose', 'tank/one');
    for (let i = 0; i < 40; i++) zfs.call('makeFile', `file${i}`, 0o100644n, '');
    zfs.call('writeFile', 'file3', 0n, new Uint8Array(300_000).fill(1));
    expect(zfs.call('snapshot', 'tank/one@now')).toBe(0);
    const datasets = zdb('-d', 'tank');
    expect(datasets.status).toBe(0);
    for (const [index, path] of paths.entries()) writeFileSync(path, contents[index]);
    const labels = zdb('-l', paths[0]);
    if (openzfs) {
      const lines = (text: string): string[] =>
        text
          .split('\n')
          .filter((line) => /^Dataset tank/.test(line))
          .sort();
      expect(lines(datasets.out)).toEqual(lines(openzfs('zdb', ['-e', '-p', folder, '-d', 'tank']).output));
      expect(lines(datasets.out)).toHaveLength(4);
      // OpenZFS's shows equal labels once.
      const first = labels.out.split('LABEL 1')[0].split('\n').slice(1, -2);
      const theirs = openzfs('zdb', ['-l', paths[0]]).output.split('\n').slice(1);
      expect(theirs.filter((line) => !line.startsWith('    labels =') && line !== '')).toEqual(
        first.filter((line) => line !== ''),
      );
    }
    expect(labels.out.match(/^LABEL \d$/gm)).toHaveLength(4);
    expect(zdb('-u', 'tank').out).toMatch(/^\nUberblock:\n\tmagic = 0000000000bab10c\n\tversion = 28\n\ttxg = \d+\n/);
    expect(zdb('-C', 'tank').out).toMatch(/vdev_tree:\n +type: 'root'/);
    expect(zdb('-d', 'none').status).toBe(1);
    expect(zdb('-l', '/none').status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
