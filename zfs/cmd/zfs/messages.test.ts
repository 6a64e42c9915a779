// SPDX-License-Identifier: MIT
/**
 * What zfs(8) says, and its exit status: the words are those of illumos's libzfs and zfs command (usr/src/lib/libzfs/common, usr/src/cmd/zfs) and of
 * the examples in zfs(8). After each refusal nothing has changed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench } from '../../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make(80);
  bench.create('tank');
  for (const line of [
    'create tank/a',
    'create tank/a/child',
    'snapshot tank/a@one',
    'snapshot tank/a@two',
    'clone tank/a@one tank/clone',
    'create -V 4m tank/vol',
    'create tank/held',
    'snapshot tank/held@h',
    'hold tag tank/held@h',
    'create -o quota=1m tank/full',
    'snapshot -r tank/full@r',
    'create tank/both',
    'snapshot tank/both@same',
    'clone tank/both@same tank/copy',
    'snapshot tank/copy@x',
    'snapshot tank/both@x',
  ])
    bench.zfsOut(line);
}, 300_000);
afterAll(() => bench.close());

const LONG = 'n'.repeat(260);

/** Command, exit status, standard error; where it ends with … only the beginning counts. */
const CASES: [string, number, string][] = [
  // Names
  ['list tank/none', 1, "cannot open 'tank/none': dataset does not exist\n"],
  ['list nopool', 1, "cannot open 'nopool': dataset does not exist\n"],
  ['create tank/a', 1, "cannot create 'tank/a': dataset already exists\n"],
  ['create tank/x/y', 1, "cannot create 'tank/x/y': parent does not exist\n"],
  ['create nopool/x', 1, "cannot create 'nopool/x': no such pool 'nopool'\n"],
  ['create x', 1, "cannot create 'x': missing dataset name\n"],
  ['create tank/', 1, "cannot create 'tank/': trailing slash in name\n"],
  ['create /tank/x', 1, "cannot create '/tank/x': leading slash in name\n"],
  ['create tank//x', 1, "cannot create 'tank//x': empty component in name\n"],
  ['create tank/b@c', 1, "cannot create 'tank/b@c': snapshot delimiter '@' in filesystem name\n"],
  ['create tank/b!', 1, "cannot create 'tank/b!': invalid character '!' in name\n"],
  ['create 1tank/b', 1, "cannot create '1tank/b': pool doesn't begin with a letter\n"],
  [`create tank/${LONG}`, 1, `cannot create 'tank/${LONG}': name is too long\n`],
  ['create tank/vol/x', 1, "cannot create 'tank/vol/x': parent is not a filesystem\n"],
  ['snapshot tank/a', 1, "cannot create snapshot 'tank/a': missing '@' delimiter in snapshot name\nno snapshots were created\n"],
  ['snapshot tank/a@', 1, "cannot create snapshot 'tank/a@': empty component in name\nno snapshots were created\n"],
  ['snapshot tank/a@b@c', 1, "cannot create snapshot 'tank/a@b@c': multiple '@' delimiters in name\nno snapshots were created\n"],
  ['snapshot tank/a@one', 1, "cannot create snapshot 'tank/a@one': dataset already exists\nno snapshots were created\n"],
  ['snapshot tank/none@x', 1, "cannot open 'tank/none': dataset does not exist\nno snapshots were created\n"],
  ['clone tank/a@none tank/c', 1, "cannot open 'tank/a@none': dataset does not exist\n"],
  ['clone tank/a@one tank/clone', 1, "cannot create 'tank/clone': dataset already exists\n"],
  ['clone tank/a tank/c', 1, "cannot open 'tank/a': operation not applicable to datasets of this type\n"],
  // Destruction
  [
    'destroy tank/a',
    1,
    "cannot destroy 'tank/a': filesystem has children\nuse '-r' to destroy the following datasets:\ntank/a/child\ntank/a@one\ntank/a@two\n",
  ],
  [
    'destroy -r tank/a',
    1,
    "cannot destroy 'tank/a': filesystem has dependent clones\nuse '-R' to destroy the following datasets:\ntank/clone\n",
  ],
  [
    'destroy tank/a@one',
    1,
    "cannot destroy 'tank/a@one': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\ntank/clone\n",
  ],
  [
    'destroy tank',
    1,
    "cannot destroy 'tank': operation does not apply to pools\nuse 'zfs destroy -r tank' to destroy all datasets in the pool\n" +
      "use 'zpool destroy tank' to destroy the pool itself\n",
  ],
  ['destroy tank/none', 1, "cannot open 'tank/none': dataset does not exist\n"],
  ['destroy tank/a@none', 1, 'could not find any snapshots to destroy; check snapshot names.\n'],
  ['destroy tank/held@h', 1, "cannot destroy 'tank/held@h': dataset is busy\n"],
  // Histories
  [
    'rollback tank/a@one',
    1,
    "cannot rollback to 'tank/a@one': more recent snapshots exist\nuse '-r' to force deletion of the following snapshots:\ntank/a@two\n",
  ],
  ['promote tank/a', 1, "cannot promote 'tank/a': not a cloned filesystem\n"],
  ['promote tank/copy', 0, ''],
  ['promote tank/both', 0, ''],
  ['rename tank/a tank/clone', 1, "cannot rename 'tank/a': dataset already exists\n"],
  [
    'rename tank/a tank/a/child/x',
    1,
    "cannot rename 'tank/a': New dataset name cannot be a descendant of current dataset name\n",
  ],
  ['rename tank/a other/a', 1, "cannot rename 'tank/a': datasets must be within same pool\n"],
  ['rename tank/a tank/x/y', 1, "cannot rename 'tank/a': parent does not exist\n"],
  ['rename tank/a@one tank/a@two', 1, "cannot rename 'tank/a@one': dataset already exists\n"],
  ['hold tag tank/held@h', 1, "cannot hold snapshot 'tank/held@h': tag already exists on this dataset\n"],
  ['release other tank/held@h', 1, "cannot release hold from snapshot 'tank/held@h': no such tag on this dataset\n"],
  ['hold tag tank/held@none', 1, "cannot hold snapshot 'tank/held@none': dataset does not exist\n"],
  // Properties
  ['set quota=1k tank/a', 1, "cannot set property for 'tank/a': size is less than current used or reserved space\n"],
  ['set reservation=1t tank/a', 1, "cannot set property for 'tank/a': size is greater than available space\n"],
  ['set refreservation=1t tank/a', 1, "cannot set property for 'tank/a': size is greater than available space\n"],
  ['set quota=0 tank/a', 1, "cannot set property for 'tank/a': use 'none' to disable quota/refquota\n"],
  ['set quota=x tank/a', 1, "cannot set property for 'tank/a': bad numeric value 'x'\n"],
  ['set quota=1q tank/a', 1, "cannot set property for 'tank/a': invalid numeric suffix 'q'\n"],
  ['set used=1 tank/a', 1, "cannot set property for 'tank/a': 'used' is readonly\n"],
  ['set nonsense=1 tank/a', 1, "cannot set property for 'tank/a': invalid property 'nonsense'\n"],
  ['set atime=maybe tank/a', 1, "cannot set property for 'tank/a': 'atime' must be one of 'on | off'\n"],
  ['set recordsize=3k tank/a', 1, "cannot set property for 'tank/a': 'recordsize' must be power of 2 from 512 to 128K\n"],
  [
    'set mountpoint=here tank/a',
    1,
    "cannot set property for 'tank/a': 'mountpoint' must be an absolute path, 'none', or 'legacy'\n",
  ],
  ['set volsize=8m tank/a', 1, "cannot set property for 'tank/a': 'volsize' does not apply to datasets of this type\n"],
  ['set volblocksize=4k tank/vol', 1, "cannot set property for 'tank/vol': 'volblocksize' can only be set at creation time\n"],
  ['set compression=on tank/a@one', 1, "cannot set property for 'tank/a@one': this property can not be modified for snapshots\n"],
  ['inherit quota tank/a', 1, "'quota' property cannot be inherited\nuse 'zfs set quota=none' to clear\n"],
  ['create -o quota=1m -o reservation=2m tank/x', 1, "cannot create 'tank/x': out of space\n"],
  ['create -V 1t tank/x', 1, "cannot create 'tank/x': out of space\n"],
  ['create -V 0 tank/x', 1, "cannot create 'tank/x': missing volume size\n"],
  // Mounting
  ['mount tank/vol', 1, "cannot open 'tank/vol': operation not applicable to datasets of this type\n"],
  ['unmount tank/a', 1, "cannot unmount 'tank/a': not currently mounted\n"],
  // Misuse
  ['list -x', 2, "invalid option 'x'\nusage:\n…"],
  ['list -o', 2, "missing argument for 'o' option\nusage:\n…"],
  ['list -t nonsense', 2, "invalid type 'nonsense'\nusage:\n…"],
  ['list -o nonsense', 2, "bad property list: invalid property 'nonsense'\nusage:\n…"],
  ['create', 2, 'missing filesystem argument\nusage:\n…'],
  ['create tank/x tank/y', 2, 'too many arguments\nusage:\n…'],
  ['destroy', 2, 'missing dataset argument\nusage:\n…'],
  ['set atime=on', 2, 'missing dataset name\nusage:\n…'],
  ['get', 2, 'missing property argument\nusage:\n…'],
  ['nonsense', 2, "unrecognized command 'nonsense'\nusage: zfs command args ...\n…"],
];

