// SPDX-License-Identifier: MIT
/** @fileoverview For tests: runs modules natively, as static Linux executables. x86-64 Linux hosts only. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxExecutable, linuxIntrinsics } from '../link/linux.ts';
import type { WasmModule } from '../wasm/module.ts';
import { translate } from './translate.ts';
import type { CpuFeatures, Intrinsic } from './types.ts';

export const canRunNative = process.platform === 'linux' && process.arch === 'x64';

export interface NativeRun {
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: Buffer;
}

export function buildNative(
  module: WasmModule,
  addressing: 'zero' | 'r15',
  cpu?: CpuFeatures,
  more: ReadonlyMap<string, Intrinsic> = new Map(),
): Uint8Array {
  const intrinsics = new Map([...linuxIntrinsics(addressing), ...more]);
  return linuxExecutable(translate(module, { addressing, cpu, intrinsics }), addressing);
}

export function runNative(module: WasmModule, addressing: 'zero' | 'r15', cpu?: CpuFeatures): NativeRun {
  return runExecutable(buildNative(module, addressing, cpu));
}

export function runExecutable(image: Uint8Array): NativeRun {
  const directory = mkdtempSync(join(tmpdir(), 'native-'));
  try {
    const path = join(directory, 'program');
    writeFileSync(path, image, { mode: 0o755 });
    const { status, signal, stdout, error } = spawnSync(path, { timeout: 20_000, maxBuffer: 1 << 26 });
    if (error) throw error;
    return { status, signal, output: stdout };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
