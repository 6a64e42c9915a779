// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import '../isa/all.ts';
import { buildTables } from '../decode/tables.ts';
import { allInstructions } from '../isa/record.ts';
import { generateInterpreter } from './generate.ts';

test('the interpreter generated from all records is a valid wasm module', () => {
  const tables = buildTables(allInstructions, () => true);
  const t = performance.now();
  const interpreter = generateInterpreter(tables.entries, (key) => key.startsWith('mov/'), {
    minimum: 128,
    maximum: 65536,
    shared: false,
  });
  console.log(interpreter.keys.length, interpreter.wasm.length, performance.now() - t);
  console.log(interpreter.keys.filter((_, i) => i % 100 === 0).join('\n'));
  expect(new WebAssembly.Module(interpreter.wasm)).toBeInstanceOf(WebAssembly.Module);
});
