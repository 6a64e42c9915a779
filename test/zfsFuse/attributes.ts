// SPDX-License-Identifier: MIT
/** @fileoverview Extended attributes and lists of access, between zfs-fuse and us. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unpackedPackage } from '../../tools/oracles.js';
import { randomFrom } from '../crash/load.ts';
import { testSeed } from '../support/seed.ts';
import {
  base,
  contents,
  disk,
  expectNoLeaks,
  FILE,
  folder,
  hasZfsFuse,
  LATEST,
  leave,
  makeFile,
  newDisk,
  ok,
  ours,
  said,
  theirs,
  zfsCommand,
} from './sides.ts';

const attr = hasZfsFuse ? unpackedPackage('attr') : undefined;

test.skipIf(!attr)(
  'extended attributes, of zfs-fuse to us and ours to it',
  async () => {
    const setAttribute = (path: string, name: string, value: string): void => {
      execFileSync(join(attr as string, 'usr/bin/setfattr'), ['-n', name, '-v', value, path]);
    };
    const attribute = (path: string, name: string): string =>
      execFileSync(join(attr as string, 'usr/bin/getfattr'), ['--absolute-names', '--only-values', '-n', name, path], {
        encoding: 'utf8',
      });
    newDisk('named');
    const mount = join(folder(), 'named-by-it');
    theirs('zpool', 'create', '-m', mount, 'fuse', disk('named'));
    for (const name of ['one', 'gone']) {
      writeFileSync(join(mount, name), name);
      setAttribute(join(mount, name), 'user.theirs', `theirs of ${name}`);
    }
    expect(attribute(join(mount, 'one'), 'user.theirs')).toBe('theirs of one');
    theirs('zpool', 'export', 'fuse');

    const zfs = await ours('named');
    expect(ok(zfs, 'search', disk('named'))).toBe(1);
    ok(zfs, 'importFound', 0, 1, LATEST);
    ok(zfs, 'choose', 'fuse');
    ok(zfs, 'listDirectory', 'one/@/');
    expect(said(zfs)).toBe('user.theirs');
    expect(contents(zfs, 'one/@/user.theirs', 13).toString()).toBe('theirs of one');
    makeFile(zfs, 'one/@/user.ours', Buffer.from('ours of one'));
    ok(zfs, 'makeFile', 'two', FILE, '');
    ok(zfs, 'makeExtended', 'two');
    makeFile(zfs, 'two/@/user.ours', Buffer.from('ours of two'));
    ok(zfs, 'remove', 'gone');
    leave(zfs);

    theirs('zpool', 'import', '-d', folder(), 'fuse');
    expect(readdirSync(mount).sort()).toEqual(['one', 'two']);
    expect(attribute(join(mount, 'one'), 'user.theirs')).toBe('theirs of one');
    for (const name of ['one', 'two']) expect(attribute(join(mount, name), 'user.ours')).toBe(`ours of ${name}`);
    theirs('zpool', 'export', 'fuse');
    expectNoLeaks('fuse');
    rmSync(disk('named'));
  },
  120_000,
);

test.skipIf(!hasZfsFuse)(
  'lists of access that we make allow the same to zfs-fuse as to us, and it makes no others of them',
  async () => {
    const random = randomFrom(testSeed());
    const below = (n: number): number => Math.floor(random() * n);
    newDisk('acl');
    const zfs = await ours('acl');
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('acl'), 9);
    ok(zfs, 'choose', 'ours');
    const users = [
      { uid: 2001, gid: 3001 },
      { uid: 2002, gid: 3002 },
      { uid: 2003, gid: 3002 },
    ];
    const ABOUT = [0x1000, 0x2040, 0x4000, 0, 0, 0x40];
    const ATTRIBUTES = Buffer.from('ffffffff8000120000400000', 'hex');
    const FILES = 24;
    const READ = 1;
    const WRITE = 2;
    for (let file = 0; file < FILES; file++) {
      const name = `f${file}`;
      makeFile(zfs, name, Buffer.from(name));
      const { uid, gid } = users[below(users.length)];
      ok(zfs, 'setAttributes', name, 0o644n, uid, gid, 0n, 0n);
      // Some have room in the structure, others are objects of their own.
      const entries = Array.from({ length: 1 + below(12) }, () => {
        const about = ABOUT[below(ABOUT.length)];
        const bytes = Buffer.alloc(12);
        const { uid, gid } = users[below(users.length)];
        bytes.writeUInt32LE(about === 0 ? uid : about === 0x40 ? gid : 0xffff_ffff, 0);
        bytes.writeUInt32LE(below(4) | (below(2) * 0x20), 4);
        bytes.writeUInt16LE(about, 8);
        bytes.writeUInt16LE(below(2), 10);
        return bytes;
      });
      // Who may not see attributes is told nothing at all.
      ok(zfs, 'setAces', name, Buffer.concat([...entries, ATTRIBUTES]));
    }
    const expected = Array.from({ length: FILES }, (_, file) =>
      users.map(({ uid, gid }) => [READ, WRITE].map((right) => ok(zfs, 'missingRights', `f${file}`, uid, gid, right) === 0)),
    );
    const modes = Array.from({ length: FILES }, (_, file) => {
      ok(zfs, 'describe', `f${file}`);
      return Number(said(zfs).split(' ')[0]);
    });
    const mount = join(folder(), 'lists');
    zfsCommand(zfs, `set mountpoint=${mount} ours`);
    leave(zfs);

    for (const directory of [base(), folder()]) chmodSync(directory, 0o755);
    theirs('zpool', 'import', '-d', folder(), 'ours');
    const may = (who: (typeof users)[0], program: string, ...words: string[]): boolean =>
      spawnSync(program, words, { ...who, stdio: 'ignore' }).status === 0;
    for (let file = 0; file < FILES; file++) {
      const path = join(mount, `f${file}`);
      const allowed = users.map((who) => [may(who, 'test', '-r', path), may(who, 'test', '-w', path)]);
      expect({ file, allowed, mode: statSync(path).mode }).toEqual({ file, allowed: expected[file], mode: modes[file] });
    }
    theirs('zpool', 'export', 'ours');
    expectNoLeaks('ours');
  },
  120_000,
);
