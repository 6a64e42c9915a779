// SPDX-License-Identifier: MIT
/**
 * ZFS in the operating system, on QEMU and on our machine: POSIX's requirements hold for files in it, and pools that it leaves behind, in order
 * or cut off, have no error that OpenZFS's zdb could find.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openZfs } from '../../tools/oracles.js';
import { type System, systemWith, testProgram, typeOnOurs, typeOnQemu } from './guestTests.ts';

let folder: string;
let disks: string;
let system: System;
const zdb = openZfs();
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'os-zfs-'));
  disks = join(folder, 'disks');
  mkdirSync(disks);
  system = await systemWith(folder, ['posix']);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

function newDisk(name: string, megabytes: number): string {
  const path = join(disks, name);
  writeFileSync(path, '');
  truncateSync(path, megabytes << 20);
  return path;
}
const drive = (path: string, name = 'pool'): string[] => [
  '-drive',
  `file=${path},format=raw,if=none,id=${name}`,
  '-device',
  `virtio-blk-pci,drive=${name},serial=${name}`,
];

function judge(pool: string): void {
  if (!zdb) return;
  const blocks = zdb('zdb', ['-e', '-p', disks, '-bcc', pool]);
  expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
  expect(blocks.status).toBe(0);
  const objects = zdb('zdb', ['-e', '-p', disks, '-dddd', pool]);
  expect(objects.output).not.toContain('leaked');
  expect(objects.status).toBe(0);
  const datasets = zdb('zdb', ['-e', '-p', disks, '-d', pool]).output;
  if (pool !== 'zones') return;
  for (const name of ['', '/archive', '/config', '/cores', '/cores/global', '/opt', '/usbkey', '/var'])
    expect(datasets).toContain(`Dataset ${pool}${name} [ZPL]`);
  expect(datasets).toContain(`Dataset ${pool}/dump [ZVOL]`);
}

function verdicts(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(.+: .+) = (.+)$/gm)].map(([, name, verdict]) => [name, verdict]));
}

/** Makes and removes files of many sizes for as long as it runs. */
const LOAD =
  'for i in 1 2 3; do cp -r /usr /var/u$i & done; wait; rm -r /var/u1/bin & rm -r /var/u2; wait; cmp /usr/lib/core /var/u3/lib/core && echo same';

describe('the pool zones', () => {
  test.skipIf(!hasQemu)(
    'is made at first boot on QEMU; POSIX holds in /var',
    async () => {
      const program = join(folder, 'posix.linux');
      writeFileSync(program, await testProgram('posix', 'linux'));
      chmodSync(program, 0o755);
      const linux = spawnSync(program, [], { encoding: 'latin1', timeout: 120_000 }).stdout;
      const command = 'mkdir /var/posix; ln -s /var/posix /tmp/posix; /usr/bin/posix';
      const { text, status } = await typeOnQemu(system, command, ['-m', '256', ...drive(newDisk('first', 512))]);
      expect(verdicts(text)).toEqual(verdicts(linux));
      expect(status).toBe(0);
      judge('zones');
    },
    400_000,
  );

  test.skipIf(!hasQemu)(
    'is imported by our machine, which makes load on it, and on a mirror that it exports',
    () => {
      const first = join(disks, 'first');
      const mirror = ['left', 'right'].map((name) => newDisk(name, 256));
      const names = mirror.map((_, index) => `/dev/dsk/c1t${index + 1}d0s0`);
      const commands = [
        `ls -d /var/posix; ${LOAD}`,
        `zfsrequest pool_create pool=tank vdevs=mirror,${names.join(',')}; mkdir /tank; mount -F zfs tank /tank`,
        'cp -r /usr/lib /tank/a; cp /tank/a/core /tank/core; rm -r /tank/a; cmp /usr/lib/core /tank/core && echo copied',
        'cd /tank; umount /tank; cd; umount /tank; zfsrequest pool_export pool=tank && echo exported',
      ];
      const options = [first, ...mirror].flatMap((disk) => ['--disk', disk]);
      const { text } = typeOnOurs(system, commands.join('; '), ['--memory', '256M', ...options]);
      expect(text).toMatch(/^\/var\/posix$/m);
      expect(text).toMatch(/^same$/m);
      expect(text).toMatch(/^copied$/m);
      expect(text).toMatch(/^umount: \/tank: Device busy$/m);
      expect(text).toMatch(/^exported$/m);
      judge('zones');
      judge('tank');
      for (const disk of [first, ...mirror]) rmSync(disk);
    },
    400_000,
  );

  test.skipIf(!hasQemu)(
    'has no error when the machine is cut off in the middle of a load',
    async () => {
      const disk = newDisk('cut', 512);
      const image = ['-kernel', system.kernel, '-initrd', system.archive, '-append', 'console=ttya', '-m', '256'];
      const screen = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot'];
      const child = spawn('qemu-system-x86_64', ['-accel', 'tcg', ...image, ...screen, ...drive(disk)]);
      let text = '';
      const rest = ['root', `sync; cp -r /usr /var/first; sync; (${LOAD}) & sleep 1; cp -r /usr /var/x; echo go`];
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString('latin1');
        if (/^go/m.test(text)) child.kill('SIGKILL');
        if (!/(\]#|login:) $/.test(text)) return;
        text = '';
        child.stdin.write(`${rest.shift()}\n`);
      });
      await new Promise((resolve) => child.on('exit', resolve));
      judge('zones');
      const { text: after } = await typeOnQemu(system, 'cmp /usr/lib/core /var/first/lib/core && echo same', [
        '-m',
        '256',
        ...drive(disk),
      ]);
      expect(after).toMatch(/^same$/m);
      judge('zones');
      rmSync(disk);
    },
    400_000,
  );

  test('is left out where there is no disk, and the console says so', async () => {
    const { text, status } = await typeOnQemu(system, 'ls -d /var/adm', ['-m', '256']);
    expect(text).toContain('zones: no disk: /var, /opt and /usbkey are in memory and will be lost');
    expect(text).toMatch(/^\/var\/adm$/m);
    expect(status).toBe(0);
  }, 100_000);
});

