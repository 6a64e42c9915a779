// SPDX-License-Identifier: MIT
/**
 * @fileoverview Machines in Vitest:
 *
 * ```ts
 * import { machineTest } from 'diorama/vitest';
 *
 * const test = machineTest({ kernel: 'vmlinuz', initrd: 'initrd.gz', append: 'console=ttyS0', ready: /# $/ });
 *
 * test('counts', async ({ vm }) => {
 *   vm.console.send('echo $((6 * 7))');
 *   await vm.console.expect(/^42\r$/, { within: 10 });
 * });
 * ```
 *
 * The machine is booted once a file, when its first test runs; each test has a fork of it in `vm`.
 */
import { test, vi } from 'vitest';
import { bootReady, type FixtureOptions } from './fixtures.ts';
import type { Machine } from './library.ts';

export type { FixtureOptions } from './fixtures.ts';

/** Milliseconds of the host's time; booting counts towards the first test. */
const TIMEOUT = 300_000;

/** Vitest's `test` with a machine in `vm`. The file's tests may take five minutes unless they say otherwise. */
export function machineTest(options: FixtureOptions) {
  let booted: Promise<Machine> | undefined;
  vi.setConfig({ testTimeout: TIMEOUT });
  test.afterAll(async () => (await booted)?.close());
  return test.extend<{ vm: Machine }>({
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures are wanted
    vm: async ({}, use) => {
      booted ??= bootReady(options);
      const vm = (await booted).fork({ net: options.net, consolePorts: options.consolePorts });
      await use(vm);
      vm.close();
    },
  });
}
