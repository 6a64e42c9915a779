// SPDX-License-Identifier: MIT
/**
 * @fileoverview Algebra on integer operations while the graph is built: constants folded, identities removed, constant terms
 * gathered, divisions by constants expanded.
 *
 * binaryen has done most of it before in optimised builds; what matters here is what it cannot express (multiplication by
 * reciprocals) and what makes address folding see `base + constant`. Floating point is left alone.
 */
import type { ValueType } from '../wasm/module.ts';
import { divideByConstant } from './division.ts';
import { isConstant, type Value } from './ssa.ts';

/** What simplification may make: new values at the current place. */
export interface ValueMaker {
  emit(op: string, type: ValueType | undefined, args: Value[]): Value;
  constant(type: ValueType, value: bigint): Value;
}

type Fold = (a: bigint, b: bigint, bits: number) => bigint;
const unsigned = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
const truth = (condition: boolean): bigint => (condition ? 1n : 0n);

/** Operands are sign-extended; results are wrapped by their user. Divisions are absent: they may trap. */
const folds: Readonly<Record<string, Fold>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << (b & BigInt(bits - 1)),
  shr_s: (a, b, bits) => a >> (b & BigInt(bits - 1)),
  shr_u: (a, b, bits) => unsigned(a, bits) >> (b & BigInt(bits - 1)),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  lt_s: (a, b) => truth(a < b),
  gt_s: (a, b) => truth(a > b),
  le_s: (a, b) => truth(a <= b),
  ge_s: (a, b) => truth(a >= b),
  lt_u: (a, b, bits) => truth(unsigned(a, bits) < unsigned(b, bits)),
  gt_u: (a, b, bits) => truth(unsigned(a, bits) > unsigned(b, bits)),
  le_u: (a, b, bits) => truth(unsigned(a, bits) <= unsigned(b, bits)),
  ge_u: (a, b, bits) => truth(unsigned(a, bits) >= unsigned(b, bits)),
};
const COMPARISON = /^(eq|ne|[lg][te]_[su])$/;
const COMMUTATIVE = new Set(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne']);
/** Operations with `x op 0 == x`. */
const ZERO_IS_NEUTRAL = new Set(['add', 'sub', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr']);

type ConstantMaker = (type: ValueType, value: bigint) => Value;

/** The value of an operation on constants, if it is one that can be computed here. */
export function foldConstants(constant: ConstantMaker, op: string, args: readonly Value[]): Value | undefined {
  if (args.length === 0 || !args.every(isConstant)) return undefined;
  const [a, b] = args.map((arg) => arg.constant);
  if (op === 'i64.extend_i32_u') return constant('i64', BigInt.asUintN(32, a));
  if (op === 'i64.extend_i32_s') return constant('i64', a);
  if (op === 'i32.wrap_i64') return constant('i32', a);
  const type = op.startsWith('i32.') ? 'i32' : op.startsWith('i64.') ? 'i64' : undefined;
  if (!type) return undefined;
  const name = op.slice(4);
  if (name === 'eqz') return constant('i32', truth(a === 0n));
  const fold = folds[name];
  return fold && constant(COMPARISON.test(name) ? 'i32' : type, fold(a, b, type === 'i32' ? 32 : 64));
}

/** A simpler value equal to `op(args)`, or undefined. May reorder `args` of commutative operations: constants come last. */
export function simplify(make: ValueMaker, op: string, args: Value[]): Value | undefined {
  const folded = foldConstants((type, value) => make.constant(type, value), op, args);
  if (folded) return folded;
  if (op === 'i32.wrap_i64') return args[0].op.startsWith('i64.extend_i32') ? args[0].args[0] : undefined;
  if (op === 'select') {
    if (args[1] === args[2]) return args[1];
    return isConstant(args[0]) ? args[args[0].constant !== 0n ? 1 : 2] : undefined;
  }
  const type = op.startsWith('i32.') ? 'i32' : op.startsWith('i64.') ? 'i64' : undefined;
  if (!type) return undefined;
  return integer(make, type, op.slice(4), args);
}

function integer(make: ValueMaker, type: 'i32' | 'i64', name: string, args: Value[]): Value | undefined {
  if (args.length !== 2) return undefined;
  if (COMMUTATIVE.has(name) && isConstant(args[0])) args.reverse();
  const [a, b] = args;
  if (!isConstant(b)) return undefined;
  const c = b.constant;
  if (c === 0n && ZERO_IS_NEUTRAL.has(name)) return a;
  if (name === 'sub') return make.emit(`${type}.add`, type, [a, make.constant(type, -c)]);
  if (name === 'add' && a.op === `${type}.add` && isConstant(a.args[1])) {
    return make.emit(`${type}.add`, type, [a.args[0], make.constant(type, a.args[1].constant + c)]);
  }
  if (name === 'mul') return multiply(make, type, a, c);
  if (name === 'and' && c === -1n) return a;
  if (name === 'and' && c === 0n) return b;
  if (/^(div|rem)_[su]$/.test(name)) return divideByConstant(make, type, name, a, c);
  return undefined;
}

function multiply(make: ValueMaker, type: 'i32' | 'i64', a: Value, c: bigint): Value | undefined {
  if (c === 0n) return make.constant(type, 0n);
  if (c === 1n) return a;
  if (c > 0n && (c & (c - 1n)) === 0n) {
    return make.emit(`${type}.shl`, type, [a, make.constant(type, BigInt(c.toString(2).length - 1))]);
  }
  return undefined;
}
