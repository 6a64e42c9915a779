// SPDX-License-Identifier: MIT
/** @fileoverview What was promised before one of the two lost power is replayed by the other from its log. The last test kills zfs-fuse. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  contents,
  DIRECTORY,
  disk,
  expectNoLeaks,
  FILE,
  folder,
  hasZfsFuse,
  killTheirs,
  LATEST,
  newDisk,
  ok,
  ours,
  said,
  scrub,
  theirs,
} from './sides.ts';

const sample = (bytes: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * seed) >> 3));

test.skipIf(!hasZfsFuse)(
  'what we had promised before the power failed is replayed by zfs-fuse from our log',
  async () => {
    newDisk('promised');
    const zfs = await ours('promised');
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('promised'), 9);
    ok(zfs, 'createFs', 'ours/whole');
    ok(zfs, 'setNumber', 'ours/whole', 'logbias', 1n);
    const write = (name: string, offset: number, bytes: Buffer): void => {
      ok(zfs, 'writeFile', name, BigInt(offset), bytes);
    };
    ok(zfs, 'choose', 'ours/whole');
    ok(zfs, 'makeFile', 'file', FILE, '');
    ok(zfs, 'fsync', 'file');
    ok(zfs, 'choose', 'ours');
    for (const name of ['old', 'gone', 'moved', 'replaced']) ok(zfs, 'makeFile', name, FILE, '');
    write('moved', 0, Buffer.from('moved'));
    // Both file systems have a log from now on.
    ok(zfs, 'fsync', 'old');
    const group = ok(zfs, 'openGroup');
    const old = sample(400_000, 7);
    write('old', 0, old);
    ok(zfs, 'fsync', 'old');
    const changed = sample(500, 11);
    write('old', 70_000, changed);
    changed.copy(old, 70_000);
    ok(zfs, 'makeFile', 'd', DIRECTORY, '');
    ok(zfs, 'makeFile', 'd/new', FILE, '');
    for (let at = 0; at < 50_000; at += 1000) {
      write('d/new', at, sample(50_000, 13).subarray(at, at + 1000));
      if (at % 5000 === 0) ok(zfs, 'fsync', 'd/new');
    }
    ok(zfs, 'makeFile', 'd/zeros', FILE, '');
    write('d/zeros', 0, Buffer.alloc(200_000));
    ok(zfs, 'makeFile', 'link', 0o120777n, 'd/new');
    ok(zfs, 'rename', 'moved', 'd/there');
    ok(zfs, 'remove', 'gone');
    ok(zfs, 'link', 'd/there', 'hard');
    ok(zfs, 'rename', 'hard', 'replaced');
    ok(zfs, 'makeFile', 'empty', DIRECTORY, '');
    ok(zfs, 'remove', 'empty');
    ok(zfs, 'setAttributes', 'd/there', 0o640n, 7, 8, 1_000_000_000_000_000_000n, 1_100_000_000_000_000_000n);
    for (const name of ['old', 'd/new', 'd/zeros', 'd/there']) ok(zfs, 'fsync', name);
    ok(zfs, 'freeRange', 'old', 1000n, 200_000n);
    old.fill(0, 1000, 201_000);
    ok(zfs, 'truncate', 'old', 300_001n);
    ok(zfs, 'fsync', 'old');
    ok(zfs, 'choose', 'ours/whole');
    write('file', 0, sample(150_000, 17));
    write('file', 3000, sample(10, 19));
    ok(zfs, 'fsync', 'file');
    write('file', 0, Buffer.from('not promised'));
    expect(ok(zfs, 'openGroup')).toBe(group);
    zfs.call('abandon');
    for (const file of zfs.disks) file.close();

    const other = join(folder(), 'after');
    mkdirSync(other);
    theirs('zpool', 'import', '-f', '-d', folder(), '-R', other, 'ours');
    const at = (name: string): string => join(other, 'ours', name);
    expect(readdirSync(at('.')).sort()).toEqual(['d', 'link', 'old', 'replaced', 'whole']);
    expect(readdirSync(at('d')).sort()).toEqual(['new', 'there', 'zeros']);
    expect(readFileSync(at('old')).equals(old.subarray(0, 300_001))).toBe(true);
    expect(readFileSync(at('d/new')).equals(sample(50_000, 13))).toBe(true);
    expect(readFileSync(at('d/zeros')).equals(Buffer.alloc(200_000))).toBe(true);
    expect(readlinkSync(at('link'))).toBe('d/new');
    expect(readFileSync(at('replaced'), 'utf8')).toBe('moved');
    const status = statSync(at('d/there'));
    expect([status.mode, status.nlink, status.uid, status.gid, status.mtimeMs]).toEqual([0o100640, 2, 7, 8, 1_100_000_000_000]);
    const whole = sample(150_000, 17);
    sample(10, 19).copy(whole, 3000);
    expect(readFileSync(at('whole/file')).equals(whole)).toBe(true);
    await scrub('ours');
    theirs('zpool', 'export', 'ours');
  },
  120_000,
);

test.skipIf(!hasZfsFuse)(
  'what zfs-fuse had promised before it was killed is replayed from its log',
  async () => {
    newDisk('log');
    const mount = join(folder(), 'logged');
    theirs('zpool', 'create', '-m', mount, 'logged', disk('log'));
    const at = (name: string): string => join(mount, name);
    /** It promises only what was done through the same descriptor, and what has been done to names. */
    const promise = (name: string, change: (file: number) => void): void => {
      const file = openSync(at(name), existsSync(at(name)) ? 'r+' : 'w');
      change(file);
      fsyncSync(file);
      closeSync(file);
    };
    writeFileSync(at('gone'), 'x');
    writeFileSync(at('moved'), 'moved');
    // The first promise makes the log, once all this is on disk; what follows is in the log alone.
    promise('old', (file) => writeSync(file, sample(300_000, 7)));
    mkdirSync(at('d'));
    promise('d/new', (file) => writeSync(file, sample(200_000, 13)));
    symlinkSync('d/new', at('link'));
    renameSync(at('moved'), at('d/there'));
    rmSync(at('gone'));
    promise('old', (file) => ftruncateSync(file, 100_001));
    promise('d/small', (file) => writeSync(file, 'small'));
    linkSync(at('d/small'), at('hard'));
    promise('d/small', (file) => fchmodSync(file, 0o640));
    await killTheirs();
    execFileSync('umount', ['-l', mount]);
    // Or the next one would look for it.
    rmSync('/var/lib/zfs/zpool.cache', { force: true });

    const zfs = await ours('log');
    expect(zfs.call('search', disk('log'))).toBe(1);
    ok(zfs, 'importFound', 0, 1, LATEST);
    ok(zfs, 'choose', 'logged');
    ok(zfs, 'listDirectory', '');
    expect(said(zfs).split('\n').sort()).toEqual(['d', 'hard', 'link', 'old']);
    ok(zfs, 'listDirectory', 'd');
    expect(said(zfs).split('\n').sort()).toEqual(['new', 'small', 'there']);
    expect(contents(zfs, 'd/new', 200_000).equals(sample(200_000, 13))).toBe(true);
    expect(contents(zfs, 'old', 100_001).equals(sample(300_000, 7).subarray(0, 100_001))).toBe(true);
    const described = (path: string): string => {
      ok(zfs, 'describe', path);
      return said(zfs);
    };
    expect(described('old')).toBe(`${0o100644} 100001 1`);
    expect(described('hard')).toBe(`${0o100640} 5 2`);
    expect(described('link')).toBe(`${0o120777} 5 1 d/new`);
    expect(described('d/there')).toBe(`${0o100644} 5 1`);
    ok(zfs, 'exportPool');
    expectNoLeaks('logged');
  },
  120_000,
);
