#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * @fileoverview Comparisons with other people's processors and decoders for as long as one asks; docs/conformance.md describes them.
 *
 *   node tools/conformance.js record [PER-SHAPE] [SEED]   records the vectors of test/conformance/hardware/vectors anew
 *   node tools/conformance.js again                       records all of them again and compares
 *   node tools/conformance.js case RECIPE                 one case as vectors.ts writes it, there and here
 *   node tools/conformance.js COMMAND [SEED] [SECONDS]    instructions, blocks, sequences, special, decoder, robustness, tiers, memory
 */
import { moduleServer } from './moduleServer.js';

const server = await moduleServer();
try {
  const { command } = await server.ssrLoadModule('/test/conformance/command.ts');
  process.exitCode = await command(process.argv.slice(2));
} finally {
  await server.close();
}
