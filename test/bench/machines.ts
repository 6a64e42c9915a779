// SPDX-License-Identifier: MIT
/** @fileoverview The subjects of a comparison, each made for one architecture. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { type Architecture, benchInitramfs, buildPayload, type KernelName } from './payload.ts';
import { MarkerReader, ProcessSubject, type Sample, type Subject } from './subject.ts';

const COMMAND_LINE = 'console=ttyS0';
const MEMORY = 512;
const BIOS = '/usr/share/seabios';

/** What all machines of one architecture boot. */
export interface Images {
  architecture: Architecture;
  /** The program for the host. */
  program: string;
  kernel: string;
  initramfs: string;
}

/** Undefined, with a line on standard error, where Debian's packages cannot be had. */
export function makeImages(architecture: Architecture, folder: string): Images | undefined {
  if (!haveOracles('gcc', ...(architecture === 'i386' ? (['/usr/lib/gcc/x86_64-linux-gnu/12/32/libgcc.a'] as const) : [])))
    return undefined;
  const kernel = debianKernel(architecture === 'amd64' ? 'amd64' : '686-pae');
  if (!kernel) return undefined;
  const program = buildPayload(architecture, folder);
  const initramfs = join(folder, `bench-${architecture}.cpio.gz`);
  writeFileSync(initramfs, benchInitramfs(program));
  return { architecture, program, kernel: kernel.image, initramfs };
}

export const startNative = ({ program }: Images): Promise<Subject> => ProcessSubject.start('native', program);

export function startQemu({ kernel, initramfs }: Images): Promise<Subject> | undefined {
  if (!haveOracles('qemu-system-x86_64')) return undefined;
  const machine = ['-machine', 'q35,accel=tcg', '-cpu', 'qemu64', '-m', String(MEMORY), '-display', 'none', '-no-reboot'];
  const boot = ['-kernel', kernel, '-initrd', initramfs, '-append', COMMAND_LINE];
  return ProcessSubject.start('QEMU TCG', 'qemu-system-x86_64', ...machine, '-serial', 'stdio', '-monitor', 'none', ...boot);
}

/** v86 has no 64-bit mode. */
export function startV86({ kernel, initramfs }: Images): Promise<Subject> | undefined {
  if (!haveOracles('/usr/share/seabios/vgabios.bin') || !existsSync(BIOS)) return undefined;
  const script = join(import.meta.dirname, 'v86Process.js');
  return ProcessSubject.start('v86', process.execPath, script, kernel, initramfs, BIOS);
}

/** What of the built library is used here; its types come from the sources. */
type Library = typeof import('../../emulator/host/library.ts');

/** Ours, in this process, as it is shipped. */
export async function startOurs(images: Images, library: Library): Promise<Subject> {
  const markers = new MarkerReader();
  const started = performance.now();
  const machine = library.Machine.boot({
    kernel: readFileSync(images.kernel),
    initrd: readFileSync(images.initramfs),
    append: COMMAND_LINE,
    memory: MEMORY * 2 ** 20,
  });
  machine.console.onOutput((byte) => markers.feed(String.fromCharCode(byte)));
  await machine.console.expect(/^@ready\r$/);
  const bootMilliseconds = performance.now() - started;
  return {
    name: 'Diorama',
    bootMilliseconds,
    async run(kernel: KernelName): Promise<Sample> {
      const sample = markers.sample(() => machine.console.send(kernel));
      await machine.console.expect(/^@end .*\r$/);
      return sample;
    },
    close: () => machine.close(),
  };
}
