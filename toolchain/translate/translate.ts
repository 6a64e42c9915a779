// SPDX-License-Identifier: MIT
/**
 * @fileoverview The translator's entrance: a wasm module to x86-64 sections.
 *
 * Per function: `build` (SSA), `cleanup`, `select` (machine instructions), `allocate` (registers), `emit`, three times: twice into
 * scratch buffers, to learn which jumps are short and then how many bytes there are. With all sizes known, `pages` says where functions go, and
 * the third time is for good. Around them this file keeps what belongs to the module: globals,
 * function table, constants, jump tables, helpers, symbols, and the tables that explain the code (lines, traps, probes).
 *
 * Data: `.data` holds globals (8 bytes each), the memory's size in pages, the lengths of passive segments; `.rodata` constants,
 * jump tables, the function table, passive segments.
 */
import type { FunctionType, WasmFunction, WasmModule } from '../wasm/module.ts';
import { Label, type Mem, type Relocation, symbolAt, X86 } from '../x86/x86.ts';
import { type Allocation, allocate } from './allocate.ts';
import { GraphBuilder } from './build.ts';
import { cleanup } from './cleanup.ts';
import { type EmitSink, FunctionEmitter } from './emit.ts';
import { helpers } from './helpers.ts';
import type { Address, MachineFunction } from './machine.ts';
import { ALIGNMENT, CODE_PAGE, packPages } from './pages.ts';
import { type Callee, type ModuleContext, Selector } from './select.ts';
import {
  type Intrinsic,
  type LineEntry,
  type ProbeSite,
  type Section,
  type SectionSymbol,
  type TranslatedModule,
  type TranslateOptions,
  type TrapSite,
  trapCodes,
} from './types.ts';

export function translate(module: WasmModule, options: TranslateOptions): TranslatedModule {
  return new ModuleTranslator(module, options).run();
}

/** A function up to its registers, and what emitting it has shown: which jumps are short, in order, and how many bytes there are then. */
interface Draft {
  readonly machine: MachineFunction;
  readonly allocation: Allocation;
  readonly distances: readonly boolean[];
  readonly size: number;
}
const nameOf = (f: WasmFunction): string => f.name ?? `func${f.index}`;

/** Jumps that were this short in the first pass are short in the second, whatever alignment does between. */
const SURELY_SHORT = 127 - 2 * 15;

/** Read-only or writable data being collected. */
class DataBuilder {
  private readonly bytes: number[] = [];
  readonly relocations: Relocation[] = [];

  get size(): number {
    return this.bytes.length;
  }

  align(boundary: number): void {
    while (this.bytes.length % boundary !== 0) this.bytes.push(0);
  }

  /** Appends a little-endian number and returns its offset. */
  number(value: bigint, bytes: number): number {
    const at = this.bytes.length;
    for (let i = 0; i < bytes; i++) this.bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
    return at;
  }

  append(content: Uint8Array): void {
    for (const byte of content) this.bytes.push(byte);
  }

  address(symbol: string, addend: number): void {
    this.relocations.push({ offset: this.bytes.length, kind: 'abs64', symbol, addend });
    this.number(0n, 8);
  }

  section(name: string, writable: boolean): Section {
    const { relocations } = this;
    return { name, bytes: new Uint8Array(this.bytes), alignment: 16, writable, executable: false, relocations };
  }
}

class ModuleTranslator implements ModuleContext {
  readonly globalsSymbol: string;
  readonly tableSymbol: string;
  readonly memoryPagesSymbol: string;
  private readonly prefix: string;
  private readonly asm = new X86();
  private readonly data = new DataBuilder();
  private readonly rodata = new DataBuilder();
  private readonly symbols: SectionSymbol[] = [];
  private readonly functionLabels: Label[];
  private readonly helperLabels = new Map<string, Label>();
  private readonly constants = new Map<string, number>();
  private readonly signatures = new Map<string, number>();
  private readonly passive = new Map<number, { bytes: number; length: number }>();
  private readonly lines: LineEntry[] = [];
  private readonly traps: TrapSite[] = [];
  private readonly probes: ProbeSite[] = [];
  private readonly exportsByName: ReadonlyMap<string, number>;
  private switches = 0;

  constructor(
    readonly module: WasmModule,
    readonly options: TranslateOptions,
  ) {
    this.prefix = options.prefix ?? '';
    this.globalsSymbol = `${this.prefix}globals`;
    this.tableSymbol = `${this.prefix}function_table`;
    this.memoryPagesSymbol = `${this.prefix}memory_pages`;
    this.functionLabels = module.functions.map((f) => new Label(f.name ?? `func${f.index}`));
    this.exportsByName = new Map(module.exports.filter((e) => e.kind === 'function').map((e) => [e.name, e.index]));
  }

