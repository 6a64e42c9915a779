// SPDX-License-Identifier: MIT
/** @fileoverview Our archives as GNU cpio reads them. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { cpio } from './cpio.ts';

test.skipIf(!haveOracles('cpio'))('GNU cpio lists and reads what we have written', () => {
  const archive = cpio([
    { path: 'd', kind: 'directory' },
    { path: 'd/odd', kind: 'file', contents: 'five!' },
    { path: 'd/run', kind: 'file', contents: new Uint8Array(4096).fill(7), executable: true },
    { path: 'link', kind: 'symbolic link', target: 'd/odd' },
    { path: 'console', kind: 'character device', major: 5, minor: 1 },
  ]);
  const run = (...parameters: string[]) =>
    execFileSync('cpio', [...parameters, '--quiet'], { input: archive, env: { TZ: 'UTC' }, stdio: 'pipe' });
  const listing = run('-tv', '--numeric-uid-gid').toString().trimEnd().split('\n');
  expect(listing.map((line) => line.replaceAll(/ +/g, ' ').replace(/Jan 1 1970/, 'then'))).toEqual([
    'drwxr-xr-x 1 0 0 0 then d',
    '-rw-r--r-- 1 0 0 5 then d/odd',
    '-rwxr-xr-x 1 0 0 4096 then d/run',
    'lrwxrwxrwx 1 0 0 5 then link -> d/odd',
    'crw------- 1 0 0 5, 1 then console',
  ]);
  expect(run('-i', '--to-stdout', 'd/odd').toString()).toBe('five!');
  expect(run('-i', '--to-stdout', 'd/run').equals(Buffer.alloc(4096, 7))).toBe(true);
});
