// SPDX-License-Identifier: MIT
/**
 * @fileoverview Guest modules as wasm under Node, so that they have unit tests like any other module.
 *
 *     const guest = await loadGuest({ entry: 'zfs/zio/checksum.ts', target: 'kernel' });
 *     expect(guest.call('fletcher4', guest.bytes([1, 2, 3, 4]), 4)).toBe(...);
 *
 * The sources, the runtime and the compiler are those of the real thing; what differs is the machine below:
 * - Addresses outside the window (u64) are offsets into the same linear memory, so `mem.load32` reads what the test put there.
 * - The per-CPU block is a small memory of its own. Privileged instructions throw, unless the test brings its own in `imports`:
 *   `{ cpu: { inb: (port) => 0x20 } }`.
 * - Nobody can scan V8's stack: allocation never collects, {@link Guest.collect} does, between calls, with globals and pinned
 *   objects as roots.
 */
import { intrinsicRecords, type Target } from '../intrinsics/intrinsics.ts';
import { generatedSources } from '../registry/sources.ts';
import { cachedCompile } from './cache.ts';
import type { CompileRequest } from './compile.ts';
import { sourceOrigin } from './compile.ts';
import { librariesFor } from './libraries.ts';
import { Positions } from './positions.ts';
import { projectRoot } from './root.ts';

export type HostImports = Readonly<Record<string, Readonly<Record<string, (...values: never[]) => unknown>>>>;

export interface GuestOptions {
  /** Source relative to `root`; or `source`, text of a module of its own. */
  readonly entry?: string;
  readonly source?: string;
  readonly target: Target;
  readonly root?: string;
  readonly imports?: HostImports;
  /** Bytes of heap that a kernel has; default 16 MiB. */
  readonly heapBytes?: number;
}

export class GuestTrap extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GuestTrap';
  }
}

export interface Guest {
  readonly memory: WebAssembly.Memory;
  readonly exports: Readonly<Record<string, (...values: (number | bigint)[]) => unknown>>;
  /** Calls an export; a trap becomes a {@link GuestTrap} that names function, file and line. */
  call(name: string, ...values: (number | bigint)[]): unknown;
  /** A collection; only between calls. */
  collect(): void;
  /** Copies bytes to a pinned guest buffer and returns its address. */
  bytes(content: ArrayLike<number>): number;
  read(address: number, count: number): Uint8Array;
  /** A guest string's text. */
  text(pointer: number): string;
  /** What failed assertions said last: `message (file:line)`. */
  readonly aborted: string | undefined;
}

const HEAP_BYTES = 16 << 20;
const STATIC_BYTES = 1 << 20;
const MEMORY_BASE = 0x1_0000;

export async function loadGuest(options: GuestOptions): Promise<Guest> {
  const root = options.root ?? projectRoot();
  const libraries = new Map(librariesFor(options.target, root));
  const runtime = libraries.get('runtime/entry');
  if (!runtime) throw new Error('no runtime/entry');
  // The test allocates and pins from outside, which programs do not.
  libraries.set('runtime/entry', { ...runtime, text: `${runtime.text}export { __new, __pin, __unpin } from 'runtime/heap';\n` });
  const overlay = new Map([
    ...generatedSources(root),
    ...(options.source === undefined ? [] : [['source.ts', options.source] as const]),
  ]);
  const entry = options.source === undefined ? options.entry : 'source.ts';
  if (entry === undefined) throw new Error('neither entry nor source');
  const request: CompileRequest = {
    root,
    entries: [entry],
    overlay,
    libraries,
    runtime: 'runtime/entry',
    optimize: 'development',
    memoryBase: MEMORY_BASE,
    initialPages: (MEMORY_BASE + STATIC_BYTES + (options.target === 'kernel' ? (options.heapBytes ?? HEAP_BYTES) : 0)) >> 16,
    abort: 'runtime/abort/abort',
  };
  const { wasm, sourceMap } = await cachedCompile(request);
  return instantiate(wasm, sourceMap, libraries, options);
}

async function instantiate(
  wasm: Uint8Array,
  sourceMap: string,
  libraries: CompileRequest['libraries'],
  options: GuestOptions,
): Promise<Guest> {
  const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const state: { guest?: Guest; aborted?: string } = {};
  const perCpu = new DataView(new ArrayBuffer(4096));
  const late = (): WebAssembly.Exports => state.guest?.exports as unknown as WebAssembly.Exports;
  const memory = (): WebAssembly.Memory => {
    if (!state.guest) throw new Error('memory used while it is made');
    return state.guest.memory;
  };
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    const own = options.imports?.[space]?.[name];
    imports[space] ??= {};
    imports[space][name] = own ?? standIn(space, name, memory, perCpu, late);
  }
  const instance = await WebAssembly.instantiate(module, imports as WebAssembly.Imports);
  const exports = instance.exports as unknown as Guest['exports'];
  let known: Positions | undefined;
  const positions = (): Positions => {
    known ??= new Positions(wasm, sourceMap, (source) => sourceOrigin(source, libraries));
    return known;
  };

  const guest: Guest = {
    memory: instance.exports.memory as WebAssembly.Memory,
    exports,
    call(name, ...values) {
      if (typeof exports[name] !== 'function') throw new Error(`the guest exports no ${name}`);
      try {
        return exports[name](...values);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        throw new GuestTrap(`${error.message}\n${symbolised(error.stack ?? '', positions())}`);
      }
    },
    collect: () => void guest.call('collectFrom', 0n),
    bytes(content) {
      const pointer = exports.__pin(exports.__new(content.length, 1) as number) as number;
      new Uint8Array(guest.memory.buffer).set(content, pointer);
      return pointer;
    },
    read: (address, count) => new Uint8Array(guest.memory.buffer).slice(address, address + count),
    text(pointer) {
      const length = new DataView(guest.memory.buffer).getUint32(pointer - 4, true);
      return new TextDecoder('utf-16le').decode(guest.read(pointer, length));
    },
    get aborted() {
      return state.aborted;
    },
  };
  state.guest = guest;
  return guest;
}

