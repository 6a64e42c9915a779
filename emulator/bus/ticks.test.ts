// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ticksAt, timeOfTick } from './ticks.ts';

test('ticks agree with exact integer arithmetic, and the inverse is the first such nanosecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 }), fc.constantFrom(1193182, 3579545, 32768), (ns, hz) => {
      const ticks = ticksAt(ns, hz);
      expect(BigInt(ticks)).toBe((BigInt(ns) * BigInt(hz)) / 1_000_000_000n);
      const at = timeOfTick(ticks + 1, hz);
      expect([ticksAt(at, hz), ticksAt(at - 1, hz)]).toEqual([ticks + 1, ticks]);
    }),
  );
});
