// SPDX-License-Identifier: MIT
/** Power failures while the devices of a pool change; `node tools/crash.js` tries every instant. */
import { expect, test } from 'vitest';
import { testSeed } from '../support/seed.ts';
import { crashDevices } from './devices.ts';

test('a sample of cuts while devices come and go', async () => {
  const { cuts, failures } = await crashDevices(testSeed(), 100);
  expect(failures).toEqual([]);
  expect(cuts).toBe(100);
});
