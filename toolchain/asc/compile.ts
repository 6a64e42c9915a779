// SPDX-License-Identifier: MIT
/**
 * @fileoverview One run of the AssemblyScript compiler: guest sources in, wasm and its source map out.
 *
 * asc is driven through its API, with three things of our own:
 * - The runtime. `--runtime stub` is the only one that does not instrument code with a shadow stack (which breaks as soon
 *   as there are two stacks), so the library file behind it, `rt/index-stub`, is replaced by the runtime asked for.
 * - Bare module names (`machine/cpu`, `layout/elf`, `runtime/pool`) come from a {@link Libraries} map rather than from
 *   node_modules: generated declarations and the runtime need no copy in a project's tree.
 * - Optimisation is one of two names. Plain -O2 and -O3 let binaryen inline a function with two self-calls exponentially
 *   (a 25 KB kernel became 352 KB), so they cannot be asked for; nor can --noAssert, under which `p!` is unchecked.
 *
 * Every file that asc read, and every path that it probed in vain, is reported: the cache is built on that list.
 *
 * asc keeps its library files in one global table, so runs must not overlap; {@link compile} queues them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Program } from 'assemblyscript';
import { type AscModule, beginLint, endLint } from '../lint/lint.ts';
import { adjustCompiler } from './adjust.ts';

/** `development`: -O1, inlines little, so panics show every frame. `release`: -O3s. */
export type Optimize = 'development' | 'release';

/** Sources of bare module names, without `.ts`: `machine/cpu` -> text. `origin` is what messages call the file. */
export type Libraries = ReadonlyMap<string, { readonly text: string; readonly origin: string }>;

export interface CompileRequest {
  /** Directory that source paths are relative to. */
  readonly root: string;
  /** Entry files relative to root; what they export is what the module exports. */
  readonly entries: readonly string[];
  readonly libraries: Libraries;
  /** Sources that exist only here, by path relative to root. */
  readonly overlay?: ReadonlyMap<string, string>;
  /** Bare name of the module that is the runtime (its exports are module exports too). */
  readonly runtime: string;
  readonly optimize: Optimize;
  /** First address of static data. Below it nothing of the program lies. */
  readonly memoryBase: number;
  /** Memory at start in 64 KiB pages; 0: what static data needs. */
  readonly initialPages: number;
  readonly maximumPages?: number;
  /** Function called for failed assertions and bounds checks: `module/function`, a bare module name. */
  readonly abort: string;
  /** Also look for silent traps (toolchain/lint): the findings are warnings. */
  readonly lint?: boolean;
}

/** An input of a run: a path relative to root and its content's digest; null where there was no such file. */
export interface Input {
  readonly path: string;
  readonly digest: string | null;
}

export interface Compiled {
  readonly wasm: Uint8Array;
  /** Source map v3: one generated line, columns are byte offsets in the wasm binary. */
  readonly sourceMap: string;
  readonly inputs: readonly Input[];
  /** Warnings, already formatted as file:line:column. */
  readonly warnings: readonly string[];
}

/** Guest source that asc rejects. The message holds every diagnostic, one a line, `file:line:column: error: text`. */
export class CompileError extends Error {
  readonly diagnostics: readonly string[];
  /** Files of the failed run, so that a watcher knows what to wait for. */
  readonly inputs: readonly Input[];
  constructor(diagnostics: readonly string[], inputs: readonly Input[]) {
    super(diagnostics.join('\n'));
    this.name = 'CompileError';
    this.diagnostics = diagnostics;
    this.inputs = inputs;
  }
}

export function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Absolute path of a source as it is named in diagnostics and source maps: `~lib/runtime/heap.ts` -> its origin. */
export function sourceOrigin(name: string, libraries: Libraries): string {
  if (!name.startsWith('~lib/')) return name;
  const bare = name.slice('~lib/'.length);
  return libraries.get(bare.replace(/\.ts$/, ''))?.origin ?? `std/${bare}`;
}

let running: Promise<unknown> = Promise.resolve();

/** Compiles one program. Throws {@link CompileError} for faulty guest source. */
export function compile(request: CompileRequest): Promise<Compiled> {
  const result = running.then(() => run(request));
  running = result.catch(() => undefined);
  return result;
}

/** A directory that does not exist: asc asks it for bare modules, and {@link run} answers from the libraries. */
const LIBRARY_DIRECTORY = '.bare-modules';

const LEVEL: Record<Optimize, readonly string[]> = { development: ['-O1'], release: ['-O3s'] };

export function ascArguments(request: CompileRequest): string[] {
  return [
    ...request.entries,
    ...['--outFile', 'out.wasm', '--sourceMap', '--debug', '--runtime', 'stub', '--exportTable', '--noColors'],
    ...LEVEL[request.optimize],
    ...['--lib', LIBRARY_DIRECTORY],
    ...['--memoryBase', String(request.memoryBase)],
    ...(request.initialPages ? ['--initialMemory', String(request.initialPages)] : []),
    ...(request.maximumPages ? ['--maximumMemory', String(request.maximumPages)] : []),
    ...['--use', `abort=~lib/${request.abort}`],
  ];
}

