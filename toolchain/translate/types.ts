// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the translator takes and gives: the interface between `translate/`, `link/`, `asm/` and the drivers.
 *
 * One wasm module is one whole program. `translate` turns it into sections that still hold symbolic references; entry stubs
 * (made with `x86/` or `asm/`) are a section of the same kind; `link/` lays the sections out, resolves the references by
 * name in one namespace, and writes an image. Undefined names are errors of that one step.
 *
 * **Imports** of the wasm module are resolved by namespace:
 * - an entry of `options.intrinsics` under `module.name` is expanded in place ('cpu.wrmsr', 'mem.load32' …);
 * - `ts.x` is the export `x` of this very module (late binding, which breaks import cycles);
 * - `asm.x` is a call of the symbol `x`, a routine of an entry stub;
 * - `sym.x` is a function without parameters returning the address of the symbol `x` as u64 (i64).
 *
 * **Calling convention** of translated code, which stubs must keep: System V's, with these additions. Integer arguments in rdi,
 * rsi, rdx, rcx, r8, r9, float arguments in xmm0 … xmm7, further ones on the stack (8 bytes each, pushed right to left); results
 * in rax or xmm0. rbx, rbp, r12, r13, r14, r15 are preserved; all xmm registers are scratch. rbp is always the frame pointer:
 * [rbp] the caller's rbp, [rbp + 8] the return address. rsp is 16-byte aligned before a call. **An i32 is passed and returned
 * zero-extended to 64 bits** (addresses are formed from it without further ado). DF is clear. With `addressing: 'r15'` r15 holds
 * the window's base whenever translated code runs.
 *
 * **Symbols** defined by the translation: every function under its wasm name (from the name section, or `func<N>`) as a local
 * name for traces, and every exported function under its export name, which stubs may call. `wasm_start` is the start function if
 * there is one, otherwise undefined.
 * Extern symbols that a translation may need (see `TranslatedModule.externs`): `memory_grow` (edi pages; returns the old size or
 * -1 in eax and adds to `memory_pages`), `atomic_wait32`, `atomic_wait64`, `atomic_notify`.
 */
import type { Gpr, Relocation, X86, Xmm } from '../x86/x86.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64';

/**
 * An import that the translator expands in place. Arguments arrive in the fixed registers of `inputs`, i32 ones zero-extended; the
 * result is left in rax (zero-extended for i32) or xmm0. Registers in `clobbers` may be changed besides (inputs, rax and
 * flags may always be); r11 and xmm15 are scratch and take no arguments. `emit` must leave the stack pointer as it found it. Never merged, moved or dropped.
 */
export interface FixedIntrinsic {
  readonly kind: 'fixed';
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  readonly inputs: readonly (Gpr | Xmm)[];
  readonly clobbers?: readonly (Gpr | Xmm)[];
  emit(asm: X86): void;
}

/**
 * A volatile load or store of `bytes` at an address outside the window, a u64: its first parameter. The address is folded
 * into the instruction. Loads zero-extend. `segment` makes the address an offset in that segment (per-CPU data).
 */
export interface AccessIntrinsic {
  readonly kind: 'load' | 'store';
  readonly bytes: 1 | 2 | 4 | 8;
  /** Type of the value loaded or stored; i32 for up to 4 bytes, i64 for 8 unless said otherwise. */
  readonly type?: 'i32' | 'i64';
  readonly segment?: 'fs' | 'gs';
}

export type Intrinsic = FixedIntrinsic | AccessIntrinsic;

/** Instruction sets beyond x86-64-v1 that the processor running the code is known to have. All default to false. */
export interface CpuFeatures {
  readonly popcnt?: boolean;
  readonly lzcnt?: boolean;
  readonly bmi1?: boolean;
  readonly sse41?: boolean;
}

export interface TranslateOptions {
  /**
   * How linear memory is addressed. `zero`: the window is at address 0, a wasm pointer is an address and additions fold into
   * it; page 0 must be unmapped, and nothing mapped from the end of memory up to 6 GiB. `r15`: the window's base is in r15, 8 GiB
   * from there on are its own.
   */
  readonly addressing: 'zero' | 'r15';
  /** By `module.name` of the import. */
  readonly intrinsics?: ReadonlyMap<string, Intrinsic>;
  readonly cpu?: CpuFeatures;
  /** Begin each function with a 5-byte NOP, and put another before each return, so that probes can be patched in. */
  readonly patchable?: boolean;
  /** Floating point is an error (kernels that keep no floating-point state for themselves). */
  readonly forbidFloat?: boolean;
  /** Symbol prefix for everything local to this translation (tables, helpers), when several are linked together. */
  readonly prefix?: string;
}

/** Why translated code stopped: `ud2` is followed by this number as one byte. */
export const trapCodes = {
  unreachable: 0,
  'out of bounds table access': 1,
  'indirect call type mismatch': 2,
  'integer overflow in conversion': 3,
  'unaligned atomic': 4,
  'stack overflow': 5,
  'out of bounds memory operation': 6,
} as const;
export type TrapName = keyof typeof trapCodes;
/** The name of the code byte after a ud2, for panics and cores. */
export const trapName = (code: number): TrapName | undefined =>
  (Object.keys(trapCodes) as TrapName[]).find((name) => trapCodes[name] === code);

/** Bytes with symbolic references, to be placed somewhere by the linker. */
export interface Section {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly alignment: number;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly relocations: readonly Relocation[];
  /** Zero bytes after `bytes`. */
  readonly zeros?: number;
}

export interface SectionSymbol {
  readonly name: string;
  /** Name of the section. */
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly kind: 'function' | 'object';
  /** Local symbols are for traces only: their names need not be unique and cannot be referred to. */
  readonly local?: boolean;
}

/** From this text offset on, code comes from the wasm byte offset `wasm` (of the whole module), or from nowhere if undefined. */
export interface LineEntry {
  readonly offset: number;
  readonly wasm: number | undefined;
}

/** A 5-byte NOP in the text. `function` is the wasm name. */
export interface ProbeSite {
  readonly offset: number;
  readonly function: string;
  readonly kind: 'entry' | 'return';
}

/** An instruction whose fault is a trap of wasm: `ud2` with its code, or a division (#DE). Memory accesses are not listed. */
export interface TrapSite {
  readonly offset: number;
  readonly trap: TrapName | 'integer divide by zero or overflow';
  readonly wasm: number;
}

/** Initial contents of linear memory. */
export interface MemorySegment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface TranslatedModule {
  /** Text, globals and other writable data, constants and jump tables: `.text`, `.data`, `.rodata` behind `prefix`. */
  readonly sections: readonly Section[];
  readonly symbols: readonly SectionSymbol[];
  /** Symbols referred to and not defined here. */
  readonly externs: readonly string[];
  /** Sorted by offset, one entry per change. */
  readonly lines: readonly LineEntry[];
  readonly probes: readonly ProbeSite[];
  readonly traps: readonly TrapSite[];
  readonly memory: {
    readonly initialPages: number;
    readonly maximumPages: number | undefined;
    readonly segments: readonly MemorySegment[];
  };
  /** Exports that are functions, by name: the symbol of the same name is defined. */
  readonly exports: readonly string[];
  /** The start function's symbol, 'wasm_start', if the module has one. */
  readonly start: string | undefined;
}
