// SPDX-License-Identifier: MIT
/**
 * What a zone may ask of ZFS: zfs(8) run as a zone that has one dataset. Messages and what is refused are those of zfs(8), "Zones", of illumos.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Bench } from '../host/commandTests.ts';

vi.setConfig({ testTimeout: 120_000 });
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
  bench.create('zones');
  for (const line of [
    'create zones/u',
    'create -o zoned=on zones/u/data',
    'create -o zoned=on zones/u/data/own',
    'create zones/u/data/own/plain',
    'set zoned=off zones/u/data/own/plain',
    'create zones/other',
    'snapshot zones/other@s',
    'snapshot zones/u@s',
    'snapshot zones/u/data@s',
    'create zones/data2',
    'clone zones/other@s zones/u/data/clone',
  ])
    bench.zfsOut(line);
}, 120_000);
afterAll(() => bench.close());

/** zfs(8) as the zone. */
function inside(line: string): { status: number; out: string; err: string } {
  bench.zfs.call('actAs', 'zones/u/data');
  try {
    return bench.run(`zfs ${line}`);
  } finally {
    bench.zfs.call('actAs', '');
  }
}

test('a zone sees what is delegated, what is below it, and the names above', () => {
  expect(inside('list -Ho name -t all').out.trim().split('\n')).toEqual([
    'zones',
    'zones/u',
    'zones/u/data',
    'zones/u/data@s',
    'zones/u/data/clone',
    'zones/u/data/own',
    'zones/u/data/own/plain',
  ]);
});

// Each with the snapshots and values as they are before: nothing may come of it.
test.each([
  ['create zones/x', "cannot create 'zones/x': permission denied"],
  ['create zones/u/x', "cannot create 'zones/u/x': permission denied"],
  ['create zones/other/x', "cannot create 'zones/other/x': parent does not exist"],
  ['create zones/u/data/own/plain/x', "cannot create 'zones/u/data/own/plain/x': permission denied"],
  ['create -o zoned=off zones/u/data/x', "cannot create 'zones/u/data/x': permission denied"],
  ['snapshot zones@x', "cannot create snapshot 'zones@x'"],
  ['snapshot zones/u@x', "cannot create snapshot 'zones/u@x'"],
  ['snapshot zones/other@x', "cannot open 'zones/other': dataset does not exist"],
  ['destroy zones/other', "cannot open 'zones/other': dataset does not exist"],
  ['destroy zones/u@s', 'could not find any snapshots to destroy'],
  ['set atime=off zones', "cannot set property for 'zones': permission denied"],
  ['set quota=1m zones/u/data', "cannot set property for 'zones/u/data': permission denied"],
  ['set zoned=off zones/u/data', "cannot set property for 'zones/u/data': permission denied"],
  ['set zoned=on zones/u/data/own/plain', 'permission denied'],
  ['inherit zoned zones/u/data/own', 'permission denied'],
  ['rename zones/u/data zones/y', "cannot rename 'zones/u/data': permission denied"],
  ['rename zones/u/data/own zones/data2/y', "cannot rename 'zones/u/data/own'"],
  ['clone zones/other@s zones/u/data/x', "cannot open 'zones/other@s': dataset does not exist"],
  ['clone zones/u@s zones/u/data/x', "cannot open 'zones/u@s': dataset does not exist"],
  ['promote zones/u/data/clone', "cannot promote 'zones/u/data/clone'"],
  ['rollback zones/u@s', "cannot open 'zones/u@s': dataset does not exist"],
  ['hold t zones/other@s', "cannot open 'zones/other': dataset does not exist"],
  ['get -H used zones/other', "cannot open 'zones/other': dataset does not exist"],
  ['send zones/other@s', "cannot open 'zones/other': dataset does not exist"],
])('zfs %s is refused', (line, message) => {
  const before =
    bench.zfsOut('list -Ho name -t all') + bench.zfsOut('get -rHpo name,property,value,source quota,zoned,atime zones');
  const { status, err } = inside(line);
  expect(err).toContain(message);
  expect(status).not.toBe(0);
  expect(
    bench.zfsOut('list -Ho name -t all') + bench.zfsOut('get -rHpo name,property,value,source quota,zoned,atime zones'),
  ).toBe(before);
});

test('a stream that names a snapshot of others makes nothing of it', () => {
  bench.zfsOut('clone zones/other@s zones/temporary');
  bench.zfsOut('snapshot zones/temporary@t');
  bench.zfsOut('send -i zones/other@s zones/temporary@t');
  const stream = bench.takeStream();
  bench.giveStream(stream);
  expect(inside('receive zones/u/data/stolen').status).not.toBe(0);
  expect(bench.zfsOut('list -Ho name')).not.toContain('stolen');
  // It is a good stream: the global zone may receive it.
  bench.giveStream(stream);
  expect(bench.run('zfs receive zones/u/copy').err).toBe('');
});

test('below its own it may do what it likes', () => {
  for (const line of [
    'create -o quota=1m zones/u/data/new',
    'set compression=on zones/u/data',
    'set quota=2m zones/u/data/new',
    'snapshot -r zones/u/data@mine',
    'clone zones/u/data/new@mine zones/u/data/twin',
    'rename zones/u/data/new zones/u/data/newer',
    'promote zones/u/data/twin',
    'rollback zones/u/data/own@mine',
    'hold tag zones/u/data/own@mine',
    'release tag zones/u/data/own@mine',
  ])
    expect(inside(line), line).toMatchObject({ status: 0, err: '' });
  bench.zfs.call('actAs', 'zones/u/data');
  expect(bench.run('zfs send zones/u/data/own@mine').err).toBe('');
  bench.giveStream(bench.takeStream());
  expect(bench.run('zfs receive zones/u/data/received').err).toBe('');
  bench.zfs.call('actAs', '');
  expect(bench.zfsOut('get -Ho value zoned zones/u/data/received')).toBe('on\n');
  bench.judge('zones');
});
