// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { DebugPort } from './debugPort.ts';

test('bytes go out, reads give E9h', () => {
  const bytes: number[] = [];
  const port = new DebugPort((byte) => bytes.push(byte));
  for (const character of 'ok') port.registers.write(0, 1, character.charCodeAt(0));
  expect([bytes, port.registers.read(0, 1)]).toEqual([[0x6f, 0x6b], 0xe9]);
  port.load(port.save());
});