/** Datasets, streams and limits by zfs(8), on a pool of two drives beside one that stays empty. */
const DATASETS = [
  // The disks beside that of the pool zones, however they are called.
  'set -- $(ls /dev/dsk | grep "^c1t.*d0$"); zpool create tank $1 $2 && zfs create -o compression=lzjb tank/a && cp -r /usr/lib /tank/a/lib && zfs snapshot tank/a@one',
  'rm /tank/a/lib/core; cp /etc/passwd /tank/a/; zfs snapshot tank/a@two',
  'zfs send tank/a@one | zfs receive tank/b && zfs send -i one tank/a@two | zfs receive tank/b; cmp /tank/a/passwd /tank/b/passwd && echo same',
  'ls /tank/b/lib/core; zfs rollback -r tank/b@one; cmp /usr/lib/core /tank/b/lib/core && echo rolled back',
  'zfs clone tank/a@one tank/c && zfs promote tank/c && zfs list -H -o name,origin -t all -r tank',
  'zfs set quota=1m tank/b; zfs create -o quota=100k tank/small; cp /usr/lib/core /tank/small/; cd /tank/c; zfs unmount tank/c; zfs destroy tank/c; cd /',
  'zfs set mountpoint=/elsewhere tank/b; cmp /usr/lib/core /elsewhere/lib/core && echo moved; zfs rename tank/a tank/d; ls /tank/d',
  'zfs send -R tank/d@two > /var/stream; zfs snapshot -r tank@end; zfs get -H -o value,source compression tank/d',
  'zpool export tank && echo exported; sync',
].join('; ');

function datasetsAreRight(text: string): void {
  const lines = text.split('\n');
  for (const line of ['same', 'rolled back', 'moved', 'exported']) expect(lines).toContain(line);
  for (const line of [
    'ls: /tank/b/lib/core: No such file or directory',
    "cannot set property for 'tank/b': size is less than current used or reserved space",
    'cp: /tank/small/core: Disc quota exceeded',
    "cannot unmount '/tank/c': Device busy",
    "cannot destroy 'tank/c': filesystem has children",
    "use '-r' to destroy the following datasets:",
    'tank/a\ttank/c@one',
    'tank/c@one\t-',
    'lzjb\tlocal',
  ])
    expect(lines).toContain(line);
}

describe('datasets', () => {
  const more = (name: string): string[] => ['one', 'two'].map((which) => newDisk(`${name}-${which}`, 128));
  const judged = (used: string[]): void => {
    judge('tank');
    for (const disk of used) rmSync(disk);
  };
  test('are made, sent, cloned, limited on our machine', () => {
    const used = more('own');
    const options = ['--memory', '256M', '--disk', 'mem:64M:pool', ...used.flatMap((disk) => ['--disk', disk])];
    const { text } = typeOnOurs(system, DATASETS, options);
    datasetsAreRight(text);
    judged(used);
  }, 600_000);

  test.skipIf(!hasQemu)(
    'and on QEMU',
    async () => {
      const zones = newDisk('zones', 64);
      const used = more('qemu');
      const drives = [...drive(zones), ...used.flatMap((disk, index) => drive(disk, `tank${index}`))];
      const { text } = await typeOnQemu(system, DATASETS, ['-m', '256', ...drives], 580);
      datasetsAreRight(text);
      judged([zones, ...used]);
    },
    600_000,
  );
});
