// SPDX-License-Identifier: MIT
/**
 * @fileoverview Machines in Playwright Test, beside its pages:
 *
 * ```ts
 * import { test as base } from '@playwright/test';
 * import { machineFixtures } from 'diorama/playwright';
 *
 * const test = base.extend(machineFixtures({ kernel: 'vmlinuz', initrd: 'initrd.gz', append: 'console=ttyS0', ready: /# $/ }));
 *
 * test('counts', async ({ vm }) => {
 *   vm.console.send('echo $((6 * 7))');
 *   await vm.console.expect(/^42\r$/, { within: 10 });
 * });
 * ```
 *
 * The machine is booted once a worker; each test has a fork of it in `vm`. Nothing of Playwright is loaded from here.
 */
import { bootReady, type FixtureOptions } from './fixtures.ts';
import type { Machine } from './library.ts';

export type { FixtureOptions } from './fixtures.ts';

type Use<Value> = (value: Value) => Promise<void>;
export interface MachineFixtures {
  bootedMachine: [(fixtures: object, use: Use<Machine>) => Promise<void>, { scope: 'worker'; timeout: number }];
  vm: (fixtures: { bootedMachine: Machine }, use: Use<Machine>) => Promise<void>;
}

/** Milliseconds of the host's time that the boot may take; it does not count towards a test. */
const BOOT_TIMEOUT = 300_000;

/** For `test.extend`. */
export function machineFixtures(options: FixtureOptions): MachineFixtures {
  return {
    bootedMachine: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures are wanted
      async ({}, use) => {
        const booted = await bootReady(options);
        await use(booted);
        booted.close();
      },
      { scope: 'worker', timeout: BOOT_TIMEOUT },
    ],
    vm: async ({ bootedMachine }, use) => {
      const vm = bootedMachine.fork({ net: options.net, consolePorts: options.consolePorts });
      await use(vm);
      vm.close();
    },
  };
}
