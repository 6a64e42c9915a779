// SPDX-License-Identifier: MIT
/** @fileoverview A sample of random kernel code; `node tools/conformance.js robustness` runs a million instructions a mode and seed. */

import { expect, test } from 'vitest';
import { testSeed } from '../../support/seed.ts';
import { MODES, runRandomCode } from './randomCode.ts';

const INSTRUCTIONS = 100_000;
const fresh = testSeed();
for (const mode of MODES)
  for (const seed of [1, fresh])
    test(`random ${mode} code never raises a host exception (seed ${seed})`, () => {
      expect(runRandomCode(mode, seed, INSTRUCTIONS).instructions).toBeGreaterThanOrEqual(INSTRUCTIONS);
    });
