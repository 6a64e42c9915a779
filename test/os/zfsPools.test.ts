// SPDX-License-Identifier: MIT
/**
 * Pools of every layout, compression and checksum that the operating system makes under load, on our machine and on QEMU: exported, and cut off in the
 * middle of a load, OpenZFS's zdb finds no error in them, and GRUB and zstream read what is in them. `node tools/zfsPools.js` does more of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { buildImage, type Image } from './session.ts';
import { poolsOnOurs, poolsOnQemu } from './zfsPools.ts';

let image: Image;
let folder: string;
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

beforeAll(async () => {
  image = await buildImage();
  folder = mkdtempSync(join(tmpdir(), 'os-pools-'));
}, 600_000);
afterAll(() => {
  image?.remove();
  rmSync(folder, { recursive: true });
});

test('on our machine', () => poolsOnOurs(image, join(folder, 'ours')), 1_000_000);
test.skipIf(!hasQemu)('on QEMU', () => poolsOnQemu(image, join(folder, 'qemu')), 1_000_000);
