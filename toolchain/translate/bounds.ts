// SPDX-License-Identifier: MIT
/** @fileoverview What is known of the size of an i32, so that an address may be taken apart where its sum cannot wrap. */
import { isConstant, type Value } from './ssa.ts';

const MAXIMUM = 0xffff_ffff;
const DEPTH = 5;

/** An upper bound of `v` read as an unsigned number; looks at a few operations only. */
export function upperBound(v: Value, depth = DEPTH): number {
  if (isConstant(v)) return Number(BigInt.asUintN(32, v.constant));
  if (depth === 0) return MAXIMUM;
  const bound = (i: number) => upperBound(v.args[i], depth - 1);
  const count = v.args[1] && isConstant(v.args[1]) ? Number(v.args[1].constant & 31n) : undefined;
  switch (v.op) {
    case 'i32.load8_u':
      return 0xff;
    case 'i32.load16_u':
      return 0xffff;
    case 'i32.and':
      return Math.min(bound(0), bound(1));
    case 'i32.add':
      return limited(bound(0) + bound(1));
    case 'i32.shl':
      return count === undefined ? MAXIMUM : limited(bound(0) * 2 ** count);
    case 'i32.shr_u':
      return count === undefined ? MAXIMUM : Math.floor(bound(0) / 2 ** count);
    case 'select':
      return Math.max(bound(1), bound(2));
    default:
      return /^\w+\.(eqz|eq|ne|[lg][te](_[su])?)$/.test(v.op) ? 1 : MAXIMUM;
  }
}

/** Beyond 32 bits a result wraps, and may be anything. */
const limited = (bound: number): number => (bound > MAXIMUM ? MAXIMUM : bound);

/** Whether `a + b`, for unsigned a and constant b, stays below 2^32. */
export const cannotWrap = (a: Value, b: bigint): boolean => b >= 0n && upperBound(a) + Number(b) <= MAXIMUM;