interface AscDiagnostic {
  readonly message: string;
  readonly code: number;
  readonly category: number;
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } | null } | null;
}
/** AS201, a conversion that would matter if pointers had 64 bits: here they never do. */
const VARYING_SIZE = 201;
const CATEGORY: Record<number, string> = { 0: 'pedantic', 1: 'info', 2: 'warning', 3: 'error' };

async function run(request: CompileRequest): Promise<Compiled> {
  const asc = await import('assemblyscript/asc');
  const runtime = request.libraries.get(request.runtime);
  if (!runtime) throw new Error(`no runtime called ${request.runtime}`);
  asc.libraryFiles['rt/index-stub'] = runtime.text;
  const inputs = new Map<string, string | null>();
  const outputs = new Map<string, string | Uint8Array>();
  const errors: string[] = [];
  const warnings: string[] = [];
  const chatter: string[] = [];
  const sink = {
    write: (chunk: Uint8Array | string) => {
      chatter.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    },
  };

  const textOf = (name: string): string | null => {
    if (!name.startsWith('~lib/')) return request.overlay?.get(name) ?? inputs.get(name) ?? null;
    const bare = name.slice('~lib/'.length).replace(/\.ts$/, '');
    return request.libraries.get(bare)?.text ?? asc.libraryFiles[bare] ?? null;
  };
  const compiler = (await import('assemblyscript')) as unknown as AscModule;
  adjustCompiler(compiler, request.optimize);
  const watched: { program?: Program } = {};
  if (request.lint) beginLint(compiler);
  const { error } = await asc.main(ascArguments(request), {
    stdout: sink,
    stderr: sink,
    transforms: [
      {
        afterInitialize: (program: Program) => void (watched.program = program),
      },
    ] as never[],
    readFile(name: string, directory: string): string | null {
      if (directory === LIBRARY_DIRECTORY) return request.libraries.get(name.replace(/\.ts$/, ''))?.text ?? null;
      const virtual = request.overlay?.get(name);
      if (virtual !== undefined) return virtual;
      const text = readText(resolve(request.root, name));
      inputs.set(name, text);
      return text;
    },
    writeFile(name: string, content: Uint8Array | string): void {
      outputs.set(name, content);
    },
    listFiles: () => [],
    reportDiagnostic(diagnostic: unknown): void {
      if ((diagnostic as AscDiagnostic).code === VARYING_SIZE) return;
      const text = formatDiagnostic(diagnostic as AscDiagnostic, request.libraries, textOf);
      ((diagnostic as AscDiagnostic).category === 3 ? errors : warnings).push(text);
    },
  });

  for (const finding of request.lint ? endLint(compiler, error ? undefined : watched.program) : []) {
    const place = formatPlace(finding.source, finding.offset, request.libraries, textOf);
    warnings.push(`${place}: lint: ${finding.message} (${finding.rule})`);
  }
  const read = [...inputs].map(([path, text]) => ({ path, digest: text === null ? null : digest(text) }));
  const wasm = outputs.get('out.wasm');
  const sourceMap = outputs.get('out.wasm.map');
  if (errors.length) throw new CompileError(errors, read);
  if (error) throw new CompileError([error.message, ...chatter], read);
  if (!(wasm instanceof Uint8Array) || typeof sourceMap !== 'string') throw new CompileError(['asc wrote no module'], read);
  return { wasm, sourceMap, inputs: read, warnings };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function formatDiagnostic(diagnostic: AscDiagnostic, libraries: Libraries, textOf: (name: string) => string | null): string {
  const kind = CATEGORY[diagnostic.category] ?? 'error';
  // Codes below 1000 are asc's own (AS), the others TypeScript's (TS); a code of 0 or less is one of our lint's.
  const code = diagnostic.code <= 0 ? '' : ` ${diagnostic.code < 1000 ? 'AS' : 'TS'}${diagnostic.code}`;
  if (!diagnostic.range) return `${kind}${code}: ${diagnostic.message}`;
  const place = formatPlace(diagnostic.range.source?.normalizedPath ?? '', diagnostic.range.start, libraries, textOf);
  return `${place}: ${kind}${code}: ${diagnostic.message}`;
}

/** file:line:column of an offset in a source as asc names it. */
function formatPlace(name: string, offset: number, libraries: Libraries, textOf: (name: string) => string | null): string {
  const before = (textOf(name) ?? '').slice(0, offset).split('\n');
  return `${sourceOrigin(name, libraries)}:${before.length}:${before[before.length - 1].length + 1}`;
}
