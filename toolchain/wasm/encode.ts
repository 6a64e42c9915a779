// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes wasm binaries: for fuzzers and tests, which make programs that no compiler would.
 *
 * ```ts
 * const module = new ModuleWriter();
 * const add = module.function([{ parameters: ['i32', 'i32'], result: 'i32' }], [], (code) => {
 *   code.op('local.get', 0).op('local.get', 1).op('i32.add');
 * });
 * module.exportFunction('add', add);
 * ```
 */
import type { FunctionType, ValueType } from './module.ts';
import { opcodeByName } from './opcodes.ts';

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return bytes;
}

export function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = Number(value & 127n);
    value >>= 7n;
    if ((value === 0n && !(low & 64)) || (value === -1n && low & 64)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

const vector = (items: readonly number[][]): number[] => [...unsignedLeb(items.length), ...items.flat()];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsignedLeb(bytes.length), ...bytes];
};

/** The instructions of one function, in order. */
export class CodeWriter {
  readonly bytes: number[] = [];

  /** An instruction with its index, label, or (for accesses) static offset; constants by `constant`. */
  op(name: string, immediate = 0): this {
    const op = opcodeByName.get(name);
    if (!op) throw new Error(`unknown instruction ${name}`);
    if (op.code > 0xff) this.bytes.push(op.code >> 8, ...unsignedLeb(op.code & 0xff));
    else this.bytes.push(op.code);
    switch (op.immediate) {
      case 'access':
        // The alignment hint; atomics require their natural one.
        this.bytes.push(name.includes('atomic') ? Math.log2(op.bytes ?? 1) : 0, ...unsignedLeb(immediate));
        break;
      case 'indirect':
      case 'init':
        this.bytes.push(...unsignedLeb(immediate), 0);
        break;
      case 'label':
      case 'function':
      case 'local':
      case 'global':
      case 'data':
        this.bytes.push(...unsignedLeb(immediate));
        break;
      case 'memory':
      case 'fence':
        this.bytes.push(0);
        break;
      case 'copy':
        this.bytes.push(0, 0);
        break;
      case 'none':
        break;
      default:
        throw new Error(`${name} needs its own method`);
    }
    return this;
  }

  /** block, loop or if. */
  open(name: 'block' | 'loop' | 'if', result?: ValueType): this {
    this.bytes.push(opcodeByName.get(name)!.code, result ? TYPE_CODES[result] : 0x40);
    return this;
  }

  brTable(labels: readonly number[], fallback: number): this {
    this.bytes.push(0x0e, ...vector(labels.map(unsignedLeb)), ...unsignedLeb(fallback));
    return this;
  }

  /** A constant; floats are given as their bit pattern. */
  constant(type: ValueType, value: bigint): this {
    if (type === 'i32') this.bytes.push(0x41, ...signedLeb(BigInt.asIntN(32, value)));
    else if (type === 'i64') this.bytes.push(0x42, ...signedLeb(BigInt.asIntN(64, value)));
    else {
      const size = type === 'f32' ? 4 : 8;
      this.bytes.push(type === 'f32' ? 0x43 : 0x44);
      for (let i = 0; i < size; i++) this.bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
    }
    return this;
  }
}

export class ModuleWriter {
  private readonly types: FunctionType[] = [];
  private readonly imports: number[][] = [];
  private readonly functions: { type: number; code: number[] }[] = [];
  private readonly globals: number[][] = [];
  private readonly exports: number[][] = [];
  private readonly dataSegments: number[][] = [];
  private elements: number[] = [];
  private names: number[][] = [];
  memory: { minimum: number; maximum?: number; shared?: boolean } | undefined;

  type(type: FunctionType): number {
    const key = JSON.stringify(type);
    const found = this.types.findIndex((known) => JSON.stringify(known) === key);
    return found >= 0 ? found : this.types.push(type) - 1;
  }

  /** Imports must be declared before functions: they come first in the index space. */
  importFunction(module: string, name: string, type: FunctionType): number {
    return this.imports.push([...text(module), ...text(name), 0, ...unsignedLeb(this.type(type))]) - 1;
  }

  function(type: FunctionType, locals: readonly ValueType[], write: (code: CodeWriter) => void): number {
    const code = new CodeWriter();
    write(code);
    const body = [...vector(locals.map((local) => [1, TYPE_CODES[local]])), ...code.bytes, 0x0b];
    return this.functions.push({ type: this.type(type), code: body }) - 1 + this.imports.length;
  }

  global(type: ValueType, value: bigint): number {
    const init = new CodeWriter().constant(type, value).bytes;
    return this.globals.push([TYPE_CODES[type], 1, ...init, 0x0b]) - 1;
  }

  exportFunction(name: string, index: number): void {
    this.exports.push([...text(name), 0, ...unsignedLeb(index)]);
  }

  exportMemory(name: string): void {
    this.exports.push([...text(name), 2, 0]);
  }

  /** The table's contents, from slot 0. */
  table(functions: readonly number[]): void {
    this.elements = [...functions];
  }

  /** Active with an offset, else passive. */
  data(offset: number | undefined, bytes: readonly number[]): number {
    const head = offset === undefined ? [1] : [0, 0x41, ...signedLeb(BigInt(offset)), 0x0b];
    return this.dataSegments.push([...head, ...unsignedLeb(bytes.length), ...bytes]) - 1;
  }

  nameFunction(index: number, name: string): void {
    this.names.push([...unsignedLeb(index), ...text(name)]);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const section = (id: number, content: number[]) => {
      out.push(id, ...unsignedLeb(content.length));
      for (const byte of content) out.push(byte);
    };
    const types = this.types.map(({ parameters, result }) => [
      0x60,
      ...vector(parameters.map((p) => [TYPE_CODES[p]])),
      ...vector(result ? [[TYPE_CODES[result]]] : []),
    ]);
    section(1, vector(types));
    section(2, vector(this.imports));
    section(3, vector(this.functions.map((f) => unsignedLeb(f.type))));
    if (this.elements.length > 0) section(4, vector([[0x70, 0, ...unsignedLeb(this.elements.length)]]));
    if (this.memory) {
      const { minimum, maximum, shared } = this.memory;
      const flags = (maximum === undefined ? 0 : 1) | (shared ? 2 : 0);
      section(5, vector([[flags, ...unsignedLeb(minimum), ...(maximum === undefined ? [] : unsignedLeb(maximum))]]));
    }
    section(6, vector(this.globals));
    section(7, vector(this.exports));
    if (this.elements.length > 0) section(9, vector([[0, 0x41, 0, 0x0b, ...vector(this.elements.map(unsignedLeb))]]));
    if (this.dataSegments.length > 0) section(12, unsignedLeb(this.dataSegments.length));
    section(10, vector(this.functions.map((f) => [...unsignedLeb(f.code.length), ...f.code])));
    if (this.dataSegments.length > 0) section(11, vector(this.dataSegments));
    if (this.names.length > 0) {
      const names = vector(this.names);
      section(0, [...text('name'), 1, ...unsignedLeb(names.length), ...names]);
    }
    return new Uint8Array(out);
  }
}
