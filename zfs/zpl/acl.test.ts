// SPDX-License-Identifier: MIT
/**
 * Lists of access on disk, in both forms of file systems, in the bonus buffer, in spill blocks and in objects of their own; links with targets of every length. zdb
 * finds every block and none besides, and the links' targets; what the lists of modes are is what illumos's acl_trivial_create makes.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { Bench, hasZdb } from '../host/commandTests.ts';

const FILE = 0o100644n;
const DIRECTORY = 0o40755n;
const LINK = 0o120777n;
const ENAMETOOLONG = -78;
const grub = haveOracles('grub-fstest');

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make(64);
}, 300_000);
afterAll(() => bench.close());

type Entry = readonly [type: number, flags: number, mask: number, who?: number];
function packed(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * 12);
  entries.forEach(([type, flags, mask, who = 0xffff_ffff], i) => {
    bytes.writeUInt32LE(who, i * 12);
    bytes.writeUInt32LE(mask, i * 12 + 4);
    bytes.writeUInt16LE(flags, i * 12 + 8);
    bytes.writeUInt16LE(type, i * 12 + 10);
  });
  return bytes;
}
const set = (name: string, entries: readonly Entry[]): number => bench.zfs.call('setAces', name, packed(entries));
function get(name: string): Entry[] {
  const bytes = bench.zfs.read('readAces', 20_000, name);
  if (typeof bytes === 'number') throw new Error(`${name}: ${bytes}`);
  const view = Buffer.from(bytes);
  return Array.from({ length: view.length / 12 }, (_, i) => {
    const who = view.readUInt32LE(i * 12);
    const entry = [view.readUInt16LE(i * 12 + 10), view.readUInt16LE(i * 12 + 8), view.readUInt32LE(i * 12 + 4)] as const;
    return who === 0xffff_ffff ? entry : [...entry, who];
  });
}
/** Mode, size and links, and the target of a link. */
function about(name: string): string[] {
  bench.ok('describe', name);
  return bench.said.split(' ');
}
const modeOf = (name: string): string => (Number(about(name)[0]) & 0o7777).toString(8);

const OWNER = 0x1000;
const GROUP = 0x2040;
const EVERYONE = 0x4000;
const READ = 0x1;
const WRITE = 0x6;
const EXECUTE = 0x20;
const ALWAYS = 0x1200_88;
const OWNERS = 0x1e01_98;

