// SPDX-License-Identifier: MIT
/**
 * @fileoverview One boot, many tests: what the helpers for Vitest and Playwright have in common. A machine is booted once, up to where tests begin;
 * each test gets a fork of it, which costs milliseconds, and whatever the test does to it no other test sees.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { Machine, type MachineOptions } from './library.ts';

export interface FixtureOptions extends MachineOptions {
  /** Where tests begin: console output to wait for, or what is to be done to get there. At once, if not given. */
  ready?: RegExp | ((vm: Machine) => Promise<unknown>);
  /** Seconds of virtual time that getting ready may take; 300 unless given. */
  within?: number;
  /** A file that keeps the machine once it is ready: if it exists, nothing is booted. Delete it when what is booted changes. */
  cache?: string;
}

const WITHIN = 300;

/** Boots a machine, or takes it from the cache, and gets it ready. */
export async function bootReady({ ready, within = WITHIN, cache, ...options }: FixtureOptions): Promise<Machine> {
  const { net, consolePorts } = options;
  if (cache !== undefined && existsSync(cache)) return Machine.restore(cache, { net, consolePorts });
  const vm = Machine.boot(options);
  if (ready instanceof RegExp) await vm.console.expect(ready, { within });
  else await ready?.(vm);
  if (cache !== undefined) writeFileSync(cache, vm.snapshot());
  return vm;
}
