// SPDX-License-Identifier: MIT
/** @fileoverview Multiplication and division (APM vol. 3). */
import type { Builder } from '../../ir/builder.ts';
import type { FlagDefs } from '../../ir/flags.ts';
import type { Value } from '../../ir/value.ts';
import { instruction } from '../record.ts';

const RAX = 0;
const RDX = 2;

/** High half of a 64 x 64 bit product from 32-bit pieces; wasm has no wide multiply. */
export function highMultiply(ir: Builder, a: Value, b: Value, signed: boolean): Value {
  const k32 = ir.const(32, 'i64');
  const mask = ir.const(0xffffffff, 'i64');
  const a0 = ir.and(a, mask);
  const a1 = ir.shr(a, k32);
  const b0 = ir.and(b, mask);
  const b1 = ir.shr(b, k32);
  const t = ir.add(ir.mul(a1, b0), ir.shr(ir.mul(a0, b0), k32));
  const u = ir.add(ir.mul(a0, b1), ir.and(t, mask));
  const high = ir.add(ir.add(ir.mul(a1, b1), ir.shr(t, k32)), ir.shr(u, k32));
  if (!signed) return high;
  const k63 = ir.const(63, 'i64');
  return ir.sub(ir.sub(high, ir.and(ir.sar(a, k63), b)), ir.and(ir.sar(b, k63), a));
}
const productUndefined = { SF: 'asComputed', ZF: 'asComputed', PF: 'asComputed', AF: 'cleared' } as const;
const overflowFlags = (ir: Builder, r: Value, overflow: Value): FlagDefs => ({
  ...ir.clearedFlags,
  ...ir.resultFlags(r),
  CF: ir.bool(overflow),
  OF: ir.bool(overflow),
});

/** Full product as (low, high) of the operand size. */
function product(ir: Builder, a: Value, b: Value, signed: boolean): { low: Value; high: Value } {
  if (ir.size === 64) return { low: ir.mul(a, b), high: highMultiply(ir, a, b, signed) };
  const widen = (v: Value): Value => (signed ? ir.sext(v, 'i64') : ir.zext(v, 'i64'));
  const wide = ir.mul(widen(a), widen(b));
  return { low: ir.trunc(wide, ir.type), high: ir.trunc(ir.shr(wide, ir.const(ir.size, 'i64')), ir.type) };
}
const widening = (mnemonic: string, digit: number, signed: boolean) =>
  instruction({
    mnemonic,
    encodings: { [`F6 /${digit}`]: 'Eb', [`F7 /${digit}`]: 'Ev' },
    undefinedFlags: productUndefined,
    exec(ir, src) {
      const { low, high } = product(ir, ir.gpr(RAX), ir.read(src), signed);
      if (ir.size === 8) ir.setGpr(RAX, ir.or(ir.zext(low, 'i16'), ir.shl(ir.zext(high, 'i16'), ir.const(8, 'i16'))));
      else {
        ir.setGpr(RAX, low);
        ir.setGpr(RDX, high);
      }
      const fits = signed ? signOf(ir, low) : ir.const(0);
      ir.setFlags(overflowFlags(ir, low, ir.ne(high, fits)));
    },
  });
/** All ones or zeros. */
function signOf(ir: Builder, v: Value): Value {
  return ir.select(ir.isNegative(v), ir.const(-1), ir.const(0));
}
widening('mul', 4, false);
widening('imul', 5, true);

function signedProduct(ir: Builder, a: Value, b: Value): { r: Value; overflow: Value } {
  const { low, high } = product(ir, a, b, true);
  return { r: low, overflow: ir.ne(high, signOf(ir, low)) };
}
instruction({
  mnemonic: 'imul',
  encodings: { '0F AF /r': 'Gv,Ev' },
  undefinedFlags: productUndefined,
  exec(ir, dst, src) {
    const { r, overflow } = signedProduct(ir, ir.read(dst), ir.read(src));
    ir.write(dst, r);
    ir.setFlags(overflowFlags(ir, r, overflow));
  },
});
instruction({
  mnemonic: 'imul',
  encodings: { '69 /r iz': 'Gv,Ev,Iz', '6B /r ib': 'Gv,Ev,sIb' },
  undefinedFlags: productUndefined,
  exec(ir, dst, src, by) {
    const { r, overflow } = signedProduct(ir, ir.read(src), ir.read(by));
    ir.write(dst, r);
    ir.setFlags(overflowFlags(ir, r, overflow));
  },
});

