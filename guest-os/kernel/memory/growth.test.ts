// SPDX-License-Identifier: MIT
/** Whether a table is said to be full exactly when the next entry moves it: what is said is compared with where its memory is, before and after. */
import { beforeAll, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../../../toolchain/asc/hostWasm.ts';

const SOURCE = `
import { isFullArray, isFullMap } from './guest-os/kernel/memory/growth';
/** How often a map moved, or 0: it was not foretold. \`kept\`: entries beyond so many are removed again at once. */
export function map(entries: i32, kept: i32): i32 {
  const map = new Map<string, i32>();
  let moved = 0;
  for (let i = 0; i < entries; i++) {
    const full = isFullMap(map);
    const before = load<usize>(changetype<usize>(map), offsetof<Map<string, i32>>('entries'));
    map.set(i.toString(), i);
    const after = load<usize>(changetype<usize>(map), offsetof<Map<string, i32>>('entries'));
    if ((before != after) != full) return 0;
    if (full) moved++;
    if (i >= kept) map.delete(i.toString());
  }
  return moved;
}
export function array(entries: i32): i32 {
  const array: (string | null)[] = [];
  let moved = 0;
  for (let i = 0; i < entries; i++) {
    const full = isFullArray(array);
    const before = array.dataStart;
    array.push('a');
    if ((before != array.dataStart) != full) return 0;
    if (full) moved++;
  }
  return moved;
}
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 120_000);

test.each([
  ['a map that grows', 'map', [5000, 5000]],
  ['a map whose entries come and go', 'map', [5000, 100]],
  ['an array', 'array', [5000]],
] as const)('%s', (_, name, values) => {
  expect(guest.call(name, ...values)).toBeGreaterThan(5);
});
