// SPDX-License-Identifier: MIT
// @ts-check
/** @fileoverview `./diorama bench`: measures the library as it is built; docs/benchmarks.md describes it. */
import { buildNode } from './build.js';
import { moduleServer } from './moduleServer.js';

/**
 * @param {readonly string[]} words
 * @returns {Promise<number>} the exit code
 */
export async function bench(words) {
  await buildNode();
  const server = await moduleServer();
  try {
    const { command } = await server.ssrLoadModule('/test/bench/command.ts');
    // The bundle does not exist when this file is type-checked.
    const bundle = new URL('../dist/node/library.js', import.meta.url).href;
    return await command(words, await import(bundle));
  } finally {
    await server.close();
  }
}
