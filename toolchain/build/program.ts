// SPDX-License-Identifier: MIT
/**
 * @fileoverview One guest program from source to image: compile (cached by content), translate, link.
 *
 * Translating is fast but not free, so images are remembered too, under the digest of everything that they follow from: the
 * module, its source map, the target, the build stamp and the toolchain itself.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, cachedCompile, writeAtomically } from '../asc/cache.ts';
import { type CompileRequest, digest, type Libraries, type Optimize, sourceOrigin } from '../asc/compile.ts';
import { librariesFor } from '../asc/libraries.ts';
import { Positions } from '../asc/positions.ts';
import { projectRoot } from '../asc/root.ts';
import type { Abi } from '../asm/userStubs.ts';
import { KERNEL_MEMORY_BASE, USER_MEMORY_BASE } from '../image/addresses.ts';
import type { BuildStamp } from '../image/image.ts';
import { kernelImage } from '../image/kernel.ts';
import { userImage } from '../image/user.ts';
import type { Target } from '../intrinsics/intrinsics.ts';
import { sourcesFor } from '../registry/sources.ts';

export interface Program {
  readonly name: string;
  readonly target: Target;
  /** Source, relative to `root`. */
  readonly entry: string;
  /** Bytes of a kernel's collected heap; default 4 MiB. */
  readonly heapBytes?: number;
  /** Whose system calls a user program makes; default: ours. */
  readonly abi?: Abi;
}

export interface ProgramOptions {
  readonly root?: string;
  readonly optimize?: Optimize;
  readonly stamp: BuildStamp;
  readonly cache?: string;
  /** Sources that exist only here, by path relative to root. */
  readonly overlay?: ReadonlyMap<string, string>;
  /** Digest of the toolchain that runs: images of another one are not taken from the cache. */
  readonly toolchain?: string;
}

export interface BuiltProgram {
  readonly image: Uint8Array;
  readonly warnings: readonly string[];
  /** False: nothing had changed since it was last built. */
  readonly fresh: boolean;
}

const KERNEL_HEAP = 4 << 20;
/** Room for a kernel's static data between the memory's base and the heap. */
const KERNEL_STATIC = 1 << 20;

export async function buildProgram(program: Program, options: ProgramOptions): Promise<BuiltProgram> {
  const root = options.root ?? projectRoot();
  const libraries = librariesFor(program.target, projectRoot(), program.abi);
  const request = compileRequest(program, options, root, libraries);
  const compiled = await cachedCompile(request, { directory: options.cache });
  const directory = options.cache ?? cacheDirectory();
  const key = digest(
    JSON.stringify([
      compiled.wasmDigest,
      digest(compiled.sourceMap),
      program.target,
      program.abi ?? '',
      options.stamp,
      options.toolchain ?? '',
    ]),
  );
  const path = join(directory, `${key}.elf`);
  const known = options.toolchain === undefined ? undefined : readBytes(path);
  if (known) return { image: known, warnings: compiled.warnings, fresh: compiled.fresh };
  const positions = new Positions(compiled.wasm, compiled.sourceMap, (source) => sourceOrigin(source, libraries));
  const input = { wasm: compiled.wasm, positions, build: options.stamp };
  const { elf } = program.target === 'kernel' ? kernelImage(input) : userImage(input, program.abi);
  mkdirSync(directory, { recursive: true });
  writeAtomically(path, elf);
  return { image: elf, warnings: compiled.warnings, fresh: true };
}

function compileRequest(program: Program, options: ProgramOptions, root: string, libraries: Libraries): CompileRequest {
  const kernel = program.target === 'kernel';
  const memoryBase = kernel ? KERNEL_MEMORY_BASE : USER_MEMORY_BASE;
  return {
    root,
    entries: [program.entry],
    overlay: new Map([...sourcesFor(root, program.entry, program.target), ...(options.overlay ?? [])]),
    libraries,
    runtime: 'runtime/entry',
    optimize: options.optimize ?? 'development',
    memoryBase,
    // A kernel's memory has its full size at once; a program's begins with its static data.
    initialPages: kernel ? (memoryBase + KERNEL_STATIC + (program.heapBytes ?? KERNEL_HEAP)) >> 16 : 0,
    abort: 'runtime/abort/abort',
    lint: true,
  };
}

function readBytes(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}
