// SPDX-License-Identifier: MIT
/**
 * Random programs, natively and in V8. A few fixed seeds, and new ones for FUZZ_SECONDS (5, and 60 where CI is set), from a
 * seed that is printed and can be given back as FUZZ_SEED.
 */

import { describe, expect, it } from 'vitest';
import { commitSeed } from '../../../test/support/seed.ts';
import { canRunNative } from '../testing.ts';
import { type FuzzSummary, fuzz } from './run.ts';

const seconds = Number(process.env.FUZZ_SECONDS ?? (process.env.CI ? 60 : 5));
const fixed = 40;

const report = ({ mismatches }: FuzzSummary) =>
  mismatches.map(({ seed, addressing, expected, actual }) => {
    let at = 0;
    while (at < expected.output.length && expected.output[at] === actual.output[at]) at++;
    const traps = `V8 ${expected.trapped ? 'trapped' : 'ran'}, native ${actual.trapped ? 'trapped' : 'ran'}`;
    return `seed ${seed} (${addressing}): output differs at byte ${at >> 1} of ${expected.output.length >> 1}; ${traps}`;
  });

describe.skipIf(!canRunNative)('differential fuzz against V8', () => {
  it(`fixed seeds`, () => {
    expect(report(fuzz(1, { count: fixed }))).toEqual([]);
  });

  it('fresh seeds', { timeout: seconds * 1000 + 60_000 }, () => {
    const first = Number(process.env.FUZZ_SEED ?? commitSeed());
    const summary = fuzz(first, { milliseconds: seconds * 1000 });
    console.log(`seeds from ${first}: ${summary.programs} programs, ${summary.traps} of them trapping`);
    expect(report(summary)).toEqual([]);
  });
});
