// SPDX-License-Identifier: MIT
/** @fileoverview A sample of changing code; `node tools/conformance.js memory` goes on for as long as one asks. */
import { expect, test } from 'vitest';
import { MOST_BYTES, MOST_MODULES } from '../../../emulator/jit/tier.ts';
import { changeCode } from './changingCode.ts';

test('code that changes all the time leaves no more modules behind than are allowed', () => {
  const shape = { functions: 1, length: 1, calls: 3 };
  const { made, mostModules, mostBytes } = changeCode(shape, 'compiled', ({ made }) => made > 2 * MOST_MODULES);
  expect(made).toBeGreaterThan(2 * MOST_MODULES);
  expect(mostModules).toBeLessThanOrEqual(MOST_MODULES);
  expect(mostBytes).toBeLessThanOrEqual(MOST_BYTES);
});