const divisionUndefined = { CF: 'kept', OF: 'kept', SF: 'kept', ZF: 'kept', AF: 'kept', PF: 'kept' } as const;
const DE = 0;
function setQuotient(ir: Builder, quotient: Value, rest: Value): void {
  if (ir.size === 8) ir.setGpr(RAX, ir.or(ir.zext(quotient, 'i16'), ir.shl(ir.zext(rest, 'i16'), ir.const(8, 'i16'))));
  else {
    ir.setGpr(RAX, quotient);
    ir.setGpr(RDX, rest);
  }
}
/** Dividend below 64 bits wide, zero-extended to i64. */
function narrowDividend(ir: Builder): Value {
  if (ir.size === 8) return ir.zext(ir.gpr(RAX, 'i16'), 'i64');
  return ir.or(ir.shl(ir.zext(ir.gpr(RDX), 'i64'), ir.const(ir.size, 'i64')), ir.zext(ir.gpr(RAX), 'i64'));
}
/** #DE on zero or quotient overflow, before any write. */
instruction({
  mnemonic: 'div',
  encodings: { 'F6 /6': 'Eb', 'F7 /6': 'Ev' },
  undefinedFlags: divisionUndefined,
  exec(ir, src) {
    const d = ir.zext(ir.read(src), 'i64');
    if (ir.size === 64) {
      const high = ir.gpr(RDX);
      const low = ir.gpr(RAX);
      ir.fault(DE, ir.ule(d, high));
      const quotient = ir.divideWide(high, low, d);
      setQuotient(ir, quotient, ir.sub(low, ir.mul(quotient, d)));
      return;
    }
    const n = narrowDividend(ir);
    ir.fault(DE, ir.ule(d, ir.shr(n, ir.const(ir.size, 'i64'))));
    const quotient = ir.divide('udiv', n, d);
    setQuotient(ir, ir.trunc(quotient, ir.type), ir.trunc(ir.sub(n, ir.mul(quotient, d)), ir.type));
  },
});
/** Signed division by magnitudes: the remainder has the dividend's sign. */
instruction({
  mnemonic: 'idiv',
  encodings: { 'F6 /7': 'Eb', 'F7 /7': 'Ev' },
  undefinedFlags: divisionUndefined,
  exec(ir, src) {
    const k = (n: number): Value => ir.const(n, 'i64');
    const divisor = ir.sext(ir.read(src), 'i64');
    const negate = (v: Value, when: Value): Value => ir.select(when, ir.neg(v), v);
    const magnitude = negate(divisor, ir.isNegative(divisor));
    let low: Value;
    let high: Value;
    let negative: Value;
    if (ir.size === 64) {
      const l = ir.gpr(RAX);
      const h = ir.gpr(RDX);
      negative = ir.isNegative(h);
      low = negate(l, negative);
      // -(h:l) has high half ~h, plus one when the low half is zero.
      high = ir.select(negative, ir.add(ir.not(h), ir.zext(ir.isZero(l), 'i64')), h);
    } else {
      const raw = narrowDividend(ir);
      const signed =
        ir.size === 8 ? ir.sext(ir.trunc(raw, 'i16'), 'i64') : ir.size === 16 ? ir.sext(ir.trunc(raw, 'i32'), 'i64') : raw;
      negative = ir.isNegative(signed);
      low = negate(signed, negative);
      high = ir.shr(low, k(ir.size));
    }
    ir.fault(DE, ir.ule(magnitude, high));
    const q = ir.size === 64 ? ir.divideWide(high, low, magnitude) : ir.divide('udiv', low, magnitude);
    const minus = ir.xor(negative, ir.isNegative(divisor));
    // The magnitude may reach 2^(size - 1) only for a negative quotient.
    const limit = ir.add(ir.const(1n << BigInt(ir.size - 1), 'i64'), ir.zext(minus, 'i64'));
    ir.fault(DE, ir.ule(limit, q));
    const rest = ir.sub(low, ir.mul(q, magnitude));
    setQuotient(ir, ir.trunc(negate(q, minus), ir.type), ir.trunc(negate(rest, negative), ir.type));
  },
});
