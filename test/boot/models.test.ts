// SPDX-License-Identifier: MIT
/**
 * @fileoverview Debian on the processor models other than the default one, each on a machine put together differently: what the kernel finds
 * out about it decides which of its own paths it takes.
 */
import { describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { initramfs } from '../support/initramfs.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
/** Seconds of virtual time. */
const SOON = { within: 60 };

describe.skipIf(!kernel)('Debian boots', () => {
  test.each([
    ['qemu64', 'acpi=off', /\bcx16\b(?!.*\bssse3\b)/, 'reboot -f'],
    ['x86-64-v1', 'nolapic noapic', /\bsse2\b(?!.*\bcx16\b)/, 'poweroff -f'],
    ['x86-64-v2', 'nohpet notsc clocksource=acpi_pm', /\bsse4_2\b(?!.*\baes\b)/, 'poweroff -f'],
  ])('on %s with %s', async (cpu, words, flags, last) => {
    const append = `console=ttyS0 quiet ${words}`;
    const machine = Machine.boot({ kernel: kernel?.image ?? '', initrd: initramfs(), append, cpu });
    const { console } = machine;
    await console.expect(/# $/, SOON);
    console.send('grep ^flags /proc/cpuinfo');
    expect((await console.expect(/^flags.*\r$/, SOON))[0]).toMatch(flags);
    await console.expect(/# $/, SOON);
    console.send('dmesg | grep -c "BUG:\\|WARNING:\\|unchecked"');
    await console.expect(/^0\r$/, SOON);
    console.send(last);
    if (last === 'poweroff -f') expect(await machine.run()).toEqual({ kind: 'power-off' });
    else await console.expect(/# $/, SOON);
    machine.close();
  });
});
