// SPDX-License-Identifier: MIT
/** @fileoverview Fetches the interpreter that the build has stored (`tools/build.js`). */
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { storedInterpreter } from '../../emulator/machine/storedInterpreter.ts';
import { download, type Progress } from './download.ts';

export async function loadInterpreter(progress: Progress): Promise<Interpreter> {
  const [wasm, description] = await Promise.all([
    download(new URL('../../dist/interp/interpreter.wasm', import.meta.url), progress),
    download(new URL('../../dist/interp/interpreter.json', import.meta.url), progress),
  ]);
  return storedInterpreter(wasm, new TextDecoder().decode(description));
}
