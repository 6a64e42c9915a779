// SPDX-License-Identifier: MIT
/**
 * @fileoverview Arithmetic flags as symbolic definitions, and their packed form in state.
 *
 * Inside an instruction, a fused pair or a region, each flag is a `FlagDef`: how it will be computed if anybody asks. In memory
 * they are two words:
 *   FR  the sign-extended result: ZF is FR == 0, SF its sign, PF the parity of its low byte;
 *   FC  the carry vector: bit 63 CF, bit 62 CF xor OF, bit 3 AF, and, for flag images that no result can express (POPF, SAHF),
 *       bit 0 inverts SF and bits 8-15 are xored into the byte whose parity is PF.
 * Any condition is one to five branch-free operations on the two.
 */
import type { Builder } from './builder.ts';
import { SLOT } from './state.ts';
import { bits, FLAGS, type Flag, type Value } from './value.ts';

export type ArithmeticOp = 'add' | 'sub' | 'adc' | 'sbb';
export type FlagDef =
  | { kind: 'arith'; op: ArithmeticOp; a: Value; b: Value; r: Value }
  | { kind: 'result'; r: Value }
  | { kind: 'bool'; v: Value }
  | { kind: 'packed' };
export type FlagDefs = Record<Flag, FlagDef>;
const packed: FlagDef = { kind: 'packed' };
export const PACKED: FlagDefs = { CF: packed, PF: packed, AF: packed, ZF: packed, SF: packed, OF: packed };

/** Carry out of every bit position (sub, sbb: borrow). */
function carries(ir: Builder, d: FlagDef & { kind: 'arith' }): Value {
  const { a, b, r } = d;
  return d.op === 'add' || d.op === 'adc'
    ? ir.or(ir.and(a, b), ir.and(ir.or(a, b), ir.not(r)))
    : ir.or(ir.and(ir.not(a), b), ir.and(ir.or(ir.not(a), b), r));
}

/** One flag as an i1. */
export function flagValue(ir: Builder, d: FlagDef, flag: Flag): Value {
  if (d.kind === 'bool') return d.v;
  if (d.kind === 'packed') return packedFlag(ir, flag);
  const r = d.r;
  switch (flag) {
    case 'ZF':
      return ir.isZero(r);
    case 'SF':
      return ir.isNegative(r);
    case 'PF': {
      const low = ir.zext(ir.trunc(r, 'i8'), 'i32');
      return ir.not(ir.trunc(ir.popcount(low), 'i1'));
    }
  }
  if (d.kind !== 'arith') throw new Error(`${flag} has no result form`);
  const { a, b, op } = d;
  switch (flag) {
    case 'AF':
      return ir.bit(ir.xor(ir.xor(a, b), r), 4);
    case 'OF': {
      const differ = op === 'add' || op === 'adc' ? ir.and(ir.xor(a, r), ir.xor(b, r)) : ir.and(ir.xor(a, b), ir.xor(a, r));
      return ir.isNegative(differ);
    }
    default:
      return op === 'add' ? ir.ult(r, a) : op === 'sub' ? ir.ult(a, b) : ir.isNegative(carries(ir, d));
  }
}

function packedFlag(ir: Builder, flag: Flag): Value {
  const fr = ir.slot(SLOT.FR, 'i64');
  const fc = ir.slot(SLOT.FC, 'i64');
  switch (flag) {
    case 'CF':
      return ir.isNegative(fc);
    case 'OF':
      return ir.isNegative(ir.xor(fc, ir.shl(fc, ir.const(1, 'i64'))));
    case 'AF':
      return ir.bit(fc, 3);
    case 'ZF':
      return ir.isZero(fr);
    case 'SF':
      return ir.xor(ir.isNegative(fr), ir.trunc(fc, 'i1'));
    case 'PF': {
      const low = ir.and(ir.xor(fr, ir.shr(fc, ir.const(8, 'i64'))), ir.const(0xff, 'i64'));
      return ir.not(ir.trunc(ir.popcount(low), 'i1'));
    }
  }
}

