// SPDX-License-Identifier: MIT
/** @fileoverview Where the worker gets the interpreter from. */
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { interpreter } from '../../emulator/interp/interpreter.ts';

export async function loadInterpreter(): Promise<Interpreter> {
  return interpreter();
}
