// SPDX-License-Identifier: MIT
/**
 * @fileoverview Compilation remembered by content: a program is compiled again only if something it was made from changed.
 *
 * A request's key digests its options, its libraries and the versions of asc and of this cache. Under that key lies a record
 * of every file that asc read, with its digest, and of every path that it probed in vain (a file that appears there would
 * change the meaning of an import). If all of them are still so, the record's module is returned and asc is not even loaded.
 * Records are written to a temporary name and renamed, so runs may overlap and be cut at any point.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Compiled, type CompileRequest, compile, digest, type Input } from './compile.ts';
import { projectRoot } from './root.ts';

/** Raised whenever a record's meaning changes, or the lint's rules or the passes do. */
const FORMAT = 5;

interface CacheRecord {
  readonly inputs: readonly Input[];
  readonly warnings: readonly string[];
  /** Digest of the module, which is also the name of its file. */
  readonly wasm: string;
}

export interface CachedCompiled extends Compiled {
  /** False: nothing had changed. */
  readonly fresh: boolean;
  /** Digest of the module: equal digests, equal modules. */
  readonly wasmDigest: string;
}

export interface CacheOptions {
  /** Default: .cache/toolchain in the project. */
  readonly directory?: string;
}

export function cacheDirectory(): string {
  return join(projectRoot(), '.cache', 'toolchain');
}

export async function cachedCompile(request: CompileRequest, options: CacheOptions = {}): Promise<CachedCompiled> {
  const directory = options.directory ?? cacheDirectory();
  const recordPath = join(directory, `${requestKey(request)}.json`);
  const record = readRecord(recordPath);
  if (record?.inputs.every((input) => currentDigest(request.root, input.path) === input.digest)) {
    const wasm = readBytes(join(directory, `${record.wasm}.wasm`));
    const sourceMap = readBytes(join(directory, `${record.wasm}.map`));
    if (wasm && sourceMap && digest(wasm) === record.wasm) {
      const { inputs, warnings } = record;
      return { wasm, sourceMap: new TextDecoder().decode(sourceMap), inputs, warnings, fresh: false, wasmDigest: record.wasm };
    }
  }
  const compiled = await compile(request);
  const wasmDigest = digest(compiled.wasm);
  mkdirSync(directory, { recursive: true });
  writeAtomically(join(directory, `${wasmDigest}.wasm`), compiled.wasm);
  writeAtomically(join(directory, `${wasmDigest}.map`), compiled.sourceMap);
  const fresh: CacheRecord = { inputs: compiled.inputs, warnings: compiled.warnings, wasm: wasmDigest };
  writeAtomically(recordPath, JSON.stringify(fresh));
  return { ...compiled, fresh: true, wasmDigest };
}

function requestKey(request: CompileRequest): string {
  const libraries = [...request.libraries].map(([name, { text, origin }]) => [name, origin, text]);
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { version: string };
  return digest(JSON.stringify([FORMAT, version, { ...request, libraries, overlay: [...(request.overlay ?? [])] }]));
}

function readRecord(path: string): CacheRecord | undefined {
  const bytes = readBytes(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as CacheRecord;
  } catch {
    return undefined;
  }
}

function currentDigest(root: string, path: string): string | null {
  const bytes = readBytes(join(root, path));
  return bytes ? digest(bytes) : null;
}

function readBytes(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}

const KEPT_DAYS = 30;

/** Drops what was written long ago: the cache would keep every version of every program otherwise. */
export function pruneCache(directory: string): void {
  const oldest = Date.now() - KEPT_DAYS * 86_400_000;
  for (const file of readdirSync(directory)) {
    const path = join(directory, file);
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest;
    if (written < oldest) rmSync(path, { force: true });
  }
}

export function writeAtomically(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, content, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
