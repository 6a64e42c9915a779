// SPDX-License-Identifier: MIT
/** @fileoverview Whole pools, of zfs-fuse to us and back, and ours to it: every file, and who has how much. */
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import type { Zfs } from '../../toolchain/zfs/host.ts';
import {
  compare,
  DIRECTORY,
  disk,
  folder,
  hasZfsFuse,
  LATEST,
  leave,
  makeFile,
  newDisk,
  ok,
  ours,
  said,
  scrub,
  theirs,
  zfsCommand,
} from './sides.ts';

/** Who has how many bytes, of users and groups without names. zfs-fuse tells it in K, with at least two digits. */
function theirOwners(name: string): Map<string, number> {
  const lines = theirs('zfs', 'userspace', name).matchAll(/^used (user|group) +(\d+) ([\d.]+)K$/gm);
  return new Map([...lines].map(([, kind, id, size]) => [`${kind} ${id}`, Number(size) * 1024]));
}
function ourOwners(zfs: Zfs, name: string): Map<string, number> {
  const lines = zfsCommand(zfs, `userspace -Hnp -t all ${name}`).matchAll(/^POSIX (User|Group)\t(\d{4,})\t(\d+)\t/gm);
  return new Map([...lines].map(([, kind, id, bytes]) => [`${kind.toLowerCase()} ${id}`, Number(bytes)]));
}
function expectSame(ours: Map<string, number>, theirs: Map<string, number>): void {
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [owner, bytes] of ours) expect(Math.abs(bytes - (theirs.get(owner) ?? 0))).toBeLessThanOrEqual(512);
}

test.skipIf(!hasZfsFuse)(
  'a mirror of zfs-fuse with compression and a snapshot, to us and back',
  async () => {
    for (const name of ['a', 'b']) newDisk(name);
    const mount = join(folder(), 'mnt');
    theirs('zpool', 'create', '-m', mount, 'fuse', 'mirror', disk('a'), disk('b'));
    theirs('zfs', 'create', '-o', 'compression=gzip', 'fuse/gzip');
    theirs('zfs', 'create', '-o', 'compression=lzjb', '-o', 'checksum=sha256', 'fuse/lzjb');
    const source = join(projectRoot(), 'toolchain');
    cpSync(source, join(mount, 'gzip/t'), { recursive: true });
    cpSync(source, join(mount, 'lzjb/t'), { recursive: true });
    symlinkSync('t/asc', join(mount, 'lzjb/link'));
    for (const name of readdirSync(source))
      chownSync(join(mount, 'lzjb/t', name), 61001 + (name.length % 3), 62001 + (name.length % 2));
    theirs('zfs', 'snapshot', 'fuse/lzjb@before');
    const before = theirOwners('fuse/lzjb@before');
    expect(before.size).toBe(5);
    rmSync(join(mount, 'lzjb/t/asc'), { recursive: true });
    theirs('zpool', 'export', 'fuse');

    const zfs = await ours('a', 'b');
    expect(ok(zfs, 'search', `${disk('a')} ${disk('b')}`)).toBe(1);
    expect(said(zfs)).toMatch(/^fuse \d+ 1 23\n$/);
    expect(zfs.call('importFound', 0, 1, LATEST) && said(zfs)).toBe(0);
    ok(zfs, 'choose', 'fuse/gzip');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    ok(zfs, 'choose', 'fuse/lzjb@before');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    ok(zfs, 'choose', 'fuse/lzjb');
    expect(zfs.call('describe', 't/asc')).toBe(-2);
    expectSame(ourOwners(zfs, 'fuse/lzjb@before'), before);
    ok(zfs, 'choose', 'fuse/lzjb');
    // Now we write.
    const text = 'written by others\n'.repeat(10_000);
    ok(zfs, 'makeFile', 'new', DIRECTORY, '');
    makeFile(zfs, 'new/file', Buffer.from(text));
    ok(zfs, 'remove', 't/link/link.ts');
    ok(zfs, 'setAttributes', 'new/file', 0o640n, 61002, 62077, 0n, 0n);
    ok(zfs, 'snapshot', 'fuse/lzjb@after');
    const after = ourOwners(zfs, 'fuse/lzjb@after');
    leave(zfs);

    theirs('zpool', 'import', '-d', folder(), 'fuse');
    expect(readFileSync(join(mount, 'lzjb/new/file'), 'utf8')).toBe(text);
    expect(existsSync(join(mount, 'lzjb/t/link/link.ts'))).toBe(false);
    expect(after.get('group 62077')).toBeGreaterThan(1000);
    expectSame(after, theirOwners('fuse/lzjb@after'));
    expect(theirs('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/lzjb')).toBe(
      'fuse/lzjb\nfuse/lzjb@before\nfuse/lzjb@after\n',
    );
    writeFileSync(join(mount, 'lzjb/again'), 'and again');
    await scrub('fuse');
    theirs('zpool', 'export', 'fuse');
  },
  120_000,
);

test.skipIf(!hasZfsFuse)(
  'a raidz pool of ours of version 23, to zfs-fuse',
  async () => {
    const names = ['c', 'd', 'e'];
    for (const name of names) newDisk(name, 64);
    const zfs = await ours(...names);
    ok(zfs, 'createPoolOf', 'ours', 23n, ['raidz1', ...names.map(disk)].join(' '), 9);
    ok(zfs, 'choose', 'ours');
    const source = join(projectRoot(), 'toolchain/asc');
    for (const name of readdirSync(source)) {
      makeFile(zfs, name, readFileSync(join(source, name)));
    }
    leave(zfs);
    const other = join(folder(), 'other');
    mkdirSync(other);
    theirs('zpool', 'import', '-d', folder(), '-R', other, 'ours');
    const mounted = join(other, 'ours');
    for (const name of readdirSync(source))
      expect(readFileSync(join(mounted, name)).equals(readFileSync(join(source, name)))).toBe(true);
    theirs('zpool', 'export', 'ours');
  },
  120_000,
);
