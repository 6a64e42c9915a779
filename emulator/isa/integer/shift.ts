// SPDX-License-Identifier: MIT
/**
 * @fileoverview Shifts and rotates (APM vol. 3). Counts are masked to 5 bits, 6 for 64-bit operands; a masked count of zero
 * changes no flag. OF is defined for a count of 1 and computed alike for all.
 */
import type { Builder } from '../../ir/builder.ts';
import type { FlagDefs } from '../../ir/flags.ts';
import { bits, type IntType, type Operand, type Value } from '../../ir/value.ts';
import { instruction } from '../record.ts';

const encodings = (digit: number): Record<string, string> => ({
  [`C0 /${digit} ib`]: 'Eb,Ib',
  [`C1 /${digit} ib`]: 'Ev,Ib',
  [`D0 /${digit}`]: 'Eb,1',
  [`D1 /${digit}`]: 'Ev,1',
  [`D2 /${digit}`]: 'Eb,CL',
  [`D3 /${digit}`]: 'Ev,CL',
});
const maskedCount = (ir: Builder, src: Operand): Value =>
  ir.and(ir.trunc(ir.read(src), 'i8'), ir.const(ir.size === 64 ? 63 : 31, 'i8'));
/** The type that shifts are done in: counts may exceed an 8- or 16-bit operand. */
const workType = (ir: Builder): IntType => (ir.size === 64 ? 'i64' : 'i32');
/** True if flags change; undefined where that is certain. */
const unlessZero = (ir: Builder, count: Value): Value | undefined =>
  count.op === 'const' ? undefined : ir.ne(count, ir.const(0, 'i8'));
const isConstantZero = (count: Value): boolean => count.op === 'const' && count.n === 0n;

const shift = (mnemonic: string, digit: number, op: 'shl' | 'shr' | 'sar') =>
  instruction({
    mnemonic,
    encodings: { ...encodings(digit), ...(digit === 4 ? encodings(6) : {}) },
    undefinedFlags: { AF: 'cleared', OF: 'asComputed' },
    exec(ir, dst, src) {
      const count = maskedCount(ir, src);
      const work = workType(ir);
      const c = ir.zext(count, work);
      const narrow = ir.read(dst);
      const a = op === 'sar' ? ir.sext(narrow, work) : ir.zext(narrow, work);
      const { type } = ir;
      const r = ir.trunc(ir[op](a, c), type);
      ir.write(dst, r);
      if (isConstantZero(count)) return;
      const flags = (later: Builder, x: Value, n: Value): FlagDefs =>
        shiftFlags(later, op, x, n, later.trunc(later[op](x, n), type), later.trunc(x, type));
      const late = { key: `${op} ${type}`, a, b: c, c, flags };
      ir.setFlags(shiftFlags(ir, op, a, c, r, narrow), unlessZero(ir, count), late);
    },
  });
/** Flags of `a` shifted by `c`, both widened; `narrow` is what is shifted, `r` the result. */
function shiftFlags(ir: Builder, op: 'shl' | 'shr' | 'sar', a: Value, c: Value, r: Value, narrow: Value): FlagDefs {
  // The bit shifted out last: bit (size - count) going left, bit (count - 1) going right.
  const last = ir.sub(c, ir.const(1, c.type));
  const CF = op === 'shl' ? ir.bit(ir.shl(a, last), bits(r.type) - 1) : ir.trunc(ir[op](a, last), 'i1');
  const OF = op === 'shl' ? ir.xor(ir.isNegative(r), CF) : op === 'shr' ? ir.isNegative(narrow) : ir.const(0, 'i1');
  return { ...ir.resultFlags(r), CF: ir.bool(CF), OF: ir.bool(OF), AF: ir.bool(0) };
}
shift('shl', 4, 'shl');
shift('shr', 5, 'shr');
shift('sar', 7, 'sar');

const rotate = (mnemonic: string, digit: number, left: boolean) =>
  instruction({
    mnemonic,
    encodings: encodings(digit),
    undefinedFlags: { OF: 'asComputed' },
    exec(ir, dst, src) {
      const count = maskedCount(ir, src);
      const a = ir.read(dst);
      const r = ir.size >= 32 ? ir[left ? 'rotl' : 'rotr'](a, ir.zext(count, ir.type)) : rotateNarrow(ir, a, count, left);
      ir.write(dst, r);
      if (isConstantZero(count)) return;
      const top = ir.isNegative(r);
      const CF = left ? ir.trunc(r, 'i1') : top;
      const OF = ir.xor(top, left ? CF : ir.bit(r, ir.size - 2));
      ir.setFlags({ CF: ir.bool(CF), OF: ir.bool(OF) }, unlessZero(ir, count));
    },
  });
function rotateNarrow(ir: Builder, a: Value, count: Value, left: boolean): Value {
  const wide = ir.zext(a, 'i32');
  const c = ir.and(ir.zext(count, 'i32'), ir.const(ir.size - 1, 'i32'));
  const rest = ir.and(ir.sub(ir.const(ir.size, 'i32'), c), ir.const(31, 'i32'));
  return ir.trunc(left ? ir.or(ir.shl(wide, c), ir.shr(wide, rest)) : ir.or(ir.shr(wide, c), ir.shl(wide, rest)), ir.type);
}
rotate('rol', 0, true);
rotate('ror', 1, false);

