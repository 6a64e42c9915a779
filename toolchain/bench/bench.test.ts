// SPDX-License-Identifier: MIT
/** The six kernels compute the same, translated and compiled by gcc; `./diorama bench translator` tells how fast. */
import { expect, it } from 'vitest';
import { hasGcc, kernels, measure } from './bench.ts';

const usable = process.platform === 'linux' && process.arch === 'x64' && hasGcc();

it.skipIf(!usable).each(kernels)('%s gives the checksum that it gives as C', async (kernel) => {
  // Throws where they differ.
  const { translatedNs } = await measure(kernel, { rounds: 1, quiet: 1 });
  expect(translatedNs).toBeGreaterThan(0);
});
