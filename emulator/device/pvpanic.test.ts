// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { PvPanic } from './pvpanic.ts';

test('the port reads the events understood and reports those written', () => {
  const events: string[] = [];
  const device = new PvPanic((event) => events.push(event));
  expect(device.registers.read(0, 1)).toBe(3);
  device.registers.write(0, 1, 0);
  device.registers.write(0, 1, 2);
  device.registers.write(0, 1, 1);
  expect(events).toEqual(['crash-loaded', 'panicked']);
  device.load(device.save());
  expect(() => device.load({ version: 2 })).toThrow('pvpanic: snapshot version 2 is not 1');
});
