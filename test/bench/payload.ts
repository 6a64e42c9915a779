// SPDX-License-Identifier: MIT
/**
 * @fileoverview The program that every subject runs: built from `payload/` by gcc, for either architecture, and packed as the first process of a
 * Linux machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cpio } from '../support/cpio.ts';

export type Architecture = 'amd64' | 'i386';

/** The kernels that count for the geometric mean against other machines. */
export const COMPUTE = ['sha256', 'quicksort', 'list', 'matrix', 'strings', 'doubles', 'bytecode', 'division'] as const;
/** Further processor work: recursion, packed integers. */
export const FURTHER = ['calls', 'sse'] as const;
/** What the guest's kernel does for the program. */
export const KERNEL_WORK = ['syscall', 'fault', 'fork', 'switch'] as const;
export const ALL_KERNELS = [...COMPUTE, ...FURTHER, ...KERNEL_WORK] as const;
export type KernelName = (typeof ALL_KERNELS)[number];

const FLAGS = [
  '-O2',
  '-static',
  '-nostdlib',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-pie',
  '-no-pie',
  '-Wall',
  '-Werror',
];
const ARCHITECTURE_FLAGS = { amd64: [], i386: ['-m32', '-msse2', '-mfpmath=sse'] };

/** Builds the program into `folder`; its path. */
export function buildPayload(architecture: Architecture, folder: string): string {
  const source = join(import.meta.dirname, 'payload');
  const kernels = readdirSync(join(source, 'kernels')).map((name) => join(source, 'kernels', name));
  mkdirSync(folder, { recursive: true });
  const program = join(folder, `bench-${architecture}`);
  // libgcc has the 64-bit division of 32-bit programs.
  execFileSync('gcc', [
    ...ARCHITECTURE_FLAGS[architecture],
    ...FLAGS,
    '-o',
    program,
    join(source, 'main.c'),
    ...kernels,
    '-lgcc',
  ]);
  return program;
}

/** An initramfs whose first process is the program. */
export function benchInitramfs(program: string): Uint8Array {
  return gzipSync(
    cpio([
      { path: 'dev', kind: 'directory' },
      { path: 'dev/console', kind: 'character device', major: 5, minor: 1 },
      { path: 'init', kind: 'file', contents: readFileSync(program), executable: true },
    ]),
  );
}