/** Condition code 0-15 as in Jcc; odd codes are the negation of the even ones before them. */
export function condition(ir: Builder, d: FlagDefs, cc: number): Value {
  const even = cc & 14;
  const value = fromOperands(ir, d, even) ?? fromFlags(ir, d, even);
  return cc & 1 ? ir.not(value) : value;
}
/** After a comparison the condition is a comparison of its operands. */
function fromOperands(ir: Builder, d: FlagDefs, even: number): Value | undefined {
  const c = d.CF;
  const z = d.ZF;
  if (c.kind === 'arith' && c.op === 'sub' && d.OF === c && z.kind === 'result' && d.SF === z && z.r === c.r) {
    switch (even) {
      case 2:
        return ir.ult(c.a, c.b);
      case 4:
        return ir.eq(c.a, c.b);
      case 6:
        return ir.ule(c.a, c.b);
      case 12:
        return ir.slt(c.a, c.b);
      case 14:
        return ir.sle(c.a, c.b);
    }
  }
  const overflowNever = d.OF.kind === 'bool' && d.OF.v.op === 'const' && d.OF.v.n === 0n;
  if (overflowNever && z.kind === 'result' && d.SF === z) {
    if (even === 12) return ir.isNegative(z.r);
    if (even === 14) return ir.sle(z.r, ir.const(0, z.r.type));
  }
  return undefined;
}
function fromFlags(ir: Builder, d: FlagDefs, even: number): Value {
  const f = (flag: Flag): Value => flagValue(ir, d[flag], flag);
  switch (even) {
    case 0:
      return f('OF');
    case 2:
      return f('CF');
    case 4:
      return f('ZF');
    case 6:
      return ir.or(f('CF'), f('ZF'));
    case 8:
      return f('SF');
    case 10:
      return f('PF');
    case 12:
      return ir.xor(f('SF'), f('OF'));
    default:
      return ir.or(f('ZF'), ir.xor(f('SF'), f('OF')));
  }
}

/** New FR and FC, each undefined when it stays as it is. */
export function pack(ir: Builder, d: FlagDefs): { fr?: Value; fc?: Value } {
  if (FLAGS.every((flag) => d[flag].kind === 'packed')) return {};
  const k = (n: bigint | number): Value => ir.const(n, 'i64');
  const f = (flag: Flag): Value => flagValue(ir, d[flag], flag);
  const at = (v: Value, position: number): Value => ir.shl(ir.zext(v, 'i64'), k(position));
  const c = d.CF;
  const z = d.ZF;
  const resultForm = z.kind === 'result' && d.SF === z && d.PF === z;
  if (resultForm && c.kind === 'arith' && d.OF === c && d.AF === c) {
    const v = carries(ir, c);
    const width = bits(v.type);
    const top = 0xc000000000000000n;
    const fc =
      width === 64
        ? ir.and(v, k(top | 8n))
        : ir.or(ir.and(ir.shl(ir.zext(v, 'i64'), k(64 - width)), k(top)), ir.zext(ir.and(v, ir.const(8, v.type)), 'i64'));
    return { fr: ir.sext(z.r, 'i64'), fc };
  }
  const cf = f('CF');
  const carryBits = ir.or(ir.or(at(cf, 63), at(ir.xor(cf, f('OF')), 62)), at(f('AF'), 3));
  if (resultForm) return { fr: ir.sext(z.r, 'i64'), fc: carryBits };
  if (z.kind === 'packed' && d.SF.kind === 'packed' && d.PF.kind === 'packed') {
    return { fc: ir.or(carryBits, ir.and(ir.slot(SLOT.FC, 'i64'), k(0xff01))) };
  }
  // FR becomes 0 or 1: the parity of 0 is even, of 1 odd, so the delta that makes PF right is PF xor ZF.
  const zf = f('ZF');
  const delta = at(ir.xor(f('PF'), zf), 8);
  return { fr: ir.zext(ir.not(zf), 'i64'), fc: ir.or(ir.or(carryBits, ir.zext(f('SF'), 'i64')), delta) };
}
