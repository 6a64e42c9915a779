// SPDX-License-Identifier: MIT
/**
 * @fileoverview Speed of translated code against gcc -O2, where gcc is present: six kernels, each in AssemblyScript and in C.
 *
 * Both programs run the kernel five times and write how long each took and its checksum; checksums must agree. Programs are
 * run alternately, so that a busy host disturbs both alike, and the best time of each counts, once it no longer improves. The figure is the ratio of
 * translated code to gcc's: below 1 is faster.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as asc from 'assemblyscript/asc';
import { LOWEST_ADDRESS, linuxExecutable, linuxIntrinsics } from '../link/linux.ts';
import { translate } from '../translate/translate.ts';
import { decodeModule } from '../wasm/decode.ts';

export const kernels = ['checksum', 'lz4', 'tree', 'hash', 'indirect', 'doubles'] as const;
export type Kernel = (typeof kernels)[number];

export interface Measurement {
  readonly kernel: Kernel;
  readonly translatedNs: number;
  readonly gccNs: number;
  readonly ratio: number;
}

/** The same main as `kernels/main.c`. */
const MAIN = `
import { run } from './kernel';
@external('linux', 'now') declare function now(): u64;
@external('linux', 'write') declare function write(descriptor: i32, at: usize, length: i32): i32;
const out = memory.data(16, 16);
export function main(): i32 {
  for (let i = 0; i < 5; i++) {
    const before = now();
    const sum = run();
    store<u64>(out, now() - before);
    store<u64>(out, sum, 8);
    write(1, out, 16);
  }
  return 0;
}
`;

export const hasGcc = (): boolean => spawnSync('gcc', ['--version']).status === 0;
const source = (directory: string, name: string): string => readFileSync(join(directory, name), 'utf8');

/** Kernel sources are beside this file. */
export const kernelDirectory = resolve(import.meta.dirname, 'kernels');

export async function compileKernel(kernel: Kernel, directory = kernelDirectory): Promise<Uint8Array> {
  const files: Record<string, string> = { 'main.ts': MAIN, 'kernel.ts': source(directory, `${kernel}.ts`) };
  let wasm: Uint8Array | undefined;
  const flags = ['-O3s', '--runtime', 'stub', '--use', 'abort=', '--memoryBase', String(LOWEST_ADDRESS), '--debug'];
  const { error, stderr } = await asc.main(['main.ts', '-o', 'kernel.wasm', ...flags], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') wasm = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`${kernel}: ${error?.message}\n${stderr.toString()}`);
  return wasm;
}

export async function measure(
  kernel: Kernel,
  limits: { readonly rounds: number; readonly quiet: number },
  addressing: 'zero' | 'r15' = 'zero',
  directory = kernelDirectory,
): Promise<Measurement> {
  const wasm = await compileKernel(kernel, directory);
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const [translated, native] = [join(scratch, 'translated'), join(scratch, 'gcc')];
    const program = translate(decodeModule(wasm), { addressing, intrinsics: linuxIntrinsics(addressing) });
    writeFileSync(translated, linuxExecutable(program, addressing), { mode: 0o755 });
    execFileSync('gcc', ['-O2', '-w', '-o', native, join(directory, `${kernel}.c`), join(directory, 'main.c'), '-lm']);
    let [translatedNs, gccNs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // Until the best times have not improved for a while: a busy host slows whole runs by half and more.
    for (let round = 0, quiet = 0; round < limits.rounds && quiet < limits.quiet; round++) {
      const [a, b] = [runOnce(translated), runOnce(native)];
      if (a.checksum !== b.checksum) throw new Error(`${kernel}: checksums differ: ${a.checksum} and gcc's ${b.checksum}`);
      const improved = a.nanoseconds < 0.99 * translatedNs || b.nanoseconds < 0.99 * gccNs;
      quiet = improved ? 0 : quiet + 1;
      translatedNs = Math.min(translatedNs, a.nanoseconds);
      gccNs = Math.min(gccNs, b.nanoseconds);
    }
    return { kernel, translatedNs, gccNs, ratio: translatedNs / gccNs };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function runOnce(path: string): { nanoseconds: number; checksum: bigint } {
  const output = execFileSync(path, { timeout: 60_000 });
  let nanoseconds = Number.POSITIVE_INFINITY;
  for (let at = 0; at < output.length; at += 16) nanoseconds = Math.min(nanoseconds, Number(output.readBigUInt64LE(at)));
  return { nanoseconds, checksum: output.readBigUInt64LE(8) };
}
