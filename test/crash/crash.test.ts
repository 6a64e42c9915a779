// SPDX-License-Identifier: MIT
/** Pools after power failures; `node tools/crash.js` tries every instant. */
import { expect, test } from 'vitest';
import { testSeed } from '../support/seed.ts';
import { crash } from './crash.ts';

test.each(['d0', 'mirror d0 d1', 'raidz1 d0 d1 d2'])('%s: a sample of cuts', async (layout) => {
  const { cuts, failures } = await crash({ layout, seed: testSeed(), groups: 12, cuts: 60, judged: 1 });
  expect(failures).toEqual([]);
  // Those before flushes may be among the evenly spread ones, which are half of what was asked for.
  expect(cuts).toBeGreaterThanOrEqual(30);
});
