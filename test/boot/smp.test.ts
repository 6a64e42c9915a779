// SPDX-License-Identifier: MIT
/**
 * @fileoverview Several processors, judged by Debian's kernel and by memtest86+: start-up by INIT and SIPI, interprocessor interrupts,
 * timers of their own, processors that go and come, and code that one writes and another runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { debianKernel, haveOracles, unpackedPackage } from '../../tools/oracles.js';
import { initramfs } from '../support/initramfs.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
const memtest = unpackedPackage('memtest86+');
const MIB = 2 ** 20;
/** Seconds of virtual time. */
const SOON = { within: 120 };

describe.skipIf(!kernel)('Debian on four processors', () => {
  test('starts them, runs programs on them, stops one and starts it again', async () => {
    const append = 'console=ttyS0 quiet';
    const machine = Machine.boot({ kernel: kernel?.image ?? '', initrd: initramfs(), append, smp: 4 });
    const { console } = machine;
    const ask = async (command: string, answer: RegExp) => {
      console.send(command);
      const match = await console.expect(answer, SOON);
      await console.expect(/# $/, SOON);
      return match;
    };
    await console.expect(/# $/, SOON);
    await ask('nproc', /^4\r$/);
    // Each prints the number of the processor it ran on.
    const busy = 'n=0; while [ $n -lt 2000 ]; do n=$((n+1)); done; cut -d" " -f39 /proc/self/stat';
    console.send(`for i in 1 2 3 4; do (${busy}) & done; wait`);
    const ran = new Set<string>();
    for (let i = 0; i < 4; i++) ran.add((await console.expect(/^([0-3])\r$/, SOON))[1]);
    expect(ran.size).toBeGreaterThan(1);
    await console.expect(/# $/, SOON);
    await ask('echo 0 > /sys/devices/system/cpu/cpu2/online; nproc', /^3\r$/);
    await ask('echo 1 > /sys/devices/system/cpu/cpu2/online; nproc', /^4\r$/);
    // Timer, rescheduling and TLB interrupts have reached every processor.
    for (const kind of ['LOC', 'RES', 'CAL'])
      await ask(`grep ${kind} /proc/interrupts`, new RegExp(`^ *${kind}:(?: +[1-9][0-9]*){4} `));
    console.send('dmesg | grep -c "BUG:\\|WARNING:\\|stall"');
    await console.expect(/^0\r$/, SOON);
    console.send('poweroff -f');
    expect(await machine.run()).toEqual({ kind: 'power-off' });
  });
});

describe.skipIf(!memtest)('memtest86+ on two processors', () => {
  test('finds no error in its first tests', async () => {
    const image = join(memtest ?? '', 'boot/memtest86+x64.bin');
    const machine = Machine.boot({ kernel: readFileSync(image), append: 'console=ttyS0,115200', memory: 16 * MIB, smp: 2 });
    let screen = '';
    machine.console.onOutput((byte) => {
      screen += String.fromCharCode(byte);
    });
    // It waits five seconds for a key before it begins, and redraws every two seconds.
    for (const pattern of [/SMP: 2T \(PAR\)/, /#[3-9] {2}\[/, /Errors: \d+/])
      await machine.console.expect(pattern, { within: 10 });
    const counts = [...screen.matchAll(/Errors: (\d+)/g)].map(([, count]) => count);
    expect(counts.length).toBeGreaterThan(0);
    expect(new Set(counts)).toEqual(new Set(['0']));
    machine.close();
  });
});
