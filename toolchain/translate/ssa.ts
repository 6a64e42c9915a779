// SPDX-License-Identifier: MIT
/**
 * @fileoverview The translator's intermediate form: a control-flow graph of basic blocks over values in SSA form.
 *
 * A value is one computation: a wasm operation (by its wasm name), a parameter, a constant, or a phi. wasm's locals and operand
 * stack are gone; what remains of structured control is the order of the blocks, which is a topological order but for the
 * back edges of loops: every value's definition comes before its uses, phi arguments along back edges excepted.
 *
 * Invariants: a phi has one argument per predecessor, in the order of `predecessors`; constants belong to no block; operations with
 * effects and operations that may trap stay in the order of the program, pure ones are placed anywhere their arguments allow.
 *
 * Besides wasm's operations there are: `phi`, `parameter`, `constant`; `i64.mulhi_s` and `i64.mulhi_u`, the high half of a
 * product (division by constants needs them).
 */
import type { ValueType } from '../wasm/module.ts';

export interface Value {
  readonly id: number;
  op: string;
  readonly type: ValueType | undefined;
  args: Value[];
  /** Undefined for constants. */
  block: Block | undefined;
  /** wasm byte offset of the instruction it came from. */
  readonly pc: number;
  /** Constants: the value, integers sign-extended, floats as bit pattern. */
  readonly constant: bigint;
  /** Index of a parameter, function, global, type or data segment; static offset of a memory access. */
  readonly immediate: number;
  /** How many arguments and terminators refer to it; kept by `countUses`. */
  uses: number;
  /** Virtual register, once selection asked for one. */
  register: number;
  /** Counts effects before it in its block; equal numbers mean nothing that matters to a load lies between. */
  epoch: number;
}

export type Terminator =
  | { readonly kind: 'jump'; target: Block }
  | { readonly kind: 'branch'; condition: Value; ifTrue: Block; ifFalse: Block; readonly pc: number }
  | { readonly kind: 'switch'; index: Value; targets: Block[]; readonly pc: number }
  | { readonly kind: 'return'; value: Value | undefined; readonly pc: number }
  | { readonly kind: 'none' };

export interface Block {
  readonly id: number;
  phis: Value[];
  body: Value[];
  predecessors: Block[];
  terminator: Terminator;
  /** Estimated executions per call of the function. */
  frequency: number;
  readonly isLoopHeader: boolean;
}

export interface Graph {
  /** In program order; the first is the entry. */
  blocks: Block[];
  readonly parameters: Value[];
  values: number;
}

/** Operations that neither have effects nor may trap can be dropped when unused and placed later. */
const PURE =
  /^(phi|parameter|constant|select|[if](32|64)\.(const|eqz?|ne|[lg][te](_[su])?|clz|ctz|popcnt|add|sub|mul|mulhi_[su]|and|or|xor|shl|shr_[su]|rot[lr]|abs|neg|ceil|floor|trunc|nearest|sqrt|div|min|max|copysign|wrap_i64|extend\w*|convert\w*|demote_f64|promote_f32|reinterpret\w*|trunc_sat\w*))$/;
/** Operations that read memory, and may trap, but change nothing. */
const READS = /^(global\.get|memory\.size|[if](32|64)\.load\w*)$/;
/** Operations that may trap and touch nothing else. */
const TRAPPING = /^i(32|64)\.(div_[su]|rem_[su]|trunc_f\w*)$/;

export type Effect = 'pure' | 'read' | 'trap' | 'write';
const effects = new Map<string, Effect>();
/** What an operation may do besides computing its result; anything unknown counts as a write. */
export function effectOf(op: string): Effect {
  let effect = effects.get(op);
  if (effect === undefined) {
    effect = PURE.test(op) ? 'pure' : READS.test(op) ? 'read' : TRAPPING.test(op) ? 'trap' : 'write';
    effects.set(op, effect);
  }
  return effect;
}

export function successors(block: Block): Block[] {
  const t = block.terminator;
  if (t.kind === 'jump') return [t.target];
  if (t.kind === 'branch') return [t.ifTrue, t.ifFalse];
  return t.kind === 'switch' ? t.targets : [];
}

/** The value a terminator reads. */
export function terminatorOperand(t: Terminator): Value | undefined {
  if (t.kind === 'branch') return t.condition;
  if (t.kind === 'switch') return t.index;
  return t.kind === 'return' ? t.value : undefined;
}

export const isConstant = (v: Value): boolean => v.op === 'constant';
