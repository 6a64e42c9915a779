// SPDX-License-Identifier: MIT
/**
 * @fileoverview 128 by 64 bit unsigned division as a wasm function, which wasm itself lacks: long division in base 2^32 (Knuth,
 * The Art of Computer Programming, vol. 2, 4.3.1, algorithm D, for two digits). The dividend's high half must be below the
 * divisor. A high half of zero, which is the common case, is a single division.
 */
import { Code, I64, type Module, type WasmFunction } from './module.ts';

const HIGH = 0;
const LOW = 1;
const DIVISOR = 2;
/** Locals: normalising shift, divisor digits, quotient digit and remainder of the current step, first quotient digit. */
const SHIFT = 3;
const D1 = 4;
const D0 = 5;
const Q = 6;
const R = 7;
const Q1 = 8;
const MASK = 0xffffffffn;

export function divideWide(module: Module): WasmFunction {
  const c = new Code();
  c.get(HIGH).op('i64.eqz').if();
  c.get(LOW).get(DIVISOR).op('i64.div_u').op('return').end();
  c.get(DIVISOR).op('i64.clz').set(SHIFT);
  c.get(DIVISOR).get(SHIFT).op('i64.shl').tee(DIVISOR).i64(32n).op('i64.shr_u').set(D1);
  c.get(DIVISOR).i64(MASK).op('i64.and').set(D0);
  // high = high << shift | low >> (64 - shift), where a shift of 0 must bring nothing in.
  c.get(HIGH).get(SHIFT).op('i64.shl');
  c.get(LOW).i64(1n).op('i64.shr_u').i64(63n).get(SHIFT).op('i64.sub').op('i64.shr_u').op('i64.or').set(HIGH);
  c.get(LOW).get(SHIFT).op('i64.shl').set(LOW);
  digit(c, () => c.get(LOW).i64(32n).op('i64.shr_u'));
  c.get(Q).set(Q1);
  // high = high * 2^32 + next digit - q * divisor
  c.get(HIGH)
    .i64(32n)
    .op('i64.shl')
    .get(LOW)
    .i64(32n)
    .op('i64.shr_u')
    .op('i64.add')
    .get(Q)
    .get(DIVISOR)
    .op('i64.mul')
    .op('i64.sub')
    .set(HIGH);
  digit(c, () => c.get(LOW).i64(MASK).op('i64.and'));
  c.get(Q1).i64(32n).op('i64.shl').get(Q).op('i64.add');
  return { type: module.type([I64, I64, I64], [I64]), locals: [I64, I64, I64, I64, I64, I64], code: c };
}

/** Q = one quotient digit of HIGH : next digit; the estimate is too large by at most two. */
function digit(c: Code, next: () => void): void {
  c.get(HIGH).get(D1).op('i64.div_u').tee(Q).get(D1).op('i64.mul').set(R);
  c.get(HIGH).get(R).op('i64.sub').set(R);
  for (let i = 0; i < 2; i++) {
    // While q does not fit a digit or q * d0 > r * 2^32 + next, and r itself fits a digit: q--, r += d1.
    c.get(R).i64(MASK).op('i64.le_u');
    c.get(Q).i64(MASK).op('i64.gt_u');
    c.get(Q).get(D0).op('i64.mul').get(R).i64(32n).op('i64.shl');
    next();
    c.op('i64.or').op('i64.gt_u').op('i32.or').op('i32.and').if();
    c.get(Q).i64(1n).op('i64.sub').set(Q).get(R).get(D1).op('i64.add').set(R).end();
  }
}
