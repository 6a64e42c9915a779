// SPDX-License-Identifier: MIT
/** @fileoverview A sample of `node tools/soakSnapshots.js`: snapshots of our busy system go on in another process as they would have here. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const home = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

test('snapshots at random instants agree in another process', () => {
  const words = [join(home, 'tools/soakSnapshots.js'), '5'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/^5 snapshots agree/)]);
});
