#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Mutated images of pools (test/mutate): `node tools/mutateZfs.js [SEED] [COUNT] [SECONDS] [FROM]`. A process of its own makes them, so that one that
 * goes on for longer than that (60) is named and ends.
 */
import { fork } from 'node:child_process';
import { moduleServer } from './moduleServer.js';

const [seed = 1, count = 10_000, seconds = 60, from = 0] = process.argv.slice(2).map(Number);

if (process.send) {
  const server = await moduleServer();
  const { mutate } = await server.ssrLoadModule('/test/mutate/mutate.ts');
  const report = await mutate(
    seed,
    count,
    (/** @type {number} */ image, /** @type {string} */ what) => {
      process.send?.({ image, what });
    },
    from,
  );
  await server.close();
  process.send({ report });
  process.disconnect();
} else {
  const child = fork(new URL(import.meta.url).pathname, process.argv.slice(2));
  let last = 'building';
  const watch = () =>
    setTimeout(() => {
      console.log(`hangs: seed ${seed} ${last}`);
      process.exitCode = 1;
      child.kill('SIGKILL');
    }, seconds * 1000);
  let timer = setTimeout(() => undefined, 0);
  child.on('message', (/** @type {any} */ message) => {
    clearTimeout(timer);
    if (message.report) {
      const { images, imported, failures } = message.report;
      console.log(`${images} images, ${imported} imported, ${failures.length} failures`);
      for (const failure of failures) console.log(failure);
      if (failures.length > 0) process.exitCode = 1;
      return;
    }
    last = `image ${message.image} (${message.what})`;
    timer = watch();
  });
}