  run(): TranslatedModule {
    this.layOutData();
    this.translateFunctions();
    this.emitHelpers();
    this.functionTable();
    this.nameExports();
    return this.finish();
  }

  // ---- data

  private get dataName(): string {
    return `${this.prefix}.data`;
  }
  private get rodataName(): string {
    return `${this.prefix}.rodata`;
  }
  private get textName(): string {
    return `${this.prefix}.text`;
  }
  private get rodataSymbol(): string {
    return `${this.prefix}constants`;
  }
  private get textSymbol(): string {
    return `${this.prefix}text`;
  }

  private define(name: string, section: string, offset: number, size: number, kind: SectionSymbol['kind'], local = false): void {
    this.symbols.push({ name, section, offset, size, kind, local });
  }

  private layOutData(): void {
    const { globals, memory, data } = this.module;
    for (const global of globals) {
      if (global.import) throw new Error(`imported global ${global.import.module}.${global.import.name} is not supported`);
      const init = global.init.kind === 'value' ? global.init : globals[global.init.index].init;
      this.data.number(BigInt.asUintN(global.type.endsWith('32') ? 32 : 64, init.kind === 'value' ? init.value : 0n), 8);
    }
    this.define(this.globalsSymbol, this.dataName, 0, this.data.size, 'object');
    this.define(this.memoryPagesSymbol, this.dataName, this.data.number(BigInt(memory?.minimum ?? 0), 8), 8, 'object');
    data.forEach((segment, i) => {
      if (segment.offset) return;
      const length = this.data.number(BigInt(segment.bytes.length), 4);
      this.passive.set(i, { bytes: this.rodata.size, length });
      this.rodata.append(segment.bytes);
    });
    this.define(this.rodataSymbol, this.rodataName, 0, 0, 'object');
    this.define(this.textSymbol, this.textName, 0, 0, 'object');
  }

  passiveSegment(index: number): { bytes: Address; length: Address } {
    const found = this.passive.get(index);
    if (!found) throw new Error(`data segment ${index} is not passive`);
    return {
      bytes: { symbol: this.rodataSymbol, scale: 1, disp: found.bytes },
      length: { symbol: this.globalsSymbol, scale: 1, disp: found.length },
    };
  }

  constant(bits: bigint, bytes: 4 | 8 | 16): Address {
    const value = BigInt.asUintN(bytes * 8, bits);
    const key = `${bytes}:${value}`;
    let offset = this.constants.get(key);
    if (offset === undefined) {
      this.rodata.align(bytes);
      offset = this.rodata.number(value, bytes);
      this.constants.set(key, offset);
    }
    return { symbol: this.rodataSymbol, scale: 1, disp: offset };
  }

  // ---- functions

  signatureId(typeIndex: number): number {
    return this.signatureOf(this.module.types[typeIndex]);
  }

  private signatureOf({ parameters, result }: FunctionType): number {
    const key = `${parameters}>${result ?? ''}`;
    let id = this.signatures.get(key);
    if (id === undefined) {
      id = this.signatures.size + 1;
      this.signatures.set(key, id);
    }
    return id;
  }

  callee(functionIndex: number): Callee {
    const f = this.module.functions[functionIndex];
    if (!f.import) return { kind: 'function', index: functionIndex };
    const { module, name } = f.import;
    const intrinsic = this.options.intrinsics?.get(`${module}.${name}`);
    if (intrinsic) {
      checkIntrinsicType(`${module}.${name}`, f.type, intrinsic);
      return { kind: 'intrinsic', intrinsic };
    }
    if (module === 'ts') {
      const index = this.exportsByName.get(name);
      if (index === undefined) throw new Error(`import ts.${name}: the module exports no function ${name}`);
      return { kind: 'function', index };
    }
    if (module === 'asm') return { kind: 'symbol', symbol: name };
    if (module === 'sym') return { kind: 'address', symbol: name };
    throw new Error(`unknown import ${module}.${name}`);
  }

  requireHelper(name: string): void {
    if (!this.helperLabels.has(name)) this.helperLabels.set(name, new Label(name));
  }

