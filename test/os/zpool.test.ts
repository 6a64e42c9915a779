// SPDX-License-Identifier: MIT
/**
 * A pool whose disks are taken offline, brought back, replaced and scrubbed while files change on it, in the operating system, on our machine and on QEMU.
 * Afterwards OpenZFS's zdb finds no error on the disks that are left.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openZfs } from '../../tools/oracles.js';
import { type System, systemWith, typeOnOurs, typeOnQemu } from './guestTests.ts';

let folder: string;
let system: System;
const zdb = openZfs();
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
const NAMES = ['zones', 'one', 'two', 'three'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'os-zpool-'));
  system = await systemWith(folder, []);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

function newDisks(where: string): string[] {
  const directory = join(folder, where);
  mkdirSync(directory);
  return NAMES.map((name) => {
    const path = join(directory, name);
    writeFileSync(path, '');
    truncateSync(path, 256 << 20);
    return path;
  });
}

/** Waits for what the status will say; the run as a whole has its own limit. */
const until = (what: string): string => `until zpool status tank | grep -q '${what}'; do sleep 1; done`;
const COMMANDS = [
  // The disks beside that of the pool zones, however they are called.
  'set -- $(ls /dev/dsk | grep "^c1t.*d0$")',
  'zpool create tank mirror $1 $2 && cp -r /usr/lib /tank/a',
  'zpool offline tank $2 && cp -r /usr/sbin /tank/b && zpool list -Ho health tank',
  `zpool online tank $2 && ${until('resilvered .* with 0 errors')}`,
  'zpool list -Ho health tank',
  `zpool replace tank $1 $3; cp -r /usr/bin /tank/c; ${until('resilvered .* with 0 errors')}; zpool status tank | grep replacing`,
  `zpool scrub tank && ${until('scrub repaired')}; zpool status tank`,
  'diff -r /usr/lib /tank/a && diff -r /usr/sbin /tank/b && diff -r /usr/bin /tank/c && echo same',
  'zpool export tank && echo exported',
].join('; ');

function judge(text: string, disks: string[]): void {
  expect(text).toMatch(/^DEGRADED$/m);
  expect(text).toMatch(/^ONLINE$/m);
  expect(text).toMatch(/scan: scrub repaired 0 in .* with 0 errors/);
  expect(text).not.toMatch(/^\s+replacing-/m);
  expect(text).toMatch(/errors: No known data errors/);
  expect(text).toMatch(/^same$/m);
  expect(text).toMatch(/^exported$/m);
  if (!zdb) return;
  // The disk that was replaced is not one of the pool's any more.
  const directory = join(disks[1], '..');
  rmSync(disks[1]);
  const { output, status } = zdb('zdb', ['-e', '-p', directory, '-bcc', 'tank']);
  expect(output).toContain('No leaks (block sum matches space maps exactly)');
  expect(status).toBe(0);
}

test('on our machine', () => {
  const disks = newDisks('ours');
  const { text } = typeOnOurs(system, COMMANDS, ['--memory', '512M', ...disks.flatMap((disk) => ['--disk', disk])], 900);
  judge(text, disks);
}, 1_000_000);

test.skipIf(!hasQemu)(
  'on QEMU',
  async () => {
    const disks = newDisks('qemu');
    const drives = disks.flatMap((path, index) => [
      '-drive',
      `file=${path},format=raw,if=none,id=d${index}`,
      '-device',
      `virtio-blk-pci,drive=d${index},serial=${index === 0 ? 'pool' : `d${index}`}`,
    ]);
    const { text } = await typeOnQemu(system, COMMANDS, ['-m', '512', ...drives], 900);
    judge(text, disks);
  },
  1_000_000,
);
