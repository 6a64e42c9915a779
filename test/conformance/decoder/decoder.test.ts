// SPDX-License-Identifier: MIT
/** @fileoverview A sample of the comparison with iced-x86; `node tools/conformance.js decoder` does a million strings. */

import { expect, test } from 'vitest';
import { testSeed } from '../../support/seed.ts';
import { ABSENT, compareWithIced, DEPARTURES } from './iced.ts';

const COUNT = 100_000;
const fresh = testSeed();
for (const seed of [1, fresh]) {
  test(`the decoder agrees with iced-x86 on ${COUNT} strings in three code sizes (seed ${seed})`, () => {
    const report = compareWithIced(seed, COUNT);
    expect(report.differences.slice(0, 20), `${report.differences.length} differ`).toEqual([]);
    expect(report.decoded).toBeGreaterThan(COUNT);
    for (const d of DEPARTURES) expect(report.departures.get(d.why), d.why).toBeGreaterThan(0);
    // A feature that we come to have must leave the list.
    expect(report.absent.size).toBeGreaterThan(ABSENT.length);
  });
}