  private translateFunctions(): void {
    const own = this.module.functions.filter((f) => !f.import);
    const drafts = own.map((f) => this.draft(f));
    const places = new Map(own.map(({ index }, place) => [index, place]));
    const sized = drafts.map(({ size }, place) => ({ size, calls: this.calledBy(own[place], places) }));
    for (const page of packPages(sized)) {
      this.asm.align(CODE_PAGE, 0xcc);
      for (const place of page) this.emitFunction(own[place], drafts[place]);
    }
  }
  private calledBy(f: WasmFunction, places: ReadonlyMap<number, number>): number[] {
    return f.body.flatMap(({ op, index }) => {
      const callee = op.name === 'call' ? this.callee(index) : undefined;
      const place = callee?.kind === 'function' ? places.get(callee.index) : undefined;
      return place === undefined ? [] : [place];
    });
  }

  private draft(f: WasmFunction): Draft {
    const name = nameOf(f);
    if (this.options.forbidFloat) refuseFloats(f, name);
    const graph = new GraphBuilder(this.module, f).build();
    cleanup(graph);
    const machine = new Selector(this, graph).select(name);
    const allocation = allocate(machine, { r15: this.options.addressing === 'zero' });

    const measure = (isShort: (target: Label, from: number) => boolean): number => {
      const asm = new X86();
      asm.assumeShort = (target) => isShort(target, asm.position);
      new FunctionEmitter(asm, machine, allocation, this.measuringSink()).emitFunction();
      return asm.position;
    };
    const jumps: { target: Label; from: number }[] = [];
    measure((target, from) => {
      jumps.push({ target, from });
      return false;
    });
    const distances = jumps.map(({ target, from }) => target.offset! - from <= SURELY_SHORT);
    let next = 0;
    return { machine, allocation, distances, size: measure(() => distances[next++]) };
  }
  private emitFunction(f: WasmFunction, { machine, allocation, distances }: Draft): void {
    const name = nameOf(f);
    this.asm.align(ALIGNMENT, 0xcc);
    const start = this.asm.position;
    this.asm.bind(this.functionLabels[f.index]);
    let next = 0;
    this.asm.assumeShort = () => distances[next++];
    const tables: { offset: number; labels: readonly Label[] }[] = [];
    new FunctionEmitter(this.asm, machine, allocation, this.sink(name, tables)).emitFunction();
    this.asm.assumeShort = () => false;
    for (const { offset, labels } of tables) {
      labels.forEach((label, i) => {
        this.rodata.relocations.push({ offset: offset + 8 * i, kind: 'abs64', symbol: this.textSymbol, addend: label.offset! });
      });
    }
    this.define(name, this.textName, start, this.asm.position - start, 'function', true);
  }

  private measuringSink(): EmitSink {
    return {
      line: () => {},
      trap: () => {},
      probe: () => {},
      callFunction: (asm) => asm.emit(0xe8, 0, 0, 0, 0),
      callHelper: (asm) => asm.emit(0xe8, 0, 0, 0, 0),
      constant: (bits, bytes) => this.constant(bits, bytes),
      jumpTable: () => 'measured',
      patchable: this.options.patchable ?? false,
    };
  }

  private sink(name: string, tables: { offset: number; labels: readonly Label[] }[]): EmitSink {
    return {
      ...this.measuringSink(),
      line: (offset, wasm) => this.line(offset, wasm),
      trap: (offset, trap, wasm) => this.traps.push({ offset, trap, wasm }),
      probe: (offset, kind) => this.probes.push({ offset, function: name, kind }),
      callFunction: (asm, index) => asm.call(this.functionLabels[index]),
      callHelper: (asm, helper) => asm.call(this.helperLabels.get(helper)!),
      jumpTable: (labels) => {
        this.rodata.align(8);
        const symbol = `${this.prefix}switch${this.switches++}`;
        this.define(symbol, this.rodataName, this.rodata.size, 8 * labels.length, 'object');
        tables.push({ offset: this.rodata.size, labels });
        for (const _ of labels) this.rodata.number(0n, 8);
        return symbol;
      },
    };
  }

  private line(offset: number, wasm: number | undefined): void {
    const last = this.lines[this.lines.length - 1];
    if (last?.offset === offset) this.lines.pop();
    if (this.lines[this.lines.length - 1]?.wasm !== wasm || this.lines.length === 0) this.lines.push({ offset, wasm });
  }

  private emitHelpers(): void {
    const { asm } = this;
    const outOfBounds = new Label();
    for (const [name, label] of this.helperLabels) {
      asm.align(16, 0xcc);
      const start = asm.position;
      this.line(start, undefined);
      asm.bind(label);
      helpers[name]({
        asm,
        windowInR15: this.options.addressing === 'r15',
        memoryPages: this.memoryPagesSymbol,
        constant: (bits, bytes): Mem => symbolAt(this.rodataSymbol, this.constant(bits, bytes).disp),
        outOfBounds: () => outOfBounds,
      });
      this.define(name, this.textName, start, asm.position - start, 'function', true);
    }
    asm.bind(outOfBounds);
    this.traps.push({ offset: asm.position, trap: 'out of bounds memory operation', wasm: 0 });
    asm.op('ud2');
    asm.emit(trapCodes['out of bounds memory operation']);
  }

