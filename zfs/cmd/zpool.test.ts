// SPDX-License-Identifier: MIT
/**
 * zpool(8) over disks in memory. What is expected is what illumos prints: zpool(8), the examples of its manual, and message catalogue ZFS-8000.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadZfs, memoryDisk, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

const zdb = openZfs();
const SIZE = 64 << 20;
let contents: Uint8Array[];
let zfs: Zfs;
beforeAll(async () => {
  contents = Array.from({ length: 4 }, () => new Uint8Array(SIZE));
  zfs = await loadZfs([
    ...contents.map((bytes, index) => memoryDisk(`/d/${index}`, bytes)),
    memoryDisk('/d/small', new Uint8Array(1 << 20)),
  ]);
}, 300_000);

const ok = (...words: string[]): string => {
  const { out, err, status } = zfs.zpool(...words);
  expect({ err, status }).toEqual({ err: '', status: 0 });
  return out;
};

test('without pools', () => {
  expect(zfs.zpool('list')).toEqual({ out: '', err: 'no pools available\n', status: 0 });
  expect(zfs.zpool('status', 'tank')).toEqual({ out: '', err: "cannot open 'tank': no such pool\n", status: 1 });
  expect(zfs.zpool('import', '-d', '/d')).toEqual({ out: '', err: 'no pools available to import\n', status: 0 });
  expect(zfs.zpool('frobnicate').status).toBe(2);
});

describe('a mirror', () => {
  test('is made, listed and shown', () => {
    ok('create', '-o', 'comment=hello', 'tank', 'mirror', '/d/0', '/d/1');
    expect(ok('list').split('\n')[0]).toBe('NAME   SIZE  ALLOC   FREE  CKPOINT  EXPANDSZ   FRAG    CAP  DEDUP  HEALTH  ALTROOT');
    expect(ok('list', '-H', '-o', 'name,health')).toBe('tank\tONLINE\n');
    expect(ok('get', '-H', 'comment', 'tank')).toBe('tank\tcomment\thello\tlocal\n');
    expect(ok('status')).toBe(`  pool: tank
 state: ONLINE
  scan: none requested
config:

\tNAME        STATE     READ WRITE CKSUM
\ttank        ONLINE       0     0     0
\t  mirror-0  ONLINE       0     0     0
\t    /d/0    ONLINE       0     0     0
\t    /d/1    ONLINE       0     0     0

errors: No known data errors
`);
    expect(ok('status', '-x')).toBe('all pools are healthy\n');
    expect(ok('status', '-x', 'tank')).toBe("pool 'tank' is healthy\n");
  });

  test('is refused for reasons that users know', () => {
    const wrong = (...words: string[]): string => {
      const { err, status } = zfs.zpool('create', ...words);
      expect(status).toBe(1);
      return err;
    };
    expect(wrong('tank', '/d/2')).toBe("cannot create 'tank': pool already exists\n");
    expect(wrong('mirror', '/d/2')).toBe("cannot create 'mirror': name is reserved\npool name may have been omitted\n");
    expect(wrong('a@b', '/d/2')).toBe("cannot create 'a@b': invalid character '@' in pool name\n");
    expect(wrong('a', '/d/0')).toBe(
      "invalid vdev specification\nuse '-f' to override the following errors:\n/d/0 is part of active pool 'tank'\n",
    );
    expect(wrong('-f', 'a', '/d/0')).toBe(
      "invalid vdev specification\nthe following errors must be manually repaired:\n/d/0 is part of active pool 'tank'\n",
    );
    expect(wrong('a', 'mirror', '/d/2')).toBe('invalid vdev specification: mirror requires at least 2 devices\n');
    expect(wrong('a', '/d/none')).toBe("cannot open '/d/none': No such file or directory\n");
    expect(wrong('a', '/d/small')).toBe("cannot create 'a': one or more devices is less than the minimum size (64M)\n");
    expect(wrong('-o', 'version=29', 'a', '/d/2')).toBe("cannot create 'a': property 'version' is invalid\n");
    expect(zfs.zpool('create', 'a').status).toBe(2);
    expect(zfs.zpool('create').err).toMatch(/^missing pool name argument\nusage:\n/);
  });

  test('remembers what was done to it', () => {
    ok('set', 'comment=bye', 'tank');
    const lines = ok('history', 'tank').split('\n');
    expect(lines[0]).toBe("History for 'tank':");
    expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d zpool create -o comment=hello tank mirror \/d\/0 \/d\/1$/);
    expect(lines[2]).toMatch(/ zpool set comment=bye tank$/);
    expect(ok('history', '-il', 'tank')).toMatch(
      /\[internal pool create txg:4\] pool version 28; software version 28.*\[user 0 \(root\) on diorama:global\]|\[internal pool create txg:4\]/,
    );
  });

  test('is exported, found and imported, also under another name', () => {
    ok('export', 'tank');
    if (zdb) {
      const folder = mkdtempSync(join(tmpdir(), 'zpool-'));
      for (const index of [0, 1]) writeFileSync(join(folder, String(index)), contents[index]);
      const { output } = zdb('zdb', ['-e', '-p', folder, '-h', 'tank']);
      rmSync(folder, { recursive: true });
      expect(output).toMatch(/command: zpool create -o comment=hello tank mirror|zpool create -o comment=hello/);
      expect(output).toMatch(/zpool export tank/);
      expect(output).toMatch(/pool create/);
    }
    expect(zfs.zpool('export', 'tank')).toEqual({ out: '', err: "cannot open 'tank': no such pool\n", status: 1 });
    const found = ok('import', '-d', '/d');
    const id = /id: (\d+)/.exec(found)?.[1] ?? '';
    expect(found).toBe(`   pool: tank
     id: ${id}
  state: ONLINE
 action: The pool can be imported using its name or numeric identifier.
comment: bye
 config:

\ttank        ONLINE
\t  mirror-0  ONLINE
\t    /d/0    ONLINE
\t    /d/1    ONLINE
`);
    ok('import', '-d', '/d', id, 'lake');
    expect(ok('list', '-Ho', 'name')).toBe('lake\n');
    ok('destroy', 'lake');
    expect(zfs.zpool('import', '-d', '/d')).toEqual({ out: '', err: 'no pools available to import\n', status: 0 });
    expect(ok('import', '-d', '/d', '-D')).toMatch(/state: ONLINE \(DESTROYED\)/);
    expect(zfs.zpool('import', '-d', '/d', '-D', 'lake').err).toBe(
      "cannot import 'lake': pool was destroyed\nuse '-f' to import anyway\n",
    );
    ok('import', '-d', '/d', '-Df', 'lake');
    ok('export', 'lake');
  });

  test('works without one of its disks, and says so', () => {
    const kept = contents[1].slice();
    contents[1].fill(0);
    expect(ok('import', '-d', '/d')).toMatch(/state: DEGRADED\n status: One or more devices are missing from the system/);
    ok('import', '-d', '/d', 'lake');
    expect(ok('status', '-x')).toMatch(
      /state: DEGRADED\nstatus: One or more devices could not be opened.*\n.*\naction: [\s\S]*\/d\/1 +UNAVAIL/,
    );
    ok('export', 'lake');
    contents[1].set(kept);
    contents[0].fill(0);
  });
});
