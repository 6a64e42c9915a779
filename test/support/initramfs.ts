// SPDX-License-Identifier: MIT
/**
 * @fileoverview The user space that test systems boot: Debian's static busybox, a shell on the console, and kernel modules, which are
 * loaded before the shell starts.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type CpioEntry, cpio } from './cpio.ts';
import type { KernelModule } from './kernelModules.ts';

/** The host's own, from Debian's busybox-static. */
const BUSYBOX = '/bin/busybox';

/** A gzipped archive. */
export function initramfs(modules: readonly KernelModule[] = [], busybox = BUSYBOX): Uint8Array {
  const init = [
    '#!/bin/busybox sh',
    '/bin/busybox --install -s /bin',
    'mount -t proc proc /proc',
    'mount -t sysfs sys /sys',
    'mount -t devtmpfs dev /dev',
    ...modules.map(({ name }) => `insmod /modules/${name}.ko || echo cannot load ${name}`),
    'exec setsid cttyhack sh',
    '',
  ].join('\n');
  const folders = ['bin', 'dev', 'modules', 'proc', 'sys'];
  const entries: CpioEntry[] = [
    ...folders.map((path): CpioEntry => ({ path, kind: 'directory' })),
    // Without it the kernel gives init neither input nor output.
    { path: 'dev/console', kind: 'character device', major: 5, minor: 1 },
    { path: 'bin/busybox', kind: 'file', contents: readFileSync(busybox), executable: true },
    { path: 'init', kind: 'file', contents: init, executable: true },
    ...modules.map(({ name, contents }): CpioEntry => ({ path: `modules/${name}.ko`, kind: 'file', contents })),
  ];
  return gzipSync(cpio(entries));
}
