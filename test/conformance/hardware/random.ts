// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pseudo-random processor states: everything a case starts with follows from a 32-bit seed. Recorded vectors hold
 * only the seed, so what this file makes of a seed must never change without recording them again.
 */
import { DATA, WINDOW, WINDOW_END } from './programState.ts';

/** xoshiro128** (Blackman, Vigna), seeded by splitmix32. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  constructor(seed: number) {
    let s = seed | 0;
    const split = (): number => {
      s = (s + 0x9e3779b9) | 0;
      let t = s ^ (s >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.a = split();
    this.b = split();
    this.c = split();
    this.d = split() | 1;
  }
  u32(): number {
    const x = Math.imul(this.b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor((this.u32() / 0x100000000) * n);
  }
  /** True once in `n`. */
  one(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

export const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 0xfn, 0x10n, 0x1fn, 0x20n, 0x3fn, 0x40n, 0x41n, 0x7fn, 0x80n, 0x81n, 0xffn, 0x100n],
  ...[0x7fffn, 0x8000n, 0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0xffffffff80000000n],
  ...[0x7fffffffffffffffn, 0x8000000000000000n, 0x8000000000000001n, 0xfffffffffffffffen, 0xffffffffffffffffn],
  ...[0x0102040810204080n, 0x8080808080808080n, 0x7f7f7f7f7f7f7f7fn, 0x5555555555555555n, 0xaaaaaaaaaaaaaaaan],
];
export function integer(r: Random): bigint {
  switch (r.below(6)) {
    case 0:
    case 1:
      return r.pick(EDGES);
    case 2:
      return BigInt(r.below(256));
    case 3:
      return BigInt(r.u32());
    default:
      return r.u64();
  }
}

/** Bit patterns of every class: zeros, ones, denormals, smallest and largest normals, infinities, quiet and signalling NaNs, halves, limits of integers. */
export const F32: readonly number[] = [
  ...[0, 0x3f800000, 0x40000000, 0x3f000000, 0x3fc00000, 0x40200000, 1, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7fc00000],
  ...[
    0x7f800001, 0x7fbfffff, 0x7fffffff, 0x4f000000, 0x4effffff, 0x4f800000, 0x5f000000, 0x34000000, 0x00400000, 0x3f7fffff,
    0x3fb504f3,
  ],
];
export const F64: readonly bigint[] = [
  ...[0n, 0x3ff0000000000000n, 0x4000000000000000n, 0x3fe0000000000000n, 0x3ff8000000000000n, 0x4004000000000000n, 1n],
  ...[0xfffffffffffffn, 0x10000000000000n, 0x7fefffffffffffffn, 0x7ff0000000000000n, 0x7ff8000000000000n, 0x7ff0000000000001n],
  ...[
    0x7ff7ffffffffffffn,
    0x7fffffffffffffffn,
    0x41e0000000000000n,
    0x41dfffffffc00000n,
    0x43e0000000000000n,
    0x43dfffffffffffffn,
  ],
  ...[
    0x36a0000000000000n,
    0x380fffffc0000000n,
    0x47efffffe0000000n,
    0x47f0000000000000n,
    0x3ca0000000000000n,
    0x3ff6a09e667f3bcdn,
  ],
];
export const F80: readonly (readonly [number, bigint])[] = [
  ...([
    [0, 0n],
    [0, 1n],
    [0, 1n << 63n],
    [1, 1n << 63n],
    [0x3fff, 1n << 63n],
    [0x3fff, 3n << 62n],
    [0x4001, 5n << 61n],
  ] as const),
  ...([
    [0x401d, 0xfffffffe00000000n],
    [0x403d, 0xffffffffffffffffn],
    [0x7ffe, 0xffffffffffffffffn],
    [0x7fff, 1n << 63n],
  ] as const),
  ...([
    [0x7fff, 3n << 62n],
    [0x7fff, (1n << 63n) | 1n],
    [0x7fff, 0n],
    [0x3fff, 1n],
    [0x3ffe, 1n << 63n],
    [0x4000, 1n << 63n],
  ] as const),
  ...([
    [0x3ffe, 0xffffffffffffffffn],
    [0x4000, 0xc90fdaa22168c235n],
    [0x403e, 1n << 63n],
    [0x3fc0, 1n << 63n],
  ] as const),
];
export function f32(r: Random): number {
  if (r.one(3)) return (r.pick(F32) | (r.below(2) << 31)) >>> 0;
  // Near 1 and anywhere.
  return r.one(2) ? r.u32() : ((r.u32() & 0x807fffff) | ((0x7f - 12 + r.below(24)) << 23)) >>> 0;
}
export function f64(r: Random): bigint {
  if (r.one(3)) return r.pick(F64) | (BigInt(r.below(2)) << 63n);
  return r.one(2) ? r.u64() : (r.u64() & 0x800fffffffffffffn) | (BigInt(0x3ff - 24 + r.below(48)) << 52n);
}
export function f80(r: Random): [number, bigint] {
  const sign = r.below(2) << 15;
  if (r.one(2)) {
    const [se, significand] = r.pick(F80);
    return [se | sign, significand];
  }
  if (r.one(8)) return [r.below(0x10000), r.u64()];
  return [(0x3fff + r.below(40) - 20) | sign, r.u64() | (1n << 63n)];
}
/** 16 bytes as somebody's vector. */
export function vector(r: Random): [bigint, bigint] {
  const pair = (half: () => bigint): [bigint, bigint] => [half(), half()];
  switch (r.below(6)) {
    case 0:
    case 1:
      return pair(() => (BigInt(f32(r)) << 32n) | BigInt(f32(r)));
    case 2:
    case 3:
      return pair(() => f64(r));
    case 4:
      return pair(() => integer(r));
    default:
      return pair(() => r.u64());
  }
}

