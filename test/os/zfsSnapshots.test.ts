// SPDX-License-Identifier: MIT
/**
 * `.zfs/snapshot`, and rolling back, renaming and destroying what is mounted and in use, on our machine and on QEMU. What is to happen is in zfs(8), "Snapshots", and in illumos's
 * zfs_ctldir.c. A zone finds the snapshots of its own datasets, and none of what else it is shown.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemWith } from './guestTests.ts';
import { type Image, MACHINES_WITH_POOL } from './session.ts';
import { typedBefore } from './typed.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zfs-snapshots-'));
  image = { directory, ...(await systemWith(directory, [])), remove: () => rmSync(directory, { recursive: true }) };
}, 300_000);
afterAll(() => image.remove());

const until = (command: string): string => `i=0; until ${command} || [ $((i+=1)) -gt 1500 ]; do sleep 0.1; done`;

const COMMANDS = {
  made: `${until('zfs list zones/var >/dev/null 2>&1 && mount | grep -q /var')}; zfs create zones/t; cd /zones/t; echo one > a; mkdir d; echo two > d/b; zfs snapshot zones/t@s1; echo changed > a; rm -r d; echo new > n; ls -a`,
  seen: 'ls .zfs; ls .zfs/snapshot; cat .zfs/snapshot/s1/a .zfs/snapshot/s1/d/b; ls .zfs/snapshot/none; ls d/.zfs',
  walked: 'cd .zfs/snapshot/s1/d; pwd; ls ..; cd ../../..; pwd; ls; cd ..; pwd; mount | grep -c "on zones/t@s1 ro/"',
  unchanged:
    'touch .zfs/x; touch .zfs/snapshot/x; touch .zfs/snapshot/s1/x; rm -f .zfs/snapshot/s1/a; rm -f .zfs; mkdir .zfs; mv -f n .zfs',
  copied: 'cp -r .zfs/snapshot/s1 /tmp/copy; cat /tmp/copy/d/b; zfs diff -F zones/t@s1',
  visible: 'zfs set snapdir=visible zones/t; ls -a; zfs set snapdir=hidden zones/t; ls -a',
  directories:
    'mkdir .zfs/snapshot/s2; zfs list -H -o name -t snapshot -r zones/t; ls .zfs/snapshot/s2; rmdir .zfs/snapshot/s2; ls .zfs/snapshot; zfs list -H -o name -t snapshot -r zones/t',
  moved:
    'mkdir .zfs/snapshot/m; mv .zfs/snapshot/m .zfs/snapshot/n; ls .zfs/snapshot; cat .zfs/snapshot/n/n; zfs hold k zones/t@n; rmdir .zfs/snapshot/n; (cd .zfs/snapshot/n; zfs release k zones/t@n; rmdir ../n); mv .zfs/snapshot/n .zfs/snapshot/s1; ls .zfs/snapshot; rmdir .zfs/snapshot/n; ls .zfs/snapshot',
  renamed: 'zfs rename zones/t@s1 zones/t@s3; ls .zfs/snapshot; cat .zfs/snapshot/s3/a; zfs rename zones/t@s3 zones/t@s1',
  rolledBack:
    'mkdir e; exec 3<n 4<a; (cd e; zfs rollback zones/t@s1; ls; pwd); cat a d/b; ls -a; cat <&3; cat <&4; exec 3<&- 4<&-; echo more > d/c; cat d/c; zfs mount | grep -c zones/t',
  received:
    'cd /; zfs create zones/s; echo one > zones/s/f; echo gone > zones/s/g; zfs snapshot zones/s@a; zfs send zones/s@a | zfs receive zones/r; echo two > zones/s/f; rm zones/s/g; zfs snapshot zones/s@b; ' +
    'zfs set atime=off zones/r; cd zones/r; exec 3<f 4<g; zfs send -i a zones/s@b | zfs receive zones/r; ls; pwd; cat f; cat <&3; cat <&4; exec 3<&- 4<&-; zfs mount | grep -c zones/r',
  forced:
    'echo mine > f; echo three > /zones/s/f; zfs snapshot zones/s@c; zfs send -i b zones/s@c > /tmp/c; zfs receive zones/r < /tmp/c; cat f; zfs receive -F zones/r < /tmp/c; cat f; ls .zfs/snapshot; cat .zfs/snapshot/c/f; echo more >> f; cat f; cd /zones/t',
  busy: 'cd .zfs/snapshot/s1/d; zfs destroy zones/t@s1; zfs umount zones/t; cd /; zfs destroy zones/t@s1 && ls /zones/t/.zfs/snapshot',
  unmounted:
    'zfs snapshot zones/t@q; ls /zones/t/.zfs/snapshot/q; zfs umount zones/t; mount | grep -c zones/t; zfs mount zones/t; ls /zones/t/.zfs/snapshot/q',
  volume:
    'zfs create -V 1m zones/v; exec 3</dev/zvol/rdsk/zones/v; zfs rename zones/v zones/w; zfs destroy zones/w; exec 3<&-; zfs destroy zones/w; zfs list -H -o name zones/w',
  zone:
    'zfs create zones/own; zfs snapshot zones/t@secret; zonecfg -z z1 "create; set zonepath=/zones/z1; add dataset; set name=zones/own; end; add fs; set dir=/mnt; set special=/zones/t; set type=lofs; end"; ' +
    `zoneadm -z z1 install; zoneadm -z z1 boot; ${until('zlogin z1 true 2>/dev/null')}; ls /zones/t/.zfs/snapshot`,
  inside:
    'zlogin z1 "cat /mnt/a; ls /mnt/.zfs; ls /mnt/.zfs/snapshot; zfs set mountpoint=/own zones/own; echo mine > /own/f; zfs snapshot zones/own@mine; cat /own/.zfs/snapshot/mine/f; ls /.zfs; zfs diff zones/own@mine zones/own; zfs userspace zones/t"; ls /zones/t/.zfs/snapshot',
};

describe.each(MACHINES_WITH_POOL)('on %s', (_name, type, present) => {
  const output = typedBefore(COMMANDS, (commands) => type(image, commands), present, 1_300_000);
  const printed = (name: keyof typeof COMMANDS): string[] => output(name).split('\n').filter(Boolean);
  const when = test.skipIf(!present);
  const READ_ONLY = 'Read-only file system';

  when('snapshots are found, walked and copied, and nothing in them can be changed', () => {
    expect(printed('made')).toEqual(['.  ..  a  n']);
    expect(printed('seen')).toEqual([
      'snapshot',
      's1',
      'one',
      'two',
      'ls: .zfs/snapshot/none: No such file or directory',
      'ls: d/.zfs: No such file or directory',
    ]);
    expect(printed('walked')).toEqual(['/zones/t/.zfs/snapshot/s1/d', 'a  d', '/zones/t/.zfs', 'snapshot', '/zones/t', '1']);
    const unchanged = printed('unchanged');
    expect(unchanged.filter((line) => line.endsWith(READ_ONLY)).length).toBeGreaterThanOrEqual(4);
    expect(unchanged.length).toBeGreaterThanOrEqual(6);
    expect(printed('copied')).toEqual([
      'two',
      'M\t/\t/zones/t/',
      'M\tF\t/zones/t/a',
      '-\t/\t/zones/t/d',
      '+\tF\t/zones/t/n',
      '-\tF\t/zones/t/d/b',
    ]);
  });
  when('snapdir says whether it is listed', () => {
    expect(printed('visible')).toEqual(['.  ..  .zfs  a  n', '.  ..  a  n']);
  });
  when('a directory made there is a snapshot, goes and gets another name, and a new name is found at once', () => {
    expect(printed('directories')).toEqual(['zones/t@s1', 'zones/t@s2', 'a  n', 's1', 'zones/t@s1']);
    const moved = printed('moved');
    expect(moved.slice(0, 2)).toEqual(['n  s1', 'new']);
    expect(moved.filter((line) => line.endsWith('Device busy'))).toHaveLength(2);
    expect(moved.slice(-2)).toEqual(['n  s1', 's1']);
    expect(printed('renamed')).toEqual(['s3', 'one']);
  });
  when('what is mounted is rolled back under those who use it', () => {
    const lines = printed('rolledBack');
    expect(lines.slice(-7)).toEqual(['one', 'two', '.  ..  a  d', 'cat: -: I/O error', 'one', 'more', '1']);
  });
  when('what is mounted is received into under those who use it', () => {
    expect(printed('received')).toEqual(['f', '/zones/r', 'two', 'two', 'cat: -: I/O error', '1']);
    expect(printed('forced')).toEqual([
      'cannot receive incremental stream: destination zones/r has been modified',
      'since most recent snapshot',
      'mine',
      'three',
      'a  b  c',
      'three',
      'three',
      'more',
    ]);
  });
  when('a snapshot in use stays, and others go with their file system', () => {
    expect(printed('busy')).toEqual([
      "cannot unmount '/zones/t/.zfs/snapshot/s1': Device busy",
      "cannot unmount '/zones/t': Device busy",
    ]);
    expect(printed('unmounted')).toEqual(['a  d', '0', 'a  d']);
  });
  when('a volume that is open is in use, by whatever name, until it is closed', () => {
    expect(printed('volume')).toEqual([
      "cannot destroy 'zones/w': dataset is busy",
      "cannot open 'zones/w': dataset does not exist",
    ]);
  });
  when('a zone has its own snapshots, and not those of what it is shown', () => {
    expect(printed('zone').at(-1)).toBe('q  secret');
    expect(printed('inside')).toEqual([
      'one',
      'ls: /mnt/.zfs: No such file or directory',
      'ls: /mnt/.zfs/snapshot: No such file or directory',
      'mine',
      'ls: /.zfs: No such file or directory',
      "cannot open 'zones/t': dataset does not exist",
      'q  secret',
    ]);
  });
});
