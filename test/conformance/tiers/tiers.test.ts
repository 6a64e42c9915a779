// SPDX-License-Identifier: MIT
/** @fileoverview A sample of random code in both tiers; `node tools/conformance.js tiers` goes on for as long as one asks. */
import { expect, test } from 'vitest';
import { testSeed } from '../../support/seed.ts';
import { MODES } from '../robustness/randomCode.ts';
import { compareTiers } from './tiers.ts';

const INSTRUCTIONS = 6_000;
const fresh = testSeed();
for (const mode of MODES)
  for (const seed of [1, fresh])
    test(`random ${mode} code runs alike interpreted and compiled (seed ${seed})`, () => {
      const { difference, compiled } = compareTiers(mode, seed, INSTRUCTIONS);
      expect(difference).toBeUndefined();
      expect(compiled).toBeGreaterThan(0);
    });
