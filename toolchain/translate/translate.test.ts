// SPDX-License-Identifier: MIT
/** Small programs, end to end: wasm to a Linux executable, run on the host, compared with V8 running the same wasm. */
import { describe, expect, it } from 'vitest';
import { decodeModule } from '../wasm/decode.ts';
import { ModuleWriter } from '../wasm/encode.ts';
import { runNative } from './testing.ts';

describe('translate', () => {
  for (const addressing of ['zero', 'r15'] as const) {
    it(`returns 42 (${addressing})`, () => {
      const writer = new ModuleWriter();
      writer.memory = { minimum: 2 };
      const main = writer.function({ parameters: [], result: 'i32' }, [], (code) => {
        code.constant('i32', 42n);
      });
      writer.exportFunction('main', main);
      expect(runNative(decodeModule(writer.finish()), addressing)).toMatchObject({ status: 42, signal: null });
    });
  }
});