/** RCL and RCR rotate through CF: size + 1 bits. 64-bit operands make 65, so the outermost shift is split. */
const rotateThroughCarry = (mnemonic: string, digit: number, left: boolean) =>
  instruction({
    mnemonic,
    encodings: encodings(digit),
    undefinedFlags: { OF: 'asComputed' },
    exec(ir, dst, src) {
      const k = (n: number): Value => ir.const(n, 'i64');
      const w = ir.size;
      const masked = maskedCount(ir, src);
      const a = ir.read(dst);
      const carry = ir.zext(ir.flag('CF'), 'i64');
      const n = w < 32 ? ir.divide('urem', ir.zext(masked, 'i32'), ir.const(w + 1, 'i32')) : ir.zext(masked, 'i32');
      const c = ir.zext(n, 'i64');
      const x = ir.zext(a, 'i64');
      const none = ir.isZero(c);
      const inner = ir.sub(c, k(1));
      // left:  x << c | carry << (c - 1) | x >> (w + 1 - c);  right: x >> c | carry << (w - c) | x << (w + 1 - c).
      const outer = left ? ir.shr(ir.shr(x, k(1)), ir.sub(k(w), c)) : ir.shl(ir.shl(x, k(1)), ir.sub(k(w), c));
      const near = left ? ir.shl(x, c) : ir.shr(x, c);
      const bit = left ? ir.shl(carry, inner) : ir.shl(carry, ir.sub(k(w), c));
      const rotated = ir.select(none, x, ir.or(ir.or(near, bit), outer));
      const out = left ? ir.shr(x, ir.sub(k(w), c)) : ir.shr(x, inner);
      const CF = ir.trunc(ir.select(none, carry, out), 'i1');
      const r = ir.trunc(rotated, ir.type);
      ir.write(dst, r);
      if (isConstantZero(masked)) return;
      const OF = left ? ir.xor(CF, ir.isNegative(r)) : ir.xor(ir.isNegative(r), ir.bit(r, w - 2));
      ir.setFlags({ CF: ir.bool(CF), OF: ir.bool(OF) }, unlessZero(ir, masked));
    },
  });
rotateThroughCarry('rcl', 2, true);
rotateThroughCarry('rcr', 3, false);

/**
 * SHLD and SHRD. With 16-bit operands counts above 16 are undefined; here as on Intel processors the destination follows the source
 * in a 48-bit rotation.
 */
const doubleShift = (mnemonic: string, immediate: string, byCl: string, left: boolean) =>
  instruction({
    mnemonic,
    encodings: { [`0F ${immediate} /r ib`]: 'Ev,Gv,Ib', [`0F ${byCl} /r`]: 'Ev,Gv,CL' },
    undefinedFlags: { AF: 'cleared', OF: 'asComputed' },
    exec(ir, dst, src, by) {
      const count = maskedCount(ir, by);
      const a = ir.read(dst);
      const b = ir.read(src);
      const c = ir.zext(count, 'i64');
      const k = (n: number): Value => ir.const(n, 'i64');
      let r: Value;
      let CF: Value;
      if (ir.size === 64) {
        const rest = ir.sub(k(63), c);
        r = left ? ir.or(ir.shl(a, c), ir.shr(ir.shr(b, k(1)), rest)) : ir.or(ir.shr(a, c), ir.shl(ir.shl(b, k(1)), rest));
        CF = left ? ir.trunc(ir.shr(a, ir.sub(k(64), c)), 'i1') : ir.trunc(ir.shr(a, ir.sub(c, k(1))), 'i1');
      } else {
        const w = ir.size;
        const x = ir.zext(a, 'i64');
        const y = ir.zext(b, 'i64');
        // Left: x:y:x shifted left within 3w bits, the top w are the result; right: the mirror image. 32 bits never need the third part.
        const parts = w === 32 ? 2 : 3;
        const line = left
          ? parts === 3
            ? ir.or(ir.or(ir.shl(x, k(2 * w)), ir.shl(y, k(w))), x)
            : ir.or(ir.shl(x, k(w)), y)
          : parts === 3
            ? ir.or(ir.or(ir.shl(x, k(2 * w)), ir.shl(y, k(w))), x)
            : ir.or(ir.shl(y, k(w)), x);
        const top = (parts - 1) * w;
        r = ir.trunc(left ? ir.shr(ir.shl(line, c), k(top)) : ir.shr(line, c), ir.type);
        CF = left ? ir.trunc(ir.shr(line, ir.sub(k(parts * w), c)), 'i1') : ir.trunc(ir.shr(line, ir.sub(c, k(1))), 'i1');
      }
      ir.write(dst, r);
      if (isConstantZero(count)) return;
      const OF = ir.xor(ir.isNegative(r), ir.isNegative(a));
      ir.setFlags({ ...ir.resultFlags(r), CF: ir.bool(CF), OF: ir.bool(OF), AF: ir.bool(0) }, unlessZero(ir, count));
    },
  });
doubleShift('shld', 'A4', 'A5', true);
doubleShift('shrd', 'AC', 'AD', false);
