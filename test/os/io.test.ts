// SPDX-License-Identifier: MIT
/** Sockets, event ports, mounts, pseudo terminals and disks, as the program guest-os/test/io sees them on our machine and on QEMU. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, systemWith, typeOnOurs, typeOnQemu } from './guestTests.ts';

let directory: string;
let system: System;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'io-'));
  system = await systemWith(directory, ['io']);
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true }));

const ALL = /\n(\d+) checks, 0 failed\n/;
const failures = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('FAILED'));

test('on our machine', () => {
  const { text } = typeOnOurs(system, 'io', ['--disk', 'mem:8M', '--memory', '256M']);
  expect(failures(text)).toEqual([]);
  expect(text).toMatch(ALL);
});

test.skipIf(spawnSync('qemu-system-x86_64', ['--version']).status !== 0)('on QEMU', async () => {
  const image = join(directory, 'disk');
  writeFileSync(image, new Uint8Array(8 << 20));
  const disk = ['-drive', `if=none,id=a,file=${image},format=raw`, '-device', 'virtio-blk-pci,drive=a'];
  const { text } = await typeOnQemu(system, 'io', ['-m', '256', ...disk]);
  expect(failures(text)).toEqual([]);
  expect(text).toMatch(ALL);
});