describe('refusals', () => {
  test.each(CASES)('zfs %s', (line, status, text) => {
    const before = bench.zfsOut('list -H -t all -o name,used,refer,quota,origin');
    const said = bench.run(`zfs ${line}`);
    if (text.endsWith('…')) expect(said.err.slice(0, text.length - 1)).toBe(text.slice(0, -1));
    else expect(said.err).toBe(text);
    expect(said.status).toBe(status);
    if (status === 0) return;
    // Space of the pool's own changes with each group.
    const withoutPool = (list: string): string => list.replace(/^tank\t.*\n/, '');
    expect(withoutPool(bench.zfsOut('list -H -t all -o name,used,refer,quota,origin'))).toBe(withoutPool(before));
  });
});

test('both have a snapshot of one name', () => {
  bench.zfsOut('rename tank/copy@x tank/copy@same2');
  bench.zfsOut('snapshot tank/copy@y');
  bench.run('zfs promote tank/copy');
  bench.zfsOut('snapshot tank/both@clash');
  bench.zfsOut('snapshot tank/copy@clash');
  const origin = bench.zfsOut('get -H -o value origin tank/both').trim();
  const [clone, parent] = origin === '-' ? ['tank/copy', 'tank/both'] : ['tank/both', 'tank/copy'];
  bench.zfsOut(`clone ${parent}@clash tank/third`);
  bench.zfsOut('snapshot tank/third@clash');
  expect(bench.run('zfs promote tank/third')).toEqual({
    status: 1,
    out: '',
    err: `cannot promote 'tank/third': conflicting snapshot 'clash' from parent '${parent}'\n`,
  });
  expect(clone).toMatch(/^tank/);
});

