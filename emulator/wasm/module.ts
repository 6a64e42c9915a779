// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes WebAssembly modules (core specification 2.0, section 5).
 *
 * `Code` is a growing function body; its methods append bytes and check nothing, since the engine's validator checks all of it.
 * `Module` collects types, imports, functions and one table of elements. Function indices count imports first, so all imports
 * come before the first `func`. The module imports its memory as `env.memory`; tables and start functions are left out
 * because no generator here needs them.
 */
import { OP, type OpName, SATURATING, type SaturatingName, SIMD, type SimdName } from './opcodes.ts';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type WasmType = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;
const EMPTY_BLOCK = 0x40;
const FUNCREF = 0x70;

export class Code {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  /** It grows as needed: `room` is a guess. */
  constructor(room = 64) {
    this.bytes = new Uint8Array(room);
  }

  byte(value: number): this {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
    return this;
  }
  append(from: Uint8Array): this {
    if (this.length + from.length > this.bytes.length) this.grow(from.length);
    this.bytes.set(from, this.length);
    this.length += from.length;
    return this;
  }
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
  /** Unsigned LEB128 of a 32-bit number. */
  u(value: number): this {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.byte(rest);
  }
  /** Of 64 bits in two halves, both signed. */
  private signed64(lower: number, upper: number): this {
    let rest = lower;
    let high = upper;
    for (;;) {
      const low = rest & 127;
      rest = (rest >>> 7) | (high << 25);
      high >>= 7;
      if ((rest === 0 && high === 0 && low < 64) || (rest === -1 && high === -1 && low >= 64)) return this.byte(low);
      this.byte(low | 128);
    }
  }
  private signed32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return this.byte(low);
      this.byte(low | 128);
    }
  }

  op(name: OpName): this {
    return this.byte(OP[name]);
  }
  saturating(name: SaturatingName): this {
    return this.byte(0xfc).u(SATURATING[name]);
  }
  /** `lane` is the immediate of lane instructions. */
  simd(name: SimdName, lane?: number): this {
    this.byte(0xfd).u(SIMD[name]);
    return lane === undefined ? this : this.byte(lane);
  }
  /** i8x16.shuffle with its 16 lane numbers. */
  shuffle(lanes: readonly number[]): this {
    this.simd('i8x16.shuffle');
    for (const lane of lanes) this.byte(lane);
    return this;
  }
  i32(value: number): this {
    return this.op('i32.const').signed32(value);
  }
  i64(value: bigint): this {
    this.byte(OP['i64.const']);
    const signed = BigInt.asIntN(64, value);
    const small = Number(signed);
    return small === (small | 0) ? this.signed32(small) : this.signed64(Number(BigInt.asIntN(32, signed)), Number(signed >> 32n));
  }
  f64(value: number): this {
    this.op('f64.const');
    return this.append(new Uint8Array(new Float64Array([value]).buffer));
  }
  /** v128.const of two 64-bit halves, low first. */
  v128(low: bigint, high: bigint): this {
    this.simd('v128.const');
    return this.append(new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, low), BigInt.asUintN(64, high)).buffer));
  }
  get(local: number): this {
    return this.op('local.get').u(local);
  }
  set(local: number): this {
    return this.op('local.set').u(local);
  }
  tee(local: number): this {
    return this.op('local.tee').u(local);
  }
  /** A load or store with alignment hint 1 byte; guest addresses may be unaligned anyway. */
  mem(name: OpName, offset = 0): this {
    return this.op(name).u(0).u(offset);
  }
  simdMem(name: SimdName, offset = 0): this {
    return this.simd(name).u(0).u(offset);
  }
  memoryCopy(): this {
    return this.byte(0xfc).u(10).byte(0).byte(0);
  }
  memoryFill(): this {
    return this.byte(0xfc).u(11).byte(0);
  }
  block(type?: WasmType): this {
    return this.op('block').byte(type ?? EMPTY_BLOCK);
  }
  loop(): this {
    return this.op('loop').byte(EMPTY_BLOCK);
  }
  if(type?: WasmType): this {
    return this.op('if').byte(type ?? EMPTY_BLOCK);
  }
  else(): this {
    return this.op('else');
  }
  end(): this {
    return this.op('end');
  }
  br(depth: number): this {
    return this.op('br').u(depth);
  }
  brIf(depth: number): this {
    return this.op('br_if').u(depth);
  }
  brTable(depths: readonly number[], otherwise: number): this {
    this.op('br_table').u(depths.length);
    for (const depth of depths) this.u(depth);
    return this.u(otherwise);
  }
  call(index: number): this {
    return this.op('call').u(index);
  }
  callIndirect(type: number): this {
    return this.op('call_indirect').u(type).u(0);
  }
  returnCall(index: number): this {
    return this.op('return_call').u(index);
  }
  returnCallIndirect(type: number): this {
    return this.op('return_call_indirect').u(type).u(0);
  }

  private grow(atLeast: number): void {
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + atLeast));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
  }
}

