// SPDX-License-Identifier: MIT
/**
 * @fileoverview The interpreter as the machine uses it: tables, wasm module and handler keys, generated once a process.
 *
 * Builds ship the generated module (`tools/build.js` stores what `generateInterpreter` returns); where none is given, as in tests, it
 * is generated here, which takes about a second.
 */
import { buildTables, type Tables } from '../decode/tables.ts';
import '../isa/all.ts';
import { allInstructions } from '../isa/record.ts';
import { generateInterpreter, type Interpreter, type MemoryShape } from './generate.ts';
import { isHot } from './hot.ts';

/** Linear memory is declared as large as wasm32 allows; each machine takes what it needs. */
export const MEMORY_SHAPE: MemoryShape = { minimum: 0, maximum: 65536, shared: false };

let generated: Interpreter | undefined;
export function interpreter(): Interpreter {
  generated ??= generateInterpreter(buildTables(allInstructions, () => true).entries, isHot, MEMORY_SHAPE);
  return generated;
}
/** Decoder tables of a CPU model. */
export const tablesFor = (available: (feature: string) => boolean): Tables => buildTables(allInstructions, available);
