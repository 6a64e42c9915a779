// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { SharedLine, systemInterrupts, Wire } from './irq.ts';

test('a shared line is high while any source is', () => {
  const line = new Wire();
  const shared = new SharedLine(line);
  const [a, b] = [shared.source(), shared.source()];
  const seen = [];
  for (const [source, level] of [
    [a, true],
    [a, true],
    [b, true],
    [a, false],
    [b, false],
  ] as const) {
    source.set(level);
    seen.push(line.level);
  }
  expect(seen).toEqual([true, true, true, true, false]);
});

test('ISA interrupts reach both controllers; IRQ 0 enters the I/O APIC at pin 2', () => {
  const pic = Array.from({ length: 16 }, () => new Wire());
  const ioapic = Array.from({ length: 24 }, () => new Wire());
  const gsi = systemInterrupts(pic, ioapic);
  expect(gsi.length).toBe(24);
  gsi[0].set(true);
  gsi[2].set(true);
  gsi[2].set(false);
  gsi[4].set(true);
  gsi[16].set(true);
  const high = (wires: Wire[]) => wires.flatMap((wire, index) => (wire.level ? [index] : []));
  expect(high(pic)).toEqual([0, 4]);
  expect(high(ioapic)).toEqual([2, 4, 16]);
});
