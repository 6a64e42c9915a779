// SPDX-License-Identifier: MIT
/**
 * @fileoverview The interpreter for machines under Node: the one that the build has stored, or, where the sources run unbuilt (tests), one
 * generated now.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Interpreter } from '../interp/generate.ts';
import { interpreter } from '../interp/interpreter.ts';
import { storedInterpreter } from '../machine/storedInterpreter.ts';

/** Seen from dist/node; beside the sources there is no such file. */
const WASM = new URL('../interp/interpreter.wasm', import.meta.url);
const DESCRIPTION = new URL('../interp/interpreter.json', import.meta.url);

let loaded: Interpreter | undefined;
export function nodeInterpreter(): Interpreter {
  loaded ??= existsSync(WASM)
    ? storedInterpreter(new Uint8Array(readFileSync(WASM)), readFileSync(DESCRIPTION, 'utf8'))
    : interpreter();
  return loaded;
}
