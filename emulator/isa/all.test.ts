// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import './all.ts';
import { buildTables } from '../decode/tables.ts';
import { allInstructions } from './record.ts';
import { FEATURES } from './system/features.ts';

test('every record names a CPUID feature that exists', () => {
  const unknown = allInstructions.filter((r) => r.cpuid && !FEATURES.has(r.cpuid)).map((r) => `${r.mnemonic}: ${r.cpuid}`);
  expect(unknown).toEqual([]);
});
test('no two encodings clash', () => {
  expect(() => buildTables(allInstructions, () => true)).not.toThrow();
});
