// SPDX-License-Identifier: MIT
/**
 * @fileoverview A decoded wasm module: the sections as data, one array per index space, imports first as in the format.
 *
 * WebAssembly core specification 2.0, section 2.5. One memory, one table of functions, at most one result per function and
 * block: what AssemblyScript emits.
 */
import type { Opcode } from './opcodes.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64';

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** One instruction; which of the immediates are meaningful follows from `op.immediate`. */
export interface Instruction {
  readonly op: Opcode;
  /** Byte offset in the module: what source maps and line tables refer to. */
  readonly pc: number;
  /** Index of a local, global, function, label, data segment; the type index of call_indirect. */
  readonly index: number;
  /** Static offset of a memory access. */
  readonly offset: number;
  /** Constants: integers as signed numbers, floats as their bit pattern. */
  readonly value: bigint;
  /** Result of a block, loop or if. */
  readonly result: ValueType | undefined;
  /** Labels of br_table, the default last. */
  readonly labels: readonly number[];
}

export interface ImportName {
  readonly module: string;
  readonly name: string;
}

export interface WasmFunction {
  /** Index in the function index space. */
  readonly index: number;
  readonly type: FunctionType;
  readonly import?: ImportName;
  /** Of the name section. */
  readonly name?: string;
  /** Without parameters. */
  readonly locals: readonly ValueType[];
  readonly body: readonly Instruction[];
  /** Byte range of the body in the module. */
  readonly start: number;
  readonly end: number;
}

/** A constant expression: a value, another (imported, immutable) global, a function reference or null. */
export type Initializer =
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'global'; readonly index: number };

export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly import?: ImportName;
  readonly name?: string;
  readonly init: Initializer;
}

export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
}

export interface Export {
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global';
  readonly index: number;
}

/** Functions placed in the table at start. */
export interface ElementSegment {
  readonly offset: Initializer;
  readonly functions: readonly number[];
}

/** Bytes placed in memory at start, or, without offset, by memory.init. */
export interface DataSegment {
  readonly offset: Initializer | undefined;
  readonly bytes: Uint8Array;
}

export interface WasmModule {
  readonly types: readonly FunctionType[];
  readonly functions: readonly WasmFunction[];
  readonly importedFunctions: number;
  readonly globals: readonly Global[];
  readonly table: Limits | undefined;
  readonly memory: Limits | undefined;
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  readonly custom: ReadonlyMap<string, Uint8Array>;
  /** Of the sourceMappingURL section. */
  readonly sourceMappingUrl: string | undefined;
}