describe.each([28n, 23n])('pool version %d', (version) => {
  const pool = `p${version}`;
  const users = (count: number): Entry[] => [
    ...Array.from({ length: count }, (_, i): Entry => [i & 1, 0, READ | EXECUTE, 1000 + i]),
    [0, OWNER, READ | WRITE | OWNERS],
    [0, GROUP, READ | ALWAYS],
    [0, EVERYONE, ALWAYS],
  ];
  beforeAll(() => {
    bench.create(pool, version);
    bench.ok('choose', pool);
  });

  test('a mode and the list that says the same', () => {
    // Masks by acl_trivial_access_masks (usr/src/common/acl/acl_common.c).
    const cases: [bigint, Entry[]][] = [
      [
        0o100644n,
        [
          [0, OWNER, READ | WRITE | OWNERS],
          [0, GROUP, READ | ALWAYS],
          [0, EVERYONE, READ | ALWAYS],
        ],
      ],
      [
        0o40750n,
        [
          [0, OWNER, READ | WRITE | 0x40 | EXECUTE | OWNERS],
          [0, GROUP, READ | EXECUTE | ALWAYS],
          [0, EVERYONE, ALWAYS],
        ],
      ],
      [
        0o100407n,
        [
          [0, OWNER, READ],
          [1, OWNER, WRITE | EXECUTE],
          [1, GROUP, READ | WRITE | EXECUTE],
          [0, OWNER, READ | OWNERS],
          [0, GROUP, ALWAYS],
          [0, EVERYONE, READ | WRITE | EXECUTE | ALWAYS],
        ],
      ],
    ];
    for (const [mode, entries] of cases) {
      const name = `m${mode.toString(8)}`;
      bench.ok('makeFile', name, mode, '');
      expect(get(name)).toEqual(entries);
    }
  });

  test.each([1, 3, 10, 20, 60, 500])('a list of %d users', (count) => {
    const name = `users${count}`;
    bench.ok('makeFile', name, FILE, '');
    bench.ok('writeFile', name, 0n, Buffer.from(name));
    const list = users(count);
    expect(set(name, list)).toBe(0);
    expect(get(name)).toEqual(list);
    expect(modeOf(name)).toBe('640');
    bench.ok('makeExtended', name);
    expect(get(name)).toEqual(list);
    // Longer, shorter, and as the mode has it.
    expect(set(name, users(count + 40))).toBe(0);
    expect(set(name, list)).toBe(0);
    bench.ok('snapshot', `${pool}@${name}`);
    expect(set(name, users(2))).toBe(0);
    bench.ok('choose', `${pool}@${name}`);
    expect(get(name)).toEqual(list);
    bench.ok('choose', pool);
    bench.ok('setAttributes', name, 0o700n, 7, 8, 5_000_000_000n, 6_000_000_000n);
    expect(get(name)).toHaveLength(3);
    expect(set(name, list)).toBe(0);
    bench.ok('makeFile', `gone${count}`, FILE, '');
    expect(set(`gone${count}`, list)).toBe(0);
    bench.ok('remove', `gone${count}`);
    expect(bench.read(pool, name).toString()).toBe(name);
  });

  test('targets of links of every length', () => {
    for (const length of [1, 127, 128, 129, 144, 145, 192, 300, 511, 512, 513, 1023]) {
      const target = `${'d/'.repeat(600)}`.slice(0, length - 1) + 't';
      bench.ok('makeFile', `to${length}`, LINK, target);
      expect(about(`to${length}`)[3]).toBe(target);
    }
    expect(bench.zfs.call('makeFile', 'longer', LINK, 'x'.repeat(1024))).toBe(ENAMETOOLONG);
    bench.ok('makeFile', 'a', DIRECTORY, '');
    bench.ok('makeFile', 'a/f', FILE, '');
    bench.ok('writeFile', 'a/f', 0n, Buffer.from('found'));
    bench.ok('makeFile', 'far', LINK, `${'a/../'.repeat(150)}a/f`);
  });

  test('zdb finds everything, and so do we afterwards', () => {
    const targets = [128, 145, 513, 1023].map((length) => about(`to${length}`)[3]);
    bench.judge(pool);
    if (hasZdb && version === 28n) {
      const shown = bench.shown('-dddd', `${pool}/`);
      expect(shown.match(/SPILL_BLKPTR/g)?.length).toBeGreaterThan(6);
      for (const target of targets) expect(shown).toContain(`\ttarget\t${target}\n`);
    }
    // In file systems of version 5 GRUB looks for targets in the bonus buffer only.
    if (grub && version === 23n) {
      const image = join(bench.folder, 'judged', 'disk');
      const { stdout } = spawnSync('grub-fstest', [image, 'cat', '(loop0)/@/far'], { timeout: 120_000 });
      expect(stdout.toString()).toBe('found');
    }
    bench.import();
    bench.ok('choose', pool);
    expect(get('users60')).toEqual(users(60));
    expect([128, 145, 513, 1023].map((length) => about(`to${length}`)[3])).toEqual(targets);
  });

  test('streams have them', () => {
    bench.zfsOut(`snapshot ${pool}@sent`);
    bench.zfsOut(`send ${pool}@sent`);
    bench.giveStream(bench.takeStream());
    expect(bench.run(`zfs receive ${pool}/copy`)).toEqual({ status: 0, out: '', err: '' });
    bench.ok('choose', pool);
    expect(set('users60', users(61))).toBe(0);
    expect(set('users500', users(1))).toBe(0);
    const target = about('to1023')[3];
    bench.ok('remove', 'to513');
    bench.zfsOut(`snapshot ${pool}@again`);
    bench.zfsOut(`send -i sent ${pool}@again`);
    bench.giveStream(bench.takeStream());
    expect(bench.run(`zfs receive ${pool}/copy`)).toEqual({ status: 0, out: '', err: '' });
    bench.ok('choose', `${pool}/copy`);
    expect(get('users60')).toEqual(users(61));
    expect(get('users500')).toEqual(users(1));
    expect(get('users20')).toEqual(users(20));
    expect(about('to1023')[3]).toBe(target);
    bench.judge(pool);
    bench.import();
  });
});