describe('room', () => {
  const ENOSPC = -28;
  const EDQUOT = -49;
  const big = Buffer.alloc(1 << 20, 'x');
  const fill = (dataset: string): number => {
    bench.ok('choose', dataset);
    bench.ok('makeFile', 'filler', 0o100644n, '');
    for (let at = 0; ; at += big.length) {
      const result = bench.zfs.call('writeFile', 'filler', BigInt(at), big);
      if (result < 0) return result;
    }
  };
  test('a quota', () => {
    expect(fill('tank/full')).toBe(EDQUOT);
    bench.ok('remove', 'filler');
    bench.write('tank/full', 'small', Buffer.from('fits again'));
  });
  test('a quota above', () => {
    bench.zfsOut('create -o quota=2m tank/above');
    bench.zfsOut('create tank/above/below');
    expect(fill('tank/above/below')).toBe(EDQUOT);
  });
  test('a refquota does not count snapshots', () => {
    bench.zfsOut('create -o refquota=3m tank/ref');
    bench.write('tank/ref', 'one', big);
    bench.zfsOut('snapshot tank/ref@s');
    bench.ok('choose', 'tank/ref');
    bench.ok('remove', 'one');
    bench.write('tank/ref', 'two', Buffer.concat([big, big]));
    expect(fill('tank/ref')).toBe(EDQUOT);
  });
  test('the pool; what is reserved is still there, and what was written stays', () => {
    bench.zfsOut('create -o reservation=8m tank/sure');
    expect(fill('tank/clone')).toBe(ENOSPC);
    const said = bench.run('zfs create -o reservation=4m tank/more');
    expect([said.status, said.err]).toEqual([1, "cannot create 'tank/more': out of space\n"]);
    bench.write('tank/sure', 'kept', Buffer.concat(Array.from({ length: 6 }, () => big)));
    expect(bench.read('tank/sure', 'kept').length).toBe(6 << 20);
    expect(bench.read('tank/full', 'small').toString()).toBe('fits again');
    bench.ok('choose', 'tank/clone');
    bench.ok('remove', 'filler');
    bench.zfsOut('create -o reservation=4m tank/more');
  });
  test('zdb is content', { timeout: 600_000 }, () => bench.judge('tank'));
});
