// SPDX-License-Identifier: MIT
/** @fileoverview Streams of zfs send, between zfs-fuse and us. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import {
  compare,
  contents,
  disk,
  folder,
  giveStream,
  hasZfsFuse,
  leave,
  makeFile,
  newDisk,
  ok,
  ours,
  takeStream,
  theirStream,
  theirs,
  zfsCommand,
} from './sides.ts';

test.skipIf(!hasZfsFuse)(
  'streams of zfs-fuse to us, with its properties, and ours to it',
  async () => {
    for (const name of ['s', 't']) newDisk(name);
    const stream = (...words: string[]): Buffer => theirStream(['send', ...words]);
    const mount = join(folder(), 'streams');
    theirs('zpool', 'create', '-m', mount, 'fuse', disk('s'));
    theirs('zfs', 'create', '-o', 'compression=gzip', 'fuse/one');
    theirs('zfs', 'create', 'fuse/one/two');
    const source = join(projectRoot(), 'toolchain');
    cpSync(source, join(mount, 'one/t'), { recursive: true });
    writeFileSync(join(mount, 'one/two/file'), 'first\n');
    theirs('zfs', 'snapshot', '-r', 'fuse/one@a');
    const full = stream('-R', 'fuse/one@a');
    rmSync(join(mount, 'one/t/asc'), { recursive: true });
    writeFileSync(join(mount, 'one/two/file'), 'second\n'.repeat(10_000));
    truncateSync(join(mount, 'one/t/tsconfig.json'), 10);
    theirs('zfs', 'snapshot', '-r', 'fuse/one@b');
    const later = stream('-R', '-I', 'a', 'fuse/one@b');
    const now = join(folder(), 'now');
    cpSync(join(mount, 'one'), now, { recursive: true });
    rmSync(join(now, 'two'), { recursive: true });
    mkdirSync(join(now, 'two'));

    const zfs = await ours('t');
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('t'), 9);
    giveStream(zfs, full);
    zfsCommand(zfs, 'receive ours/copy');
    ok(zfs, 'choose', 'ours/copy@a');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    const ratioOf = (text: string) => Number(text.replace(/x\n$/, ''));
    const ratio = ratioOf(theirs('zfs', 'get', '-H', '-o', 'value', 'compressratio', 'fuse/one@a'));
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratioOf(zfsCommand(zfs, 'get -H -o value compressratio ours/copy@a'))).toBeCloseTo(ratio, 1);
    expect(zfsCommand(zfs, 'get -H -o value compressratio ours/copy/two@a')).toBe(
      theirs('zfs', 'get', '-H', '-o', 'value', 'compressratio', 'fuse/one/two@a'),
    );
    giveStream(zfs, later);
    zfsCommand(zfs, 'receive ours/copy');
    ok(zfs, 'choose', 'ours/copy');
    expect(compare(zfs, '', now)).toBeGreaterThan(50);
    ok(zfs, 'choose', 'ours/copy/two');
    expect(contents(zfs, 'file', 70_000).toString()).toBe('second\n'.repeat(10_000));
    expect(zfsCommand(zfs, 'get -H -o value,source compression ours/copy')).toBe('gzip\treceived\n');

    // What we have received and changed goes back.
    ok(zfs, 'choose', 'ours/copy');
    makeFile(zfs, 'added', Buffer.from('added here\n'));
    ok(zfs, 'remove', 't/link/link.ts');
    zfsCommand(zfs, 'snapshot -r ours/copy@c');
    const receive = (words: string[], bytes: Buffer): void => {
      theirStream(['receive', ...words], bytes);
    };
    zfsCommand(zfs, 'send -i b ours/copy@c');
    receive(['-F', 'fuse/one'], takeStream(zfs));
    expect(readFileSync(join(mount, 'one/added'), 'utf8')).toBe('added here\n');
    expect(existsSync(join(mount, 'one/t/link/link.ts'))).toBe(false);
    zfsCommand(zfs, 'send -R ours/copy@c');
    receive(['fuse/back'], takeStream(zfs));
    ok(zfs, 'choose', 'ours/copy');
    rmSync(join(now, 't/link/link.ts'), { force: true });
    writeFileSync(join(now, 'added'), 'added here\n');
    expect(compare(zfs, '', now)).toBeGreaterThan(50);
    expect(execFileSync('diff', ['-r', join(mount, 'back'), join(mount, 'one')], { encoding: 'utf8' })).toBe('');
    expect(theirs('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/back')).toMatch(
      /^fuse\/back\nfuse\/back@a\nfuse\/back@b\nfuse\/back@c\nfuse\/back\/two\n/,
    );
    expect(theirs('zfs', 'get', '-H', '-o', 'value', 'compression', 'fuse/back')).toBe('gzip\n');
    theirs('zpool', 'export', 'fuse');
    leave(zfs);
  },
  300_000,
);

test.skipIf(!hasZfsFuse)(
  'what is renamed and destroyed at the source of a tree is so at both destinations, zfs-fuse and ours',
  async () => {
    for (const name of ['u', 'v']) newDisk(name);
    // Of what is mounted it renames nothing reliably.
    theirs('zpool', 'create', '-m', 'none', 'fuse', disk('u'));
    const zfs = await ours('v');
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('v'), 9);
    const receive = (options: string, bytes: Buffer): string => {
      theirStream(['receive', options, 'fuse/dst'], bytes);
      giveStream(zfs, bytes);
      return zfsCommand(zfs, `receive ${options} ours/dst`);
    };
    const send = (words: string): Buffer => {
      zfsCommand(zfs, `send ${words}`);
      return takeStream(zfs);
    };
    for (const name of ['src', 'src/a', 'src/a/below', 'src/b', 'src/b/c', 'src/d', 'src/e'])
      zfsCommand(zfs, `create ours/${name}`);
    for (const name of ['old', 'gone', '1']) zfsCommand(zfs, `snapshot -r ours/src@${name}`);
    receive('-u', send('-R ours/src@1'));
    for (const line of [
      'destroy -r ours/src/b',
      'rename ours/src/a ours/src/e/a',
      'rename ours/src/d ours/src/d2',
      'rename ours/src/e@old ours/src/e@older',
      'destroy ours/src@gone',
      'create ours/src/new',
      // What only the destination has.
      'create ours/dst/mine',
    ])
      zfsCommand(zfs, line);
    theirs('zfs', 'create', 'fuse/dst/mine');
    ok(zfs, 'choose', 'ours/src/e/a');
    makeFile(zfs, 'file', Buffer.from('in e/a'));
    zfsCommand(zfs, 'snapshot -r ours/src@2');
    expect(receive('-uvF', send('-R -I 1 ours/src@2'))).toContain('attempting rename ours/dst/d to ours/dst/d2\n');
    const listed = theirs('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/dst').replaceAll('fuse/', 'ours/');
    const list = zfsCommand(zfs, 'list -H -o name -t all -r ours/dst');
    expect(list.split('\n').sort()).toEqual(listed.split('\n').sort());
    expect(list).toBe(zfsCommand(zfs, 'list -H -o name -t all -r ours/src').replaceAll('/src', '/dst'));
    ok(zfs, 'choose', 'ours/dst/e/a');
    expect(contents(zfs, 'file', 6).toString()).toBe('in e/a');
    theirs('zpool', 'export', 'fuse');
    leave(zfs);
  },
  300_000,
);
