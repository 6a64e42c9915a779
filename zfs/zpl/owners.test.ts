// SPDX-License-Identifier: MIT
/**
 * Who has how much. OpenZFS's zdb shows each file's owner and space, and the sums that the pool keeps: one has to follow from the other. zfs-fuse shows the sums of
 * our pools, and we of its pools, in test/zfsFuse/zfsFuse.test.ts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import { Bench, hasZdb } from '../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make(80);
}, 300_000);
afterAll(() => bench.close());

const FILE = 0o100644n;
const EDQUOT = -49;

/** Users and groups of a dataset, and what they have: by all its files, and by what it keeps. */
function sums(name: string): { files: Record<string, number>; kept: Record<string, number> } {
  const files: Record<string, number> = {};
  const kept: Record<string, number> = {};
  // With -P sizes are in bytes.
  const shown = bench.shown('-Pdddd', name);
  for (const part of shown.split(/\n\n? {4}Object +lvl .*\n/).slice(1)) {
    const first = part.trim().split(/\s+/);
    const uid = /^\tuid\s+(\d+)$/m.exec(part)?.[1];
    const gid = /^\tgid\s+(\d+)$/m.exec(part)?.[1];
    if (uid !== undefined) {
      expect(part).toContain('USERUSED_ACCOUNTED');
      const bytes = Number(first[4]) + 512;
      files[`user ${uid}`] = (files[`user ${uid}`] ?? 0) + bytes;
      files[`group ${gid}`] = (files[`group ${gid}`] ?? 0) + bytes;
    }
    const which = /ZFS user\/group\/project used/.test(part) ? (first[0] === '-1' ? 'user' : 'group') : '';
    if (which)
      for (const [, id, bytes] of part.matchAll(/^\t\t([0-9a-f]+) = (\d+)/gm))
        kept[`${which} ${Number.parseInt(id, 16)}`] = Number(bytes);
  }
  return { files, kept };
}

function told(name: string): Record<string, number> {
  const all: Record<string, number> = {};
  for (const line of bench.zfsOut(`userspace -Hnp -t all ${name}`).trim().split('\n')) {
    const [type, id, used] = line.split('\t');
    if (Number(used)) all[`${type === 'POSIX User' ? 'user' : 'group'} ${id}`] = Number(used);
  }
  return all;
}

test.skipIf(!hasZdb).each([28n, 23n])('what is kept follows from the files, version %s', { timeout: 300_000 }, (version) => {
  bench.create('tank', version);
  bench.zfsOut('create -o compression=lzjb tank/a');
  let state = testSeed() | 1;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const names: string[] = [];
  for (let round = 0; round < 6; round++) {
    bench.ok('choose', 'tank/a');
    for (let i = 0; i < 25; i++) {
      const name = names[random(names.length || 1)];
      const what = random(6);
      if (what < 2 || name === undefined) {
        names.push(`f${round}-${i}`);
        bench.ok('makeFile', names[names.length - 1], FILE, '');
      } else if (what === 2) bench.ok('setAttributes', name, 0o644n, random(4) * 1000, random(3) * 7, 0n, 0n);
      else if (what === 3) {
        bench.ok('remove', name);
        names.splice(names.indexOf(name), 1);
      } else bench.ok('writeFile', name, BigInt(random(300_000)), Buffer.alloc(random(100_000) + 1, random(256)));
    }
    bench.zfsOut(`snapshot tank/a@${round}`);
  }
  bench.zfsOut('clone tank/a@1 tank/b');
  bench.ok('choose', 'tank/b');
  bench.ok('makeFile', 'more', FILE, '');
  bench.ok('setAttributes', 'more', 0o644n, 5, 5, 0n, 0n);
  bench.zfsOut('send tank/a@5');
  bench.giveStream(bench.takeStream());
  bench.zfsOut('receive tank/c');
  bench.zfsOut('rollback -r tank/a@2');
  const mine = ['tank/a', 'tank/a@1', 'tank/b', 'tank/c'].map((name) => [name, told(name)] as const);
  bench.judge('tank');
  for (const [name, all] of mine) {
    const { files, kept } = sums(name);
    expect(Object.keys(files).length).toBeGreaterThan(4);
    expect([name, kept]).toEqual([name, files]);
    expect([name, all]).toEqual([name, files]);
  }
});

