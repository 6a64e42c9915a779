// SPDX-License-Identifier: MIT
/** Pools with features, as OpenZFS's ztest makes them: found, refused with the features' names, and left as they are. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileDisk, loadZfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

const openzfs = openZfs();

test.skipIf(!openzfs)('a pool of ztest is refused, and the features are named', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ztest-'));
  try {
    // It makes a pool, works on it, and then misses zdb on the path: that end is its own business.
    openzfs?.('ztest', ['-f', folder, '-p', 'ztest', ...'-T 1 -P 1 -v 1 -m 1 -r 1 -R 1 -K raidz -t 1 -k 1 -s 128M'.split(' ')]);
    const files = readdirSync(folder).filter((name) => name.startsWith('ztest.'));
    expect(files.length).toBeGreaterThan(0);
    const digests = (): string[] =>
      files.map((name) =>
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      );
    const before = digests();
    const zfs = await loadZfs(files.map((name) => fileDisk(join(folder, name), true)));
    const found = zfs.zpool('import', '-d', folder);
    expect(found.out).toMatch(
      /pool: ztest\n[\s\S]* state: UNAVAIL\n status: The pool uses the following feature\(s\) not supported on this system:/,
    );
    expect(found.out).toMatch(/com\.delphix:embedded_data/);
    const refused = zfs.zpool('import', '-d', folder, '-f', 'ztest');
    expect(refused.err).toMatch(/^This pool uses the following feature\(s\) not supported by this system:\n\t\S+:\S+/);
    expect(refused.err).toMatch(/cannot import 'ztest': unsupported version or feature\n$/);
    expect(refused.status).toBe(1);
    expect(zfs.zpool('list').err).toBe('no pools available\n');
    expect(digests()).toEqual(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
