// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { DebugExit } from './debugExit.ts';

test('a write ends the machine with twice the value plus one', () => {
  const codes: number[] = [];
  const port = new DebugExit((code) => codes.push(code));
  port.registers.write(0, 1, 0);
  port.registers.write(0, 4, 0x10);
  expect([codes, port.registers.read(0, 1)]).toEqual([[1, 0x21], 0]);
  port.load(port.save());
});
