// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview `./diorama bench library`: what it costs to make a machine out of another one. Our system is booted and logged in to, on one
 * processor and on four; then it is forked, and each fork asked something; saved to bytes, and restored from them. Times are the host's; the
 * processor time beside them is what the work itself took, whatever else the host was busy with.
 */
import { buildGuest, buildNode } from './build.js';
import { percentile, report } from './figures.js';

const FORKS = 50;
const SNAPSHOTS = 5;
const PROCESSORS = [1, 4];

export async function benchLibrary() {
  await buildNode();
  await buildGuest();
  // The bundle does not exist when this file is type-checked.
  const { Machine } = await import(new URL('../dist/node/library.js', import.meta.url).href);
  for (const smp of PROCESSORS) {
    const machine = Machine.boot({ smp });
    await machine.console.expect(/login: $/);
    machine.console.send('root');
    await machine.console.expect(/# $/);
    const name = smp === 1 ? '1 processor' : `${smp} processors`;
    const forks = timed();
    const answers = timed();
    for (let i = 0; i < FORKS; i++) {
      const fork = forks.of(() => machine.fork());
      await answers.ofLater(async () => {
        fork.console.send('echo $((6 * 7))');
        await fork.console.expect(/^42\r$/);
      });
      fork.close();
    }
    const processor = `processor time median ${percentile(forks.processor, 50).toFixed(1)} ms`;
    report(
      `fork, ${name}`,
      forks.wall,
      'ms',
      `95th percentile ${percentile(forks.wall, 95).toFixed(1)} ms, ${processor}; limit 100 ms`,
    );
    report(`first answer of a fork, ${name}`, answers.wall, 'ms');
    const saves = timed();
    const restores = timed();
    let size = 0;
    for (let i = 0; i < SNAPSHOTS; i++) {
      /** @type {Uint8Array} */
      const bytes = saves.of(() => machine.snapshot());
      size = bytes.length;
      restores.of(() => Machine.restore(bytes)).close();
    }
    report(`snapshot of ${(size / 2 ** 20).toFixed(1)} MiB, ${name}`, saves.wall, 'ms');
    report(`restore, ${name}`, restores.wall, 'ms');
    machine.close();
  }
}

/** Collects milliseconds: of the clock on the wall, and of this process's processors. */
function timed() {
  /** @type {number[]} */
  const wall = [];
  /** @type {number[]} */
  const processor = [];
  const start = () => {
    const before = process.cpuUsage();
    const started = performance.now();
    return () => {
      wall.push(performance.now() - started);
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1000);
    };
  };
  return {
    wall,
    processor,
    /** @template Value @param {() => Value} action */
    of(action) {
      const stop = start();
      const value = action();
      stop();
      return value;
    },
    /** @param {() => Promise<void>} action */
    async ofLater(action) {
      const stop = start();
      await action();
      stop();
    },
  };
}
