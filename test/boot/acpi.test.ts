// SPDX-License-Identifier: MIT
/** @fileoverview ACPI and pvpanic as Debian's own drivers see them: the power button is an input event, a panic ends the machine. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeInterpreter } from '../../emulator/host/nodeInterpreter.ts';
import { Machine, type MachineEnd } from '../../emulator/machine/machine.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { initramfs } from '../support/initramfs.ts';
import { kernelModules } from '../support/kernelModules.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
const MODULES = ['button', 'evdev', 'pvpanic_mmio'];
/** Instructions, and virtual nanoseconds: twice what the boot takes. */
const LIMIT = 12e9;

test.skipIf(!kernel)('the power button is an input event; a panic is reported', () => {
  const machine = new Machine({ memory: 512 * 2 ** 20, interpreter: nodeInterpreter() });
  const { image = '', root = '' } = kernel ?? {};
  const modules = [{ contents: initramfs(kernelModules(root, MODULES)), commandLine: '' }];
  machine.loadKernel(readFileSync(image), { commandLine: 'console=ttyS0 quiet', modules });
  let output = '';
  machine.onConsoleOutput((byte) => {
    output += String.fromCharCode(byte);
  });
  const runUntil = (pattern: RegExp): MachineEnd | undefined => {
    let end: MachineEnd | undefined;
    while (!end && !pattern.test(output) && machine.now < LIMIT) end = machine.run(machine.instructions + 1e6);
    expect(output).toMatch(pattern);
    output = '';
    return end;
  };
  const type = (line: string): void => machine.typeOnConsole(Buffer.from(`${line}\r`));

  runUntil(/\/ # /);
  // The last of its handlers is the event device.
  type('hexdump -n 24 /dev/input/$(grep -A4 LNXPWRBN /proc/bus/input/devices | grep -o "event[0-9]*") &');
  runUntil(/\/ # /);
  type('echo li$((0))stening');
  runUntil(/li0stening/);
  expect(machine.run(machine.instructions + 1e7)).toBeUndefined();
  machine.pressPowerButton();
  // Behind a time of 16 bytes: type EV_KEY, code KEY_POWER (116), value 1.
  runUntil(/^0000010 0001 0074 0001 0000/m);
  type('echo c > /proc/sysrq-trigger');
  expect(runUntil(/Kernel panic - not syncing: sysrq triggered crash/)?.kind ?? machine.run(LIMIT)?.kind).toBe('panic');
});
