// SPDX-License-Identifier: MIT
/** @fileoverview A fixed number of random sequences in system mode, on QEMU and here; tools/conformance.js runs more. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { haveOracles } from '../../../../tools/oracles.js';
import { DEPARTURES, MEMORY_DEPARTURES } from './departures.ts';
import { compareSequences } from './run.ts';

test('docs/conformance.md lists what QEMU does otherwise', () => {
  const page = readFileSync(new URL('../../../../docs/conformance.md', import.meta.url), 'utf8');
  const missing = [...DEPARTURES, ...MEMORY_DEPARTURES].filter((d) => !page.includes(`| ${d.why} |`));
  expect(missing.map((d) => d.why)).toEqual([]);
});

const COUNT = 1500;
describe.skipIf(!haveOracles('nasm', 'qemu-system-x86_64'))('random sequences in system mode', () => {
  test(`${COUNT} of them do here what they do on QEMU`, { timeout: 240_000 }, () => {
    const report = compareSequences(1, COUNT, 3);
    expect(report.differences).toEqual([]);
    expect(report.exceptions).toBeGreaterThan(3 * COUNT);
    // Those of which less than the whole was compared.
    expect(report.departed + report.wild).toBeLessThan(COUNT / 20);
  });
});