export interface RandomState {
  registers: BigUint64Array;
  flags: number;
  fx: Uint8Array;
  windowSeed: number;
}
const FLAG_BITS = [1, 4, 0x10, 0x40, 0x80, 0x800];

/** `wide`: 64-bit mode; otherwise registers have 32 bits. rSP is in the data window; rSI, rDI, rBP and rBX often are. */
export function stateFromSeed(seed: number, wide: boolean): RandomState {
  const r = new Random(seed);
  const registers = BigUint64Array.from({ length: 16 }, () => integer(r));
  const pointer = (): bigint => BigInt(DATA + WINDOW + r.below(WINDOW_END - WINDOW));
  registers[4] = pointer() & ~7n;
  for (const n of [3, 5, 6, 7]) if (r.one(2)) registers[n] = pointer();
  if (!wide)
    registers.forEach((value, i) => {
      registers[i] = i < 8 ? value & 0xffffffffn : 0n;
    });
  let flags = 0x202;
  for (const bit of FLAG_BITS) if (r.one(2)) flags |= bit;
  if (r.one(8)) flags |= 0x400;
  return { registers, flags, fx: randomFx(r), windowSeed: r.u32() | 1 };
}
function randomFx(r: Random): Uint8Array {
  const fx = new Uint8Array(512);
  const v = new DataView(fx.buffer);
  const fcw =
    ((0x40 | (r.below(0x1000) & 0xf7f) | (r.below(4) ? 0x3f : 0)) & ~(r.below(4) ? 0x100 : 0)) | (r.below(2) ? 0x300 : 0);
  let fsw = (r.below(8) << 11) | (r.below(8) << 8) | (r.below(2) << 14);
  // Mostly nothing is pending.
  fsw |= r.one(16) ? r.below(0x80) : r.below(0x80) & fcw & 0x3f;
  if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
  v.setUint16(0, fcw, true);
  v.setUint16(2, fsw, true);
  fx[4] = r.one(3) ? r.below(256) : 0xff ^ (r.below(2) << r.below(8));
  const mxcsr = r.one(6)
    ? r.below(0x10000)
    : 0x1f80 | (r.below(4) << 13) | (r.one(4) ? r.below(2) << 15 : 0) | (r.one(4) ? r.below(2) << 6 : 0);
  v.setUint32(24, mxcsr | (r.one(4) ? r.below(64) & (mxcsr >> 7) : 0), true);
  for (let i = 0; i < 8; i++) {
    const [se, significand] = r.one(6) ? [0xffff, integer(r)] : f80(r);
    v.setBigUint64(32 + i * 16, significand as bigint, true);
    v.setUint16(40 + i * 16, se as number, true);
  }
  for (let i = 0; i < 16; i++) {
    const [low, high] = vector(r);
    v.setBigUint64(160 + i * 16, low, true);
    v.setBigUint64(168 + i * 16, high, true);
  }
  return fx;
}
