// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview The commands of ./diorama that belong to the source tree (test, build, serving the page); all others go to the bundled
 * command line, which is brought up to date first.
 */
import { buildNode } from './build.js';

const [command, ...rest] = process.argv.slice(2);

try {
  if (command === 'test') {
    const { test } = await import('./test.js');
    process.exitCode = await test(rest);
  } else if (command === 'build') {
    const { buildAll } = await import('./build.js');
    await buildAll();
  } else if (command === undefined || command === '--port') {
    const { serve } = await import('./serve.js');
    await serve(process.argv.slice(2));
  } else {
    await buildNode();
    // The bundle does not exist when this file is type-checked.
    const bundle = new URL('../dist/node/cli.js', import.meta.url).href;
    await import(bundle);
  }
} catch (error) {
  const known = error instanceof Error && error.name === 'UsageError';
  console.error(`diorama: ${known ? error.message : error instanceof Error ? error.stack : error}`);
  process.exitCode = known ? 2 : 4;
}
