// SPDX-License-Identifier: MIT
/**
 * @fileoverview The IR that instruction semantics are written in: typed SSA values and a short list of effects.
 *
 * Values are pure. Types i8 and i16 live in 32-bit wasm values whose upper bits may be dirty; the back ends clean them where it
 * matters. i1 is 0 or 1. Effects happen in the order they are listed; `Builder` puts all commits (registers, flags, jumps)
 * behind everything that can fault, so faults are precise by construction.
 */
import type { OpName, SaturatingName, SimdName } from '../wasm/opcodes.ts';

export type IntType = 'i8' | 'i16' | 'i32' | 'i64';
export type Type = 'i1' | IntType | 'f32' | 'f64' | 'v128';
const BITS: Record<Type, number> = { i1: 1, i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64, v128: 128 };
export const bits = (type: Type): number => BITS[type];
export const intType = (size: number): IntType => `i${size}` as IntType;

export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr'
  | 'sar'
  | 'rotl'
  | 'rotr'
  | 'udiv'
  | 'urem'
  | 'sdiv'
  | 'srem';
export type CompareOp = 'eq' | 'ne' | 'ult' | 'ule' | 'slt' | 'sle';
export type UnaryOp = 'zext' | 'sext' | 'trunc' | 'clz' | 'ctz' | 'popcount' | 'bitcast';
/** Leaves: what they are is the engine's business. `time`: of the platform, in nanoseconds, before this instruction. `result` is the value of an effect (load, call, segment check). */
export type LeafOp = 'const' | 'reg' | 'imm' | 'ea' | 'result' | 'nextRip' | 'target' | 'time';
/** Three operands: select(when, then, otherwise); udivWide(high, low, divisor): the quotient of a 128-bit division that cannot overflow. */
export type Op = LeafOp | BinaryOp | CompareOp | UnaryOp | 'select' | 'udivWide' | 'simd' | 'shuffle' | 'float';

/** A register: a fixed state offset, or one that the micro-op record (region: the decoded instruction) names. */
export type RegRef = { slot: number } | { field: 'dst' | 'src' | 'third'; plus?: number };

export interface Value {
  readonly op: Op;
  readonly type: Type;
  readonly args: readonly Value[];
  /** const: the value, zero-extended (v128: low half; `high` the other); simd: lane immediate. */
  readonly n: bigint;
  readonly high?: bigint;
  readonly reg?: RegRef;
  readonly simd?: SimdName;
  /** float: the WebAssembly instruction. */
  readonly float?: OpName | SaturatingName;
  /** shuffle: 16 byte lanes of the two arguments. */
  readonly lanes?: readonly number[];
  /** ea: whether the record has an index register. */
  readonly indexed?: boolean;
  uses: number;
}

export type Operand =
  | { kind: 'reg'; type: Type; reg: RegRef }
  | { kind: 'imm'; type: Type; value: Value }
  | { kind: 'mem'; type: Type; addr: Value };

/** A helper function that both engines call; see `isa/helper.ts`. */
export interface HelperRef {
  readonly name: string;
  readonly index: number;
}

/** The helper need not be called where `when` is true: its result would be `value`, and it would have no other effect. */
export interface Shortcut {
  when: Value;
  value: Value;
}
export type Effect =
  /** `forWrite`: a store to the same operand follows, so write permission is checked now and the store cannot fault. */
  | { k: 'load'; out: Value; addr: Value; forWrite: boolean }
  | { k: 'store'; addr: Value; value: Value; after?: Value }
  /** Linear address of `offset` in a segment after limit and permission checks of `bytes` bytes; #GP(0) or, for SS, #SS(0). */
  | { k: 'segment'; out: Value; seg: SegmentRef; offset: Value; bytes: number | 'record'; write: boolean }
  | { k: 'fault'; when: Value; vector: number; error: number }
  /** Address must be aligned to `bytes` (a power of two), else #GP(0). */
  | { k: 'align'; addr: Value; bytes: number }
  /** Calls a helper that may fault, with arguments in the scratch slots; it must not touch registers that the instruction commits. */
  | { k: 'call'; helper: HelperRef; args: Value[]; out?: Value; unless?: Shortcut }
  | { k: 'set'; reg: RegRef; value: Value }
  | { k: 'jump'; to: Value; when?: Value }
  /** Stay on this instruction while true: one more iteration of a repeated string instruction. */
  | { k: 'repeat'; again: Value }
  /**
   * Last effect: hands control to a helper that may change anything (mode, address space, RIP). Not where `unless` is true. With `to` only
   * an engine that can change its translation block may leave it out, and goes on at that address.
   */
  | { k: 'control'; helper: HelperRef; args: Value[]; unless?: Value; to?: Value };
/** A segment by number, or the one whose state address is in the record's `dst` field (string sources, address micro-ops). */
export type SegmentRef = number | 'record';

export const FLAGS = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] as const;
export type Flag = (typeof FLAGS)[number];
