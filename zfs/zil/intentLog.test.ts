// SPDX-License-Identifier: MIT
/**
 * What fsync has promised is there after the power has failed, though no transaction group was synced since: other implementations find the same
 * records (zdb here, zfs-fuse in test/zfsFuse/zfsFuse.test.ts). Every instant of a load: test/crash.
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
const LINK = 0o120777n;
const SIZE = 64 << 20;
const ALWAYS = 1n;
const DISABLED = 2n;

// zdb takes seconds, and more beside others.
vi.setConfig({ testTimeout: 300_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'intent-log-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const zdb = openZfs();

/** A pool on disks in memory, which outlive the ZFS that made it. */
class Disks {
  readonly paths: readonly string[];
  readonly #contents: Uint8Array[];
  writes = 0;
  flushes = 0;
  failsAfter = -1;

  constructor(names: readonly string[]) {
    this.paths = names.map((name) => join(folder, name));
    this.#contents = names.map(() => new Uint8Array(SIZE));
  }
  load(): Promise<Zfs> {
    return loadZfs(
      this.paths.map((path, index) => {
        const disk = memoryDisk(path, this.#contents[index]);
        return {
          ...disk,
          write: (offset, from) => {
            this.writes++;
            // One write fails, after some that do not.
            if (this.failsAfter >= 0 && this.failsAfter-- === 0) return false;
            return disk.write(offset, from);
          },
          flush: () => {
            this.flushes++;
            return true;
          },
        };
      }),
    );
  }
  zdb(...words: string[]): string {
    if (!zdb) return '';
    for (const [index, path] of this.paths.entries()) writeFileSync(path, this.#contents[index]);
    const { output } = zdb('zdb', ['-e', '-p', folder, ...words, 'tank']);
    for (const path of this.paths) rmSync(path);
    return output;
  }
}

function ok(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}(${values[0]}): ${result}`);
  return result;
}
const said = (zfs: Zfs): string => zfs.guest.text(zfs.guest.call('answer') as number);
async function afterFailure(disks: Disks): Promise<Zfs> {
  const zfs = await disks.load();
  expect(zfs.call('search', disks.paths.join(' '))).toBe(1);
  ok(zfs, 'importFound', 0, 1, LATEST);
  ok(zfs, 'choose', 'tank');
  return zfs;
}
const sample = (bytes: number, seed: number): Buffer => Buffer.from({ length: bytes }, (_, i) => (i * seed) >> 3);
function text(zfs: Zfs, path: string): string {
  const bytes = zfs.read('readFile', 1000, path, 0n);
  return typeof bytes === 'number' ? `error ${bytes}` : Buffer.from(bytes).toString();
}
function names(zfs: Zfs, path: string): string[] {
  ok(zfs, 'listDirectory', path);
  return said(zfs).split('\n').sort();
}

/** A list of access: 40 users may read, and so may the owning group. */
const LIST = Buffer.alloc(41 * 12);
for (let i = 0; i <= 40; i++) {
  LIST.writeUInt32LE(i < 40 ? 100 + i : 0xffff_ffff, i * 12);
  LIST.writeUInt32LE(1, i * 12 + 4);
  LIST.writeUInt16LE(i < 40 ? 0 : 0x2040, i * 12 + 8);
}

test.each([
  ['d0', 28n],
  ['mirror d0 d1', 28n],
  ['raidz1 d0 d1 d2', 28n],
  ['raidz1 d0 d1 d2', 23n],
])('%s, version %d: promises of every kind', async (layout, version) => {
  const disks = new Disks(layout.split(' ').filter((word) => /^d/.test(word)));
  const zfs = await disks.load();
  ok(
    zfs,
    'createPoolOf',
    'tank',
    version,
    layout.replace(/d(\d)/g, (name) => join(folder, name)),
    9,
  );
  ok(zfs, 'choose', 'tank');
  ok(zfs, 'makeFile', 'old', FILE, '');
  ok(zfs, 'writeFile', 'old', 0n, Buffer.from('as it was'));
  ok(zfs, 'makeFile', 'gone', FILE, '');
  // The first makes the log, which takes a group.
  ok(zfs, 'fsync', 'old');
  const group = ok(zfs, 'openGroup');
  disks.writes = disks.flushes = 0;
  ok(zfs, 'writeFile', 'old', 6n, Buffer.from('is now'));
  ok(zfs, 'fsync', 'old');
  // One block for each disk, and parity.
  expect(disks.writes).toBeLessThanOrEqual(disks.paths.length);
  expect(disks.flushes).toBe(disks.paths.length);
  ok(zfs, 'fsync', 'old');
  expect(disks.flushes).toBe(disks.paths.length);

  ok(zfs, 'makeFile', 'd', DIRECTORY, '');
  ok(zfs, 'makeFile', 'd/large', FILE, '');
  ok(zfs, 'writeFile', 'd/large', 0n, sample(300_000, 7));
  ok(zfs, 'writeFile', 'd/large', 1000n, Buffer.from('in between'));
  ok(zfs, 'freeRange', 'd/large', 5000n, 9000n);
  ok(zfs, 'makeFile', 'd/link', LINK, '../old');
  ok(zfs, 'makeFile', 'unpromised', FILE, '');
  ok(zfs, 'writeFile', 'unpromised', 0n, Buffer.from('lost'));
  ok(zfs, 'remove', 'gone');
  ok(zfs, 'rename', 'old', 'd/moved');
  ok(zfs, 'link', 'd/moved', 'hard');
  ok(zfs, 'fsync', 'd/large');
  ok(zfs, 'setAttributes', 'hard', 0o4600n, 7, 8, 1_000_000_000_000_000_000n, 1_100_000_000_000_000_001n);
  ok(zfs, 'fsync', 'hard');
  ok(zfs, 'setAces', 'hard', LIST);
  ok(zfs, 'fsync', 'hard');
  ok(zfs, 'truncate', 'd/large', 200_001n);
  ok(zfs, 'writeFile', 'd/large', 250_000n, Buffer.from('end'));
  ok(zfs, 'fsync', 'd/large');
  // Its contents are moot; a file that gets its number has none of them.
  ok(zfs, 'makeFile', 'short', FILE, '');
  ok(zfs, 'writeFile', 'short', 0n, Buffer.from('of a file that goes'));
  ok(zfs, 'remove', 'short');
  ok(zfs, 'makeFile', 'next', FILE, '');
  ok(zfs, 'fsync', 'next');
  expect(ok(zfs, 'openGroup')).toBe(group);
  zfs.call('abandon');

  if (zdb) {
    expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
    const records = disks.zdb('-ivv');
    for (const [kind, count] of [
      ['CREATE', 4],
      ['MKDIR', 1],
      ['SYMLINK', 1],
      ['REMOVE', 2],
      ['LINK', 1],
      ['RENAME', 1],
      ['TRUNCATE', 2],
      ['SETATTR', 3],
      ['ACL_ACL', 1],
    ])
      expect(records).toMatch(new RegExp(`TX_${kind} +${count}\n`));
  }
  const after = await afterFailure(disks);
  expect(names(after, '')).toEqual(['d', 'hard', 'next', 'unpromised']);
  expect(names(after, 'd')).toEqual(['large', 'link', 'moved']);
  expect(text(after, 'd/moved')).toBe('as it is now');
  expect(text(after, 'unpromised')).toBe('');
  expect(text(after, 'next')).toBe('');
  ok(after, 'describe', 'hard');
  expect(said(after)).toBe(`${0o104040} 12 2`);
  expect(Buffer.from(after.read('readAces', 4000, 'hard') as Uint8Array).equals(LIST)).toBe(true);
  ok(after, 'describe', 'd/link');
  expect(said(after)).toBe(`${0o120777} 6 1 ../old`);
  const large = sample(300_000, 7);
  large.write('in between', 1000);
  large.fill(0, 5000, 14_000);
  large.fill(0, 200_001);
  large.write('end', 250_000);
  const read = after.read('readFile', 300_000, 'd/large', 0n);
  expect(typeof read !== 'number' && Buffer.compare(read, large.subarray(0, 250_003))).toBe(0);
  ok(after, 'exportPool');
  if (zdb) expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
});

const EIO = -5;
const CHANGES: [string, ...(number | bigint | string | Uint8Array)[]][] = [
  ['writeFile', 'file', 0n, Buffer.from('more')],
  ['makeFile', 'new', 0o100644n, ''],
  ['makeFile', 'new', 0o40755n, ''],
  ['makeFile', 'new', 0o120777n, 'target'],
  ['remove', 'file'],
  ['remove', 'directory'],
  ['rename', 'file', 'renamed'],
  ['link', 'file', 'hard'],
  ['truncate', 'file', 1n],
  ['freeRange', 'file', 0n, 2n],
  ['setAttributes', 'file', 0o600n, -1, -1, 0n, 0n],
  ['makeExtended', 'file'],
];

test.each(CHANGES)('with sync=always %s tells that it could not be kept', { timeout: 300_000 }, async (...change) => {
  const disk = memoryDisk('/d0', new Uint8Array(64 << 20));
  let isBroken = false;
  const zfs = await loadZfs([{ ...disk, write: (offset, from) => !isBroken && disk.write(offset, from) }]);
  ok(zfs, 'createPoolOf', 'tank', 28n, '/d0', 9);
  ok(zfs, 'createFs', 'tank/always');
  ok(zfs, 'setNumber', 'tank/always', 'sync', ALWAYS);
  ok(zfs, 'choose', 'tank/always');
  ok(zfs, 'makeFile', 'file', 0o100644n, '');
  ok(zfs, 'writeFile', 'file', 0n, Buffer.from('text'));
  ok(zfs, 'makeFile', 'directory', 0o40755n, '');
  isBroken = true;
  expect(zfs.call(...change)).toBe(EIO);
});

test('sync=always and sync=disabled', async () => {
  const disks = new Disks(['d0']);
  const zfs = await disks.load();
  ok(zfs, 'createPoolOf', 'tank', 28n, disks.paths[0], 9);
  for (const [name, value] of [
    ['always', ALWAYS],
    ['disabled', DISABLED],
  ] as const) {
    ok(zfs, 'createFs', `tank/${name}`);
    ok(zfs, 'setNumber', `tank/${name}`, 'sync', value);
  }
  ok(zfs, 'sync');
  for (const name of ['always', 'disabled']) {
    ok(zfs, 'choose', `tank/${name}`);
    ok(zfs, 'makeFile', 'file', FILE, '');
    ok(zfs, 'writeFile', 'file', 0n, Buffer.from('written'));
    ok(zfs, 'fsync', 'file');
  }
  zfs.call('abandon');
  const after = await afterFailure(disks);
  ok(after, 'choose', 'tank/always');
  expect(text(after, 'file')).toBe('written');
  ok(after, 'choose', 'tank/disabled');
  expect(names(after, '')).toEqual(['']);
  ok(after, 'exportPool');
});

test('a snapshot, a clone and a rollback have no log', async () => {
  const disks = new Disks(['d0']);
  const zfs = await disks.load();
  ok(zfs, 'createPoolOf', 'tank', 28n, disks.paths[0], 9);
  ok(zfs, 'createFs', 'tank/fs');
  ok(zfs, 'choose', 'tank/fs');
  ok(zfs, 'makeFile', 'file', FILE, '');
  const write = (words: string): void => {
    ok(zfs, 'writeFile', 'file', 0n, Buffer.from(words));
    ok(zfs, 'fsync', 'file');
  };
  write('one');
  write('two');
  ok(zfs, 'snapshot', 'tank/fs@s');
  ok(zfs, 'clone', 'tank/fs@s', 'tank/clone');
  write('three');
  write('seven');
  ok(zfs, 'command', 'zfs\nrollback\ntank/fs@s');
  ok(zfs, 'choose', 'tank/fs');
  write('six');
  write('ten');
  zfs.call('abandon');
  if (zdb) expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
  const after = await afterFailure(disks);
  ok(after, 'choose', 'tank/clone');
  expect(text(after, 'file')).toBe('two');
  ok(after, 'choose', 'tank/fs');
  expect(text(after, 'file')).toBe('ten');
  ok(after, 'command', 'zfs\ndestroy\n-R\ntank/fs');
  ok(after, 'exportPool');
  if (zdb) expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
});

test('a block that cannot be written, in one piece or as a gang, leaves its places free', async () => {
  const disks = new Disks(['d0']);
  const zfs = await disks.load();
  ok(zfs, 'createPoolOf', 'tank', 28n, disks.paths[0], 9);
  ok(zfs, 'setNumber', 'tank', 'compression', 0n);
  ok(zfs, 'choose', 'tank');
  for (const name of ['file', 'other']) ok(zfs, 'makeFile', name, FILE, '');
  let at = 0;
  for (const [gangAbove, failing] of [
    [0, 0],
    [20_000, 0],
    [20_000, 2],
    [20_000, 3],
    [10_000, 1],
    [10_000, 7],
  ]) {
    // There is a log again.
    for (let i = 0; i < 3; i++) {
      ok(zfs, 'writeFile', 'other', BigInt(at * 10 + i), Buffer.from('x'));
      ok(zfs, 'fsync', 'other');
    }
    ok(zfs, 'gangAbove', gangAbove);
    const group = ok(zfs, 'openGroup');
    ok(zfs, 'writeFile', 'file', BigInt(at * 131_072), sample(131_072, 11 + at));
    disks.failsAfter = failing;
    ok(zfs, 'fsync', 'file');
    expect(disks.failsAfter).toBe(-1);
    // The group was synced instead.
    expect(ok(zfs, 'openGroup')).toBeGreaterThan(group);
    ok(zfs, 'gangAbove', 0);
    at++;
  }
  zfs.call('abandon');
  if (zdb) expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
  const after = await afterFailure(disks);
  for (let i = 0; i < at; i++) {
    expect(
      Buffer.from(after.read('readFile', 131_072, 'file', BigInt(i * 131_072)) as Uint8Array).equals(sample(131_072, 11 + i)),
    ).toBe(true);
  }
  ok(after, 'exportPool');
});

test('a log that finds no room is given up for a group', async () => {
  const disks = new Disks(['d0']);
  const zfs = await disks.load();
  ok(zfs, 'createPoolOf', 'tank', 28n, disks.paths[0], 9);
  ok(zfs, 'choose', 'tank');
  ok(zfs, 'makeFile', 'file', FILE, '');
  ok(zfs, 'fsync', 'file');
  // As if no piece of free space were large enough.
  ok(zfs, 'gangAbove', 4095);
  for (const words of ['one', 'two', 'three']) {
    const group = ok(zfs, 'openGroup');
    ok(zfs, 'writeFile', 'file', 0n, Buffer.from(words));
    ok(zfs, 'fsync', 'file');
    expect(ok(zfs, 'openGroup')).toBe(group + 1);
  }
  zfs.call('abandon');
  if (zdb) expect(disks.zdb('-bcc')).toContain('No leaks (block sum matches space maps exactly)');
  const after = await afterFailure(disks);
  expect(text(after, 'file')).toBe('three');
  ok(after, 'exportPool');
});