export interface WasmFunction {
  type: number;
  locals: readonly WasmType[];
  code: Code;
}

/** `memory` sizes are in pages of 64 KiB. */
export class Module {
  private readonly types: { params: readonly WasmType[]; results: readonly WasmType[] }[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: WasmFunction[] = [];
  private readonly exports: { name: string; index: number }[] = [];
  /** Function indices that go into table 0 from `elementsAt` on. The table is the module's own, exported if named, unless it is imported. */
  elements: number[] = [];
  elementsAt = 0;
  tableImport: string | undefined;
  tableExport: string | undefined;
  private readonly memory: { minimum: number; maximum: number; shared: boolean };
  constructor(memory: { minimum: number; maximum: number; shared: boolean }) {
    this.memory = memory;
  }

  type(params: readonly WasmType[], results: readonly WasmType[]): number {
    const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
    const known = this.types.findIndex((t) => same(t.params, params) && same(t.results, results));
    return known >= 0 ? known : this.types.push({ params, results }) - 1;
  }
  importFunction(name: string, params: readonly WasmType[], results: readonly WasmType[]): number {
    if (this.functions.length > 0) throw new Error('imports come before functions');
    return this.imports.push({ name, type: this.type(params, results) }) - 1;
  }
  func(f: WasmFunction): number {
    return this.imports.length + this.functions.push(f) - 1;
  }
  export(name: string, index: number): void {
    this.exports.push({ name, index });
  }

  build(): Uint8Array<ArrayBuffer> {
    const bodies = new Code(1024 + this.functions.reduce((sum, f) => sum + f.code.length + 64, 0));
    const out = new Code(bodies.bytes.length + 1024);
    out.append(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const section = (id: number, content: Code): void => {
      out.byte(id).u(content.length).append(content.written);
    };
    const types = new Code().u(this.types.length);
    for (const { params, results } of this.types) {
      types.byte(0x60).u(params.length).append(Uint8Array.from(params)).u(results.length).append(Uint8Array.from(results));
    }
    section(1, types);
    const imports = new Code().u(1 + this.imports.length + (this.tableImport ? 1 : 0));
    for (const i of this.imports) text(text(imports, 'env'), i.name).byte(0).u(i.type);
    text(text(imports, 'env'), 'memory').byte(2);
    imports
      .byte(this.memory.shared ? 3 : 1)
      .u(this.memory.minimum)
      .u(this.memory.maximum);
    if (this.tableImport) text(text(imports, 'env'), this.tableImport).byte(1).byte(FUNCREF).byte(0).u(0);
    section(2, imports);
    const functions = new Code().u(this.functions.length);
    for (const f of this.functions) functions.u(f.type);
    section(3, functions);
    if (this.elements.length > 0 && !this.tableImport) section(4, new Code().u(1).byte(FUNCREF).byte(0).u(this.elements.length));
    const exports = new Code().u(this.exports.length + (this.tableExport ? 1 : 0));
    for (const e of this.exports) text(exports, e.name).byte(0).u(e.index);
    if (this.tableExport) text(exports, this.tableExport).byte(1).u(0);
    section(7, exports);
    if (this.elements.length > 0) {
      const elements = new Code().u(1).u(0).i32(this.elementsAt).end().u(this.elements.length);
      for (const e of this.elements) elements.u(e);
      section(9, elements);
    }
    bodies.u(this.functions.length);
    for (const f of this.functions) {
      const declared = locals(f.locals);
      bodies
        .u(declared.length + f.code.length + 1)
        .append(declared.written)
        .append(f.code.written)
        .end();
    }
    section(10, bodies);
    return out.take();
  }
}

function text(into: Code, value: string): Code {
  into.u(value.length);
  for (let i = 0; i < value.length; i++) into.byte(value.charCodeAt(i));
  return into;
}

/** Locals are written as runs of equal types. */
function locals(types: readonly WasmType[]): Code {
  const runs: { count: number; type: WasmType }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  const out = new Code().u(runs.length);
  for (const { count, type } of runs) out.u(count).byte(type);
  return out;
}
