// SPDX-License-Identifier: MIT
/**
 * @fileoverview The generated interpreter as two files: the wasm module, and a description of what its numbers mean.
 *
 * Generating takes seconds, so builds do it once (`tools/build.js`). A module calls helpers by number, and numbers come from the order in
 * which records are evaluated; the description names them, so that a module that belongs to other records is noticed before it runs.
 */
import type { Interpreter } from '../interp/generate.ts';
import { interpreter } from '../interp/interpreter.ts';
import { allHelpers } from '../isa/helper.ts';

interface Description {
  keys: string[];
  hot: number;
  helpers: string[];
}

/** Generates the interpreter. */
export function interpreterToStore(): { wasm: Uint8Array; description: string } {
  const { wasm, keys, hot } = interpreter();
  const description: Description = { keys, hot, helpers: allHelpers.map((helper) => helper.name) };
  return { wasm, description: JSON.stringify(description) };
}

/** Throws if the module was generated from other records than these. */
export function storedInterpreter(wasm: Uint8Array<ArrayBuffer>, description: string): Interpreter {
  const { keys, hot, helpers } = JSON.parse(description) as Description;
  const same = helpers.length === allHelpers.length && helpers.every((name, i) => name === allHelpers[i].name);
  if (!same) throw new Error('the stored interpreter belongs to other instruction records; build again');
  return { wasm, keys, hot };
}
