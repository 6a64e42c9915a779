// SPDX-License-Identifier: MIT
/**
 * Random programs, natively and in V8: those of the first few seeds, and FUZZ_COUNT others (300, and 4,000 where CI is set, which takes
 * a minute there), from a seed that is printed and can be given as FUZZ_SEED.
 */

import { describe, expect, it } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { canRunNative } from '../testing.ts';
import { type FuzzSummary, fuzz } from './run.ts';

const fresh = Number(process.env.FUZZ_COUNT ?? (process.env.CI ? 4000 : 300));
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
  it('the first seeds', { timeout: FIXED * PROGRAM_TIMEOUT }, () => {
    expect(report(fuzz(1, FIXED))).toEqual([]);
  });

  it('other seeds', { timeout: fresh * PROGRAM_TIMEOUT }, () => {
    const first = Number(process.env.FUZZ_SEED ?? testSeed());
    const summary = fuzz(first, fresh);
    console.log(`seeds from ${first}: ${summary.programs} programs, ${summary.traps} of them trapping`);
    expect(report(summary)).toEqual([]);
  });
});
