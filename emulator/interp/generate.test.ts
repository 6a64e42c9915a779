// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { interpreter } from './interpreter.ts';

test('the interpreter generated from all records is a valid wasm module', () => {
  expect(() => new WebAssembly.Module(interpreter().wasm)).not.toThrow();
});
test('no two handlers have the same key', () => {
  const { keys } = interpreter();
  expect(new Set(keys).size).toBe(keys.length);
});
