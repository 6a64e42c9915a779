// SPDX-License-Identifier: MIT
/** @fileoverview A fixed number of random sequences in system mode, on QEMU and here; tools/conformance.js runs more. */
import { describe, expect, test } from 'vitest';
import { haveOracles } from '../../../../tools/oracles.js';
import { commitSeed } from '../../../support/seed.ts';
import { compareSequences } from './run.ts';

const COUNT = 1000;
describe.skipIf(!haveOracles('nasm', 'qemu-system-x86_64'))('random sequences in system mode', () => {
  for (const seed of [1, commitSeed()])
    test(`${COUNT} of them from seed ${seed} do here what they do on QEMU`, { timeout: 240_000 }, () => {
      const report = compareSequences(seed, COUNT, 3);
      expect(report.differences).toEqual([]);
      expect(report.exceptions).toBeGreaterThan(3 * COUNT);
      // Those of which less than the whole was compared.
      expect(report.departed + report.wild).toBeLessThan(COUNT / 20);
    });
});