/** `at wasm://…:wasm-function[12]:0x3a4`: the number is the byte offset in the module, which is the source map's column. */
function symbolised(stack: string, positions: Positions): string {
  const lines: string[] = [];
  for (const line of stack.split('\n')) {
    const match = /^\s*at (?:(\S+) \()?wasm:\/\/[^:]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)/.exec(line);
    if (!match) continue;
    const where = positions.lookup(Number.parseInt(match[3], 16));
    lines.push(`  at ${match[1] ?? `function ${match[2]}`}${where ? ` (${where.file}:${where.line})` : ''}`);
  }
  return lines.join('\n');
}

type Access = (view: DataView, at: number, value: number | bigint) => number | bigint | undefined;

/** One volatile access as the intrinsics declare it; 8, 16 and 32 bits are numbers, 64 bits bigint. */
const ACCESS: Readonly<Record<string, Access>> = {
  load8: (view, at) => view.getUint8(at),
  load16: (view, at) => view.getUint16(at, true),
  load32: (view, at) => view.getUint32(at, true),
  load64: (view, at) => view.getBigUint64(at, true),
  store8: (view, at, value) => void view.setUint8(at, Number(value)),
  store16: (view, at, value) => void view.setUint16(at, Number(value), true),
  store32: (view, at, value) => void view.setUint32(at, Number(value), true),
  store64: (view, at, value) => void view.setBigUint64(at, BigInt.asUintN(64, value as bigint), true),
  add32: (view, at, value) => void view.setUint32(at, view.getUint32(at, true) + Number(value), true),
  exchange32: (view, at, value) => swap(view, at, 4, () => value),
  exchange64: (view, at, value) => swap(view, at, 8, () => value),
  exchangeAdd32: (view, at, value) => swap(view, at, 4, (old) => Number(old) + Number(value)),
  exchangeAdd64: (view, at, value) => swap(view, at, 8, (old) => (old as bigint) + (value as bigint)),
};

function swap(view: DataView, at: number, bytes: 4 | 8, next: (old: number | bigint) => number | bigint): number | bigint {
  const old = bytes === 8 ? view.getBigUint64(at, true) : view.getUint32(at, true);
  const value = next(old);
  if (bytes === 8) view.setBigUint64(at, BigInt.asUintN(64, value as bigint), true);
  else view.setUint32(at, Number(value), true);
  return old;
}

function standIn(
  space: string,
  name: string,
  memory: () => WebAssembly.Memory,
  perCpu: DataView,
  late: () => WebAssembly.Exports,
): (...values: (number | bigint)[]) => unknown {
  if (space === 'ts') {
    return (...values) => (late()[name] as (...values: (number | bigint)[]) => unknown)(...values);
  }
  if ((space === 'mem' || space === 'percpu') && name in ACCESS) {
    const access = ACCESS[name];
    const view = space === 'percpu' ? () => perCpu : () => new DataView(memory().buffer);
    return (address, value) => access(view(), Number(address), value);
  }
  if (space === 'mem') {
    if (name === 'address') return (pointer) => BigInt(Number(pointer) >>> 0);
    if (name === 'pointer') return (address) => Number(address);
    if (name === 'fence') return () => undefined;
    if (name === 'copy')
      return (to, from, count) => void bytesOf(memory()).copyWithin(Number(to), Number(from), Number(from) + Number(count));
    if (name === 'fill')
      return (to, value, count) => void bytesOf(memory()).fill(Number(value), Number(to), Number(to) + Number(count));
  }
  // A collection from inside a call would not see the caller's references.
  if (space === 'asm' && name === 'collectWithRegisters') return () => undefined;
  // No stub has an address here; stacks that begin and end at 0 are empty.
  if (space === 'sym') return () => 0n;
  const known = intrinsicRecords.some((record) => record.signature.module === space && record.signature.name === name);
  return () => {
    throw new Error(`${space}.${name} ${known ? 'is privileged' : 'is unknown'} under Node: give it in imports`);
  };
}

const bytesOf = (memory: WebAssembly.Memory): Uint8Array => new Uint8Array(memory.buffer);