  // ---- tables and symbols

  private functionTable(): void {
    const { table, elements, functions } = this.module;
    const entries: (number | undefined)[] = new Array(table?.minimum ?? 0).fill(undefined);
    for (const { offset, functions: indices } of elements) {
      if (offset.kind !== 'value') throw new Error('element segments at a global offset are not supported');
      indices.forEach((index, i) => {
        entries[Number(offset.value) + i] = index;
      });
    }
    this.rodata.align(16);
    this.define(this.tableSymbol, this.rodataName, this.rodata.size, 16 * entries.length, 'object');
    for (const index of entries) {
      const callee = index === undefined ? undefined : this.callee(index);
      const reachable = callee && (callee.kind === 'function' || callee.kind === 'symbol');
      this.rodata.number(reachable ? BigInt(this.signatureOf(functions[index!].type)) : 0n, 8);
      if (callee?.kind === 'function') this.rodata.address(this.textSymbol, this.functionLabels[callee.index].offset!);
      else if (callee?.kind === 'symbol') this.rodata.address(callee.symbol, 0);
      else this.rodata.number(0n, 8);
    }
  }

  private nameExports(): void {
    for (const [name, index] of this.exportsByName) this.nameFunction(name, index);
    if (this.module.start !== undefined) this.nameFunction(`${this.prefix}wasm_start`, this.module.start);
  }

  private nameFunction(name: string, index: number): void {
    const callee = this.callee(index);
    if (callee.kind === 'function') this.define(name, this.textName, this.functionLabels[callee.index].offset!, 0, 'function');
  }

  private finish(): TranslatedModule {
    const { asm, module } = this;
    const text: Section = {
      name: this.textName,
      bytes: asm.finish(),
      alignment: CODE_PAGE,
      writable: false,
      executable: true,
      relocations: asm.relocations,
    };
    const sections = [text, this.data.section(this.dataName, true), this.rodata.section(this.rodataName, false)];
    const defined = new Set(this.symbols.filter((s) => !s.local).map((s) => s.name));
    const referred = sections.flatMap((section) => section.relocations.map((r) => r.symbol));
    return {
      sections,
      symbols: this.symbols,
      externs: [...new Set(referred)].filter((name) => !defined.has(name)),
      lines: this.lines,
      probes: this.probes,
      traps: this.traps.sort((a, b) => a.offset - b.offset),
      memory: {
        initialPages: module.memory?.minimum ?? 0,
        maximumPages: module.memory?.maximum,
        segments: module.data.flatMap(({ offset, bytes }) => {
          if (!offset) return [];
          if (offset.kind !== 'value') throw new Error('data segments at a global offset are not supported');
          return [{ offset: Number(BigInt.asUintN(32, offset.value)), bytes }];
        }),
      },
      exports: [...this.exportsByName.keys()],
      start: module.start === undefined ? undefined : `${this.prefix}wasm_start`,
    };
  }
}

/** The declaration in guest code must say what the intrinsic is. */
function checkIntrinsicType(name: string, declared: FunctionType, intrinsic: Intrinsic): void {
  let expected: FunctionType;
  if (intrinsic.kind === 'fixed') expected = { parameters: intrinsic.parameters, result: intrinsic.result };
  else {
    const value = intrinsic.type ?? (intrinsic.bytes === 8 ? 'i64' : 'i32');
    expected =
      intrinsic.kind === 'load' ? { parameters: ['i64'], result: value } : { parameters: ['i64', value], result: undefined };
  }
  const show = ({ parameters, result }: FunctionType) => `(${parameters.join(', ')}): ${result ?? 'void'}`;
  if (show(declared) !== show(expected)) throw new Error(`${name} is declared as ${show(declared)}, but is ${show(expected)}`);
}

function refuseFloats(f: WasmFunction, name: string): void {
  const isFloat = (type: string | undefined) => type === 'f32' || type === 'f64';
  const { parameters, result } = f.type;
  if ([...parameters, result, ...f.locals].some(isFloat) || f.body.some(({ op }) => /f(32|64)/.test(op.name))) {
    throw new Error(`floating point in ${name}: this target keeps no floating-point state`);
  }
}
