// SPDX-License-Identifier: MIT
/** @fileoverview A sample of random code in both tiers; `node tools/conformance.js tiers` goes on for as long as one asks. */
import { expect, test } from 'vitest';
import { testSeed } from '../../support/seed.ts';
import { MODES } from '../robustness/randomCode.ts';
import { compareTiers } from './tiers.ts';

/** All of it takes about a minute. */
const INSTRUCTIONS = 60_000;
const fresh = testSeed();
for (const mode of MODES)
  for (const seed of [1, fresh])
    test(`random ${mode} code runs alike interpreted and compiled (seed ${seed})`, () => {
      const { difference, compiled } = compareTiers(mode, seed, INSTRUCTIONS);
      expect(difference).toBeUndefined();
      expect(compiled).toBeGreaterThan(0);
    });

/** Instructions of code that is compiled elsewhere: orders, deliveries and failures by the thousand. */
const ORDERED = 15_000;
for (const mode of MODES)
  test(`random ${mode} code runs alike interpreted and compiled elsewhere (seed ${fresh})`, () => {
    const { difference, compiled } = compareTiers(mode, fresh, ORDERED, 'ordered');
    expect(difference).toBeUndefined();
    expect(compiled).toBeGreaterThan(0);
  });

/** Each once ran differently; how is told by the commit that made it alike. */
test.each([
  ['a branch that wraps at 64 KiB in the middle of a page', 'real', 3213641216, 700],
  ['a link to an instruction in two pages, of which the other had been unmapped', 'compatibility', 20001, 25_600],
  ['many branches to where control goes anyway', 'real', 20007, 40_000],
  ['MMX registers, whose 64 bits legacy code has too', 'protected32', 920000, 5000],
] as const)('%s', (_, mode, seed, instructions) => {
  expect(compareTiers(mode, seed, instructions).difference).toBeUndefined();
});
