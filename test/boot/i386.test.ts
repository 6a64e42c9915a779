// SPDX-License-Identifier: MIT
/** @fileoverview Debian's kernel and busybox for i386: 32-bit protected mode with PAE, from the boot protocol's 32-bit entry to power-off. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { debianKernel, unpackedPackage } from '../../tools/oracles.js';
import { initramfs } from '../support/initramfs.ts';

const kernel = debianKernel('686-pae');
const busybox = unpackedPackage('busybox-static:i386');
/** Seconds of virtual time. */
const SOON = { within: 60 };

test.skipIf(!kernel || !busybox)('Debian 12 for i386: a shell on the serial line, typed commands, power-off', async () => {
  const initrd = initramfs([], join(busybox ?? '', 'bin/busybox'));
  const machine = Machine.boot({ kernel: kernel?.image ?? '', initrd, append: 'console=ttyS0' });
  const { console } = machine;
  await console.expect(/# $/, SOON);
  console.send('uname -sm');
  await console.expect(/^Linux i686\r$/, SOON);
  console.send('grep -o -w pae /proc/cpuinfo; echo $((6*7))');
  await console.expect(/^pae\r\n42\r$/, SOON);
  console.send('dmesg | grep -c "BUG:\\|WARNING:\\|unchecked"');
  await console.expect(/^0\r$/, SOON);
  console.send('poweroff -f');
  expect(await machine.run()).toEqual({ kind: 'power-off' });
});
