// SPDX-License-Identifier: MIT
/**
 * Random programs, natively and in V8. A few fixed seeds, and FUZZ_COUNT new ones (300, and 900 where CI is set, which takes a
 * minute there), from a seed that follows from the commit, is printed and can be given back as FUZZ_SEED.
 */

import { describe, expect, it } from 'vitest';
import { commitSeed } from '../../../test/support/seed.ts';
import { canRunNative } from '../testing.ts';
import { type FuzzSummary, fuzz } from './run.ts';

const fresh = Number(process.env.FUZZ_COUNT ?? (process.env.CI ? 900 : 300));
/** Far more than a program takes: its executable is written, started and read back. */
const PROGRAM_TIMEOUT = 500;
const FIXED = 40;

const report = ({ mismatches }: FuzzSummary) =>
  mismatches.map(({ seed, addressing, expected, actual }) => {
    let at = 0;
    while (at < expected.output.length && expected.output[at] === actual.output[at]) at++;
    const traps = `V8 ${expected.trapped ? 'trapped' : 'ran'}, native ${actual.trapped ? 'trapped' : 'ran'}`;
    return `seed ${seed} (${addressing}): output differs at byte ${at >> 1} of ${expected.output.length >> 1}; ${traps}`;
  });

describe.skipIf(!canRunNative)('differential fuzz against V8', () => {
  it(`fixed seeds`, { timeout: FIXED * PROGRAM_TIMEOUT }, () => {
    expect(report(fuzz(1, FIXED))).toEqual([]);
  });

  it('fresh seeds', { timeout: fresh * PROGRAM_TIMEOUT }, () => {
    const first = Number(process.env.FUZZ_SEED ?? commitSeed());
    const summary = fuzz(first, fresh);
    console.log(`seeds from ${first}: ${summary.programs} programs, ${summary.traps} of them trapping`);
    expect(report(summary)).toEqual([]);
  });
});
