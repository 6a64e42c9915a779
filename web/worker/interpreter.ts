// SPDX-License-Identifier: MIT
/** @fileoverview Fetches the interpreter that the build has stored (`tools/build.js`). */
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { storedInterpreter } from '../../emulator/machine/storedInterpreter.ts';

export async function loadInterpreter(): Promise<Interpreter> {
  const [wasm, description] = await Promise.all([
    load(new URL('../../dist/interp/interpreter.wasm', import.meta.url)),
    load(new URL('../../dist/interp/interpreter.json', import.meta.url)),
  ]);
  return storedInterpreter(new Uint8Array(await wasm.arrayBuffer()), await description.text());
}

async function load(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${response.statusText}`);
  return response;
}
