// SPDX-License-Identifier: MIT
/** `./diorama zpool` on a pool in files: listed, read, extracted, examined, and left as it was. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { zpoolCommand } from './command.ts';
import { fileDisk, loadZfs } from './host.ts';

vi.setConfig({ testTimeout: 200_000 });
const FILE = 0o100644n;
let folder: string;
let files: string[];
const bytes = Buffer.alloc(2_500_000, 'what a file holds\n');
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zpool-'));
  files = ['left', 'right'].map((name) => join(folder, name));
  for (const file of files) {
    writeFileSync(file, '');
    truncateSync(file, 64 << 20);
  }
  const disks = files.map((file) => fileDisk(file, true));
  const zfs = await loadZfs(disks);
  const call = (name: string, ...values: (number | bigint | string | Uint8Array)[]): void => {
    const result = zfs.call(name, ...values);
    if (result < 0) throw new Error(`${name}: ${result}`);
  };
  expect(zfs.zpool('create', 'tank', 'mirror', ...files).err).toBe('');
  call('usePool', 'tank');
  call('createFs', 'tank/fs');
  call('choose', 'tank/fs');
  call('makeFile', 'dir', 0o40755n, '');
  call('makeFile', 'dir/big', FILE, '');
  for (let at = 0; at < bytes.length; at += 500_000) call('writeFile', 'dir/big', BigInt(at), bytes.subarray(at, at + 500_000));
  call('makeFile', 'dir/link', 0o120777n, 'big');
  call('snapshot', 'tank/fs@one');
  call('remove', 'dir/big');
  expect(zfs.zpool('export', 'tank').err).toBe('');
  for (const disk of disks) disk.close();
}, 200_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...words: string[]): Promise<{ out: Buffer; err: string; status: number }> {
  const parts: Buffer[] = [];
  let err = '';
  const status = await zpoolCommand(words, {
    out: (text) => void parts.push(Buffer.from(text as string)),
    err: (text) => {
      err += text;
    },
  });
  return { out: Buffer.concat(parts), err, status };
}

test('lists, reads and extracts, and writes nothing', async () => {
  const digest = (): string[] => files.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
  const before = digest();
  expect((await run('import', ...files)).out.toString()).toMatch(/pool: tank\n +id: \d+\n +state: ONLINE/);
  expect((await run('zfs', ...files)).out.toString().split('\n').sort()).toEqual(['', 'tank', 'tank/fs', 'tank/fs@one']);
  expect((await run('list', ...files, '--', '-Ho', 'name,health')).out.toString()).toBe('tank\tONLINE\n');
  expect((await run('ls', ...files, '--', 'tank/fs@one:/dir')).out.toString()).toBe('big\nlink\n');
  expect(Buffer.compare((await run('cat', ...files, '--', 'tank/fs@one:/dir/big')).out, bytes)).toBe(0);
  expect((await run('extract', ...files, '--', 'tank/fs@one:', join(folder, 'out'))).status).toBe(0);
  expect(Buffer.compare(readFileSync(join(folder, 'out/dir/big')), bytes)).toBe(0);
  expect(readlinkSync(join(folder, 'out/dir/link'))).toBe('big');
  expect((await run('scrub', ...files)).out.toString()).toMatch(/scrub repaired 0 in .* with 0 errors/);
  expect(digest()).toEqual(before);
});

test('says what is not there', async () => {
  expect(await run('cat', ...files, '--', 'tank/fs:/dir/big')).toMatchObject({
    err: 'tank/fs:/dir/big: No such file or directory\n',
    status: 1,
  });
  expect(await run('ls', ...files, '--', 'tank/none:/')).toMatchObject({
    err: "cannot open 'tank/none': dataset does not exist\n",
    status: 1,
  });
  expect((await run('import', join(folder, 'out/dir/big'))).err).toBe('no pools available to import\n');
  expect((await run('import', join(folder, 'nothing'))).err).toMatch(/^cannot open '.*nothing': ENOENT/);
  expect((await run('frobnicate', ...files)).status).toBe(2);
  // One side is enough, and the state says that the other is not there.
  expect((await run('status', files[0])).out.toString()).toMatch(/state: DEGRADED/);
});
