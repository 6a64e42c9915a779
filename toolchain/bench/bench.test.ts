// SPDX-License-Identifier: MIT
/** Translated code is at most 1.3 times as slow as gcc -O2's, by the geometric mean of six kernels. */
import { expect, it } from 'vitest';
import { geometricMean, hasGcc, kernels, type Measurement, measure } from './bench.ts';

const usable = process.platform === 'linux' && process.arch === 'x64' && hasGcc();

it.skipIf(!usable)('six kernels against gcc -O2', { timeout: 300_000, retry: 1 }, async () => {
  const results: Measurement[] = [];
  for (const kernel of kernels) results.push(await measure(kernel, { rounds: 40, quiet: 6 }));
  const ms = (ns: number) => `${(ns / 1e6).toFixed(2)} ms`;
  for (const { kernel, ratio, translatedNs, gccNs } of results) {
    console.log(`${kernel.padEnd(10)} ${ratio.toFixed(2)}  (${ms(translatedNs)}, gcc ${ms(gccNs)})`);
  }
  const mean = geometricMean(results.map(({ ratio }) => ratio));
  console.log(`geometric mean ${mean.toFixed(2)}`);
  expect(mean).toBeLessThanOrEqual(1.3);
});
