// SPDX-License-Identifier: MIT
/**
 * @fileoverview Debian's kernel up to its shell, interpreted and compiled: the same machine at the same instruction, bit for bit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { diorama, temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
const folder = temporaryFolder();

describe.skipIf(!kernel)('the engines', () => {
  const { image = '' } = kernel ?? {};
  const initrd = folder.path('initrd.gz');
  beforeAll(() => writeFileSync(initrd, initramfs()));
  afterAll(() => folder.remove());

  async function boot(tier: string) {
    const report = folder.path(`${tier}.json`);
    const machine = ['--kernel', image, '--initrd', initrd, '--append', 'console=ttyS0', '--tier', tier];
    const result = await diorama(['run', ...machine, '--expect', '# $', '--timeout', '300', '--json', report]);
    expect(result.exitCode).toBe(0);
    return JSON.parse(readFileSync(report, 'utf8'));
  }

  test('bring Debian to the same prompt, most of it compiled', async () => {
    const interpreted = await boot('interpreted');
    expect(interpreted.tiers.compiled).toBe(0);
    const { instructions, stateHash } = interpreted;
    const mixed = await boot('mixed');
    expect(mixed).toMatchObject({ instructions, stateHash });
    expect(mixed.tiers.compiled / instructions).toBeGreaterThan(0.75);
  });
});
