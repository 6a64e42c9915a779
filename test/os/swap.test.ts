// SPDX-License-Identifier: MIT
/**
 * Swap on our machine and on QEMU: the system makes zones/swap with its pool and pages out to it; processes that have more memory together than the machine
 * find every word as they left it, with fork, shared memory, locks and files among them, also when an area is removed; an area in use stays as it is; and zdb finds no error in the pool
 * that QEMU leaves behind. What swap prints is swap(8)'s of illumos. Longer: `SWAP_ROUNDS=20 npx vitest run --project system test/os/swap.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openZfs } from '../../tools/oracles.js';
import { testSeed } from '../support/seed.ts';
import { type System, systemWith, typeOnOurs, typeOnQemu } from './guestTests.ts';

const ROUNDS = Number(process.env.SWAP_ROUNDS ?? 1);
const AREA = '/dev/zvol/dsk/zones/swap';
/** MiB: of the machine, whose zones/swap is as large, of its pool, of all processes together; their children are promised as much again, so there is another area. */
const MEMORY = 192;
const POOL = 2048;
const TOUCHED = 165;

const COMMANDS = [
  // The pool may be made while somebody logs in.
  'until swap -l > /tmp/none 2>&1; do sleep 0.1; done; zfs list -H -o name,volsize zones/swap',
  `swap -l; echo "$(swap -lk | tail -1 | sed 's/  */ /g')"`,
  `for c in "zfs destroy zones/swap" "zfs set volsize=64m zones/swap" "zfs rename zones/swap zones/other" "swap -a ${AREA}" "swap -a /dev/dsk/c0t0d0s0" "swap -a /etc/passwd"; do $c 2>&1; done`,
  'zfs create -V 192m -b 4096 zones/more; swap -a /dev/zvol/dsk/zones/more; swap -l | wc -l',
  `/usr/bin/kernel swap ${TOUCHED} 3 ${ROUNDS} ${testSeed() % 1000}`,
  'kstat -p cpu:0:vm',
  `swap -d /dev/zvol/dsk/zones/more; swap -d ${AREA}; swap -l 2>&1; swap -a ${AREA}; swap -l`,
].join('; echo ----; ');

let folder: string;
let disk: string;
let system: System;
const zdb = openZfs();
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'os-swap-'));
  mkdirSync(join(folder, 'disks'));
  disk = join(folder, 'disks/pool');
  system = await systemWith(folder, ['kernel']);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

function newDisk(): void {
  writeFileSync(disk, '');
  truncateSync(disk, 0);
  truncateSync(disk, POOL * 2 ** 20);
}

const PATIENCE = 1200 * Math.max(1, ROUNDS / 2);
const MACHINES = [
  [
    'our machine',
    () => Promise.resolve(typeOnOurs(system, COMMANDS, ['--memory', `${MEMORY}M`, '--disk', `mem:${POOL}M:pool`], PATIENCE)),
    true,
  ],
  [
    'QEMU',
    () =>
      typeOnQemu(
        system,
        COMMANDS,
        [
          '-m',
          `${MEMORY}`,
          '-drive',
          `file=${disk},format=raw,if=none,id=pool`,
          '-device',
          'virtio-blk-pci,drive=pool,serial=pool',
        ],
        PATIENCE,
      ),
    hasQemu,
  ],
] as const;

describe.each(MACHINES)('on %s', (name, run, isThere) => {
  const when = test.skipIf(!isThere);
  let parts: string[] = [];
  let panicked = false;
  beforeAll(
    async () => {
      if (!isThere) return;
      newDisk();
      const { text } = await run();
      panicked = text.includes('panic');
      parts = text.slice(text.indexOf('\n', text.lastIndexOf(COMMANDS.slice(0, 20))) + 1).split('----\n');
    },
    (PATIENCE + 60) * 1000,
  );

  when('zones/swap is made with the pool, and in use', () => {
    expect(parts[0]).toMatch(/^zones\/swap\t19[12]M$/m);
    const [heading, line, kilobytes] = (parts[1] ?? '').split('\n');
    expect(heading).toBe('swapfile             dev    swaplo   blocks     free');
    const [path, , low, blocks, free] = (line ?? '').split(/\s+/);
    expect([path, low]).toEqual([AREA, '8']);
    // All of the volume but the first page, in blocks of 512 bytes.
    expect((Number(blocks) + 8) % 2048).toBe(0);
    expect(Number(free)).toBeLessThanOrEqual(Number(blocks));
    expect(kilobytes).toMatch(new RegExp(`^${AREA} \\d+,\\d+ 4K ${Number(blocks) / 2}K \\d+K$`));
  });
  when('what is in use for it stays, and what is in use otherwise or is no device is none', () => {
    expect(parts[2]?.split('\n').slice(0, 6)).toEqual([
      "cannot destroy 'zones/swap': dataset is busy",
      "cannot set property for 'zones/swap': dataset is busy",
      "cannot rename 'zones/swap': dataset is busy",
      `swap: ${AREA}: File exists`,
      'swap: /dev/dsk/c0t0d0s0: Device busy',
      'swap: /etc/passwd: Invalid operation for this filesystem type',
    ]);
  });
  when('more memory than the machine has keeps its content', () => {
    expect(parts[3]).toMatch(/^ *3$/m);
    expect(panicked).toBe(false);
    expect(parts[4]).toContain('held: as it was\n');
    expect(parts[4]).toContain('swap: 0 failures\n');
    const figure = (name: string): number => Number(new RegExp(`:${name}\\t(\\d+)`).exec(parts[5] ?? '')?.[1]);
    // At least as much as does not fit goes out, and comes back to be looked at.
    const least = ((TOUCHED - MEMORY * 0.65) * 2 ** 20) / 4096;
    expect(figure('pgpgout')).toBeGreaterThan(least);
    expect(figure('pgpgin')).toBeGreaterThan(least);
    expect(figure('scan')).toBeGreaterThan(figure('pgpgout'));
  });
  when('it is removed and added', () => {
    const [none, heading, line] = (parts[6] ?? '').split('\n');
    expect(none).toBe('No swap devices configured');
    expect(heading).toContain('swapfile');
    expect(line).toContain(AREA);
  });
  // Our machine's disk is its own memory's.
  if (name !== 'QEMU') return;
  test.skipIf(!isThere || !zdb)('zdb finds no error in the pool', () => {
    const blocks = zdb!('zdb', ['-e', '-p', join(folder, 'disks'), '-bcc', 'zones']);
    expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
    expect(blocks.status).toBe(0);
  });
});
