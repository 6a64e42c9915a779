// SPDX-License-Identifier: MIT
/**
 * @fileoverview Debian's kernel up to its shell, for amd64 and for i386, interpreted and compiled: the same machine at the same instruction, bit for bit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { debianKernel, haveOracles, unpackedPackage } from '../../tools/oracles.js';
import { diorama, temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Share of the instructions up to the prompt that must be compiled. */
const SYSTEMS = [
  { name: 'Debian', kernel: haveOracles('busybox') ? debianKernel() : undefined, busybox: undefined, compiled: 0.75 },
  {
    name: 'Debian for i386',
    kernel: debianKernel('686-pae'),
    busybox: unpackedPackage('busybox-static:i386'),
    compiled: 0.75,
  },
];

for (const { name, kernel, busybox, compiled } of SYSTEMS)
  test.skipIf(!kernel || (name !== 'Debian' && !busybox))(
    `the engines bring ${name} to the same prompt, most of it compiled`,
    async () => {
      const initrd = folder.path('initrd.gz');
      writeFileSync(initrd, initramfs([], busybox && join(busybox, 'bin/busybox')));
      const boot = async (tier: string) => {
        const report = folder.path(`${tier}.json`);
        const machine = ['--kernel', kernel?.image ?? '', '--initrd', initrd, '--append', 'console=ttyS0', '--tier', tier];
        const result = await diorama(['run', ...machine, '--expect', '# $', '--timeout', '500', '--json', report]);
        expect(result.exitCode).toBe(0);
        return JSON.parse(readFileSync(report, 'utf8'));
      };
      const interpreted = await boot('interpreted');
      expect(interpreted.tiers.compiled).toBe(0);
      const { instructions, stateHash } = interpreted;
      const mixed = await boot('mixed');
      expect(mixed).toMatchObject({ instructions, stateHash });
      expect(mixed.tiers.compiled / instructions).toBeGreaterThan(compiled);
    },
    1_200_000,
  );