test('what is shown, and limits', { timeout: 300_000 }, () => {
  bench.create('tank');
  bench.zfsOut('create tank/a');
  bench.write('tank/a', 'big', Buffer.alloc(1 << 20, 1));
  bench.write('tank/a', 'small', Buffer.from('x'));
  bench.ok('setAttributes', 'big', 0o644n, 100, 10, 0n, 0n);
  bench.ok('setAttributes', 'small', 0o644n, 100, 10, 0n, 0n);
  bench.ok('sync');
  // The form is that of the examples in Oracle's ZFS administration guide.
  expect(bench.zfsOut('userspace tank/a')).toMatch(
    /^TYPE {8}NAME +USED {2}QUOTA\nPOSIX User {2}0 +[\d.]+K +none\nPOSIX User {2}100 +1\.0\dM +none\n$/,
  );
  expect(bench.zfsOut('groupspace -o name,used -S used -H tank/a')).toMatch(/^10\t1\.0\dM\n0\t/);
  const used = Number(bench.zfsOut('get -Hp -o value userused@100 tank/a'));
  expect(used).toBeGreaterThan(1 << 20);
  expect(bench.zfsOut('get -H -o value,source groupquota@10 tank/a')).toBe('none\tlocal\n');
  bench.zfsOut('set groupquota@10=1m tank/a');
  bench.zfsOut('set userquota@7=8k tank/a');
  expect(bench.zfsOut('get -H -o value groupquota@10 tank/a')).toBe('1M\n');
  expect(bench.zfsOut('userspace -Hn -s quota tank/a')).toMatch(/\tnone\nPOSIX User\t100\t\S+\tnone\nPOSIX User\t7\t0\t8K\n$/);
  bench.ok('choose', 'tank/a');
  expect(bench.zfs.call('writeFile', 'small', 0n, Buffer.from('more'))).toBe(EDQUOT);
  bench.ok('makeFile', 'other', FILE, '');
  bench.ok('writeFile', 'other', 0n, Buffer.from('more'));
  expect(bench.zfs.call('setAttributes', 'other', 0o644n, 0, 10, 0n, 0n)).toBe(EDQUOT);
  // A user's files may grow until it is known that they are too large.
  bench.ok('setAttributes', 'other', 0o644n, 7, 0, 0n, 0n);
  bench.ok('writeFile', 'other', 0n, Buffer.alloc(20_000, 1));
  bench.ok('sync');
  expect(bench.zfs.call('writeFile', 'other', 0n, Buffer.from('more'))).toBe(EDQUOT);
  bench.ok('truncate', 'other', 0n);
  bench.ok('sync');
  bench.ok('writeFile', 'other', 0n, Buffer.from('more'));
  bench.zfsOut('set groupquota@10=none tank/a');
  bench.ok('choose', 'tank/a');
  bench.ok('writeFile', 'small', 0n, Buffer.from('more'));
  const cases: [string, string][] = [
    ['set userquota@no$body=1m tank/a', "cannot set property for 'tank/a': 'userquota@no$body' has an invalid user/group name\n"],
    ['set userused@5=1m tank/a', "cannot set property for 'tank/a': 'userused@5' is readonly\n"],
    ['set userquota@5=0 tank/a', "cannot set property for 'tank/a': use 'none' to disable userquota/groupquota\n"],
  ];
  for (const [line, err] of cases) expect([line, bench.run(`zfs ${line}`)]).toEqual([line, { status: 1, out: '', err }]);
  bench.judge('tank');
});

test('a write that a quota stops writes what fits', { timeout: 120_000 }, () => {
  const MEBIBYTE = 1 << 20;
  const EDQUOT = -49;
  bench.create('tank');
  for (const limit of ['quota', 'refquota']) {
    const name = `tank/${limit}`;
    bench.zfsOut(`create -o ${limit}=4m ${name}`);
    bench.ok('choose', name);
    bench.ok('makeFile', 'f', 0o100644n, '');
    const bytes = Buffer.alloc(8 * MEBIBYTE, 7);
    const fits = bench.zfs.call('writeFile', 'f', 0n, bytes);
    // Records of 128 KiB, and what describes them.
    expect(fits % (128 << 10)).toBe(0);
    expect(fits).toBeGreaterThan(3.4 * MEBIBYTE);
    expect(fits).toBeLessThanOrEqual(4 * MEBIBYTE);
    expect(bench.zfs.call('writeFile', 'f', BigInt(fits), bytes.subarray(0, MEBIBYTE))).toBe(EDQUOT);
    expect(bench.read(name, 'f').equals(bytes.subarray(0, fits))).toBe(true);
  }
  bench.judge('tank');
});
