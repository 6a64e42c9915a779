// SPDX-License-Identifier: MIT
/**
 * Extended attributes: made, promised, replayed, and gone with their files; zdb judges. zfs-fuse exchanges them in test/zfsFuse/zfsFuse.test.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

const LATEST = 0xffff_ffff_ffff_ffffn;
const FILE = 0o100644n;
const DIRECTORY = 0o40755n;
const EINVAL = -22;
const ENOENT = -2;

// zdb takes seconds, and more beside others.
vi.setConfig({ testTimeout: 300_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'extended-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ok(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}(${values[0]}): ${result}`);
  return result;
}
const said = (zfs: Zfs): string => zfs.guest.text(zfs.guest.call('answer') as number);
const zdb = openZfs();

test.each([28n, 23n])('version %d', async (version) => {
  const path = join(folder, 'd0');
  const bytes = new Uint8Array(64 << 20);
  const judge = (...words: string[]): string => {
    if (!zdb) return '';
    writeFileSync(path, bytes);
    return zdb('zdb', ['-e', '-p', folder, ...words]).output;
  };
  const zfs = await loadZfs([memoryDisk(path, bytes)]);
  ok(zfs, 'createPoolOf', 'tank', version, path, 9);
  ok(zfs, 'choose', 'tank');
  for (const name of ['file', 'other']) ok(zfs, 'makeFile', name, FILE, '');
  ok(zfs, 'makeFile', 'directory', DIRECTORY, '');
  expect(zfs.call('listDirectory', 'file/@/')).toBe(ENOENT);
  // The first makes the log; what follows is in the log alone.
  ok(zfs, 'fsync', 'file');
  const group = ok(zfs, 'openGroup');
  for (const name of ['file', 'other', 'directory']) {
    ok(zfs, 'makeExtended', name);
    for (const attribute of ['user.one', 'user.two']) {
      ok(zfs, 'makeFile', `${name}/@/${attribute}`, FILE, '');
      ok(zfs, 'writeFile', `${name}/@/${attribute}`, 0n, Buffer.from(`${attribute} of ${name}`));
      ok(zfs, 'fsync', `${name}/@/${attribute}`);
    }
  }
  // Nothing but files, and none leaves it.
  expect(zfs.call('makeFile', 'file/@/directory', DIRECTORY, '')).toBe(EINVAL);
  expect(zfs.call('rename', 'file/@/user.one', 'elsewhere')).toBe(EINVAL);
  expect(zfs.call('link', 'other', 'file/@/linked')).toBe(EINVAL);
  expect(ok(zfs, 'openGroup')).toBe(group);
  zfs.call('abandon');
  if (zdb) {
    expect(judge('-bcc', 'tank')).toContain('No leaks (block sum matches space maps exactly)');
    expect(judge('-ivv', 'tank')).toMatch(/TX_MKXATTR +3\n/);
  }

  const after = await loadZfs([memoryDisk(path, bytes)]);
  expect(after.call('search', path)).toBe(1);
  ok(after, 'importFound', 0, 1, LATEST);
  ok(after, 'choose', 'tank');
  for (const name of ['file', 'other', 'directory']) {
    for (const attribute of ['user.one', 'user.two']) {
      const read = after.read('readFile', 100, `${name}/@/${attribute}`, 0n);
      expect(typeof read === 'number' ? read : Buffer.from(read).toString()).toBe(`${attribute} of ${name}`);
    }
  }
  ok(after, 'sync');
  const attributes = (): number => (judge('-dddd', 'tank/').match(/^\txattr\t[1-9]/gm) ?? []).length;
  if (zdb) expect(attributes()).toBe(3);
  ok(after, 'remove', 'file/@/user.one');
  ok(after, 'listDirectory', 'file/@/');
  expect(said(after)).toBe('user.two');
  // They go with their files.
  ok(after, 'remove', 'other');
  ok(after, 'remove', 'directory');
  ok(after, 'sync');
  if (zdb) {
    expect(attributes()).toBe(1);
    const objects = judge('-dddd', 'tank/');
    expect(objects).not.toContain('user.one');
    expect(objects.match(/ZFS plain file/g)).toHaveLength(2);
  }
  ok(after, 'exportPool');
  if (zdb) expect(judge('-bcc', 'tank')).toContain('No leaks (block sum matches space maps exactly)');
});
