// SPDX-License-Identifier: MIT
/** Images of pools that nobody wrote; `node tools/mutateZfs.js SEED COUNT` tries more of them. */
import { expect, test } from 'vitest';
import { testSeed } from '../support/seed.ts';
import { mutate } from './mutate.ts';

test('a sample of mutated images: no panic, no hang', async () => {
  const { imported, failures } = await mutate(testSeed(), 150);
  expect(failures).toEqual([]);
  // Not all are refused, or nothing would have been tried.
  expect(imported).toBeGreaterThan(50);
});

test('a pointer to a block larger than any', async () => {
  // Its size on disk had been changed, with checksums that are right.
  expect((await mutate(7, 2065, undefined, 2064)).failures).toEqual([]);
});
