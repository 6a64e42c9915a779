// SPDX-License-Identifier: MIT
/**
 * @fileoverview Soft floating point against the processor the test runs on: every pair of special values, and random ones, in all
 * rounding modes, with FTZ and DAZ, with all exceptions masked and with some unmasked. Results, MXCSR and faults must be equal.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { add, compare, divide, maximum, minimum, multiply, predicate, squareRoot, subtract } from './arithmetic.ts';
import { fromInteger, narrow, toInteger, toIntegral, widen } from './convert.ts';
import { F32, F64, type Format, type Status, statusOf } from './format.ts';

let folder = '';
let host = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'softfloat-'));
  host = join(folder, 'hostSse');
  execFileSync('gcc', ['-O1', '-o', host, join(import.meta.dirname, 'hostSse.c')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAGNITUDES_32: readonly bigint[] = [
  0x0n,
  0x1n,
  0x2n,
  0x3n,
  0x400000n,
  0x7fffffn,
  0x7ffffen,
  0x800000n,
  0x800001n,
  0xffffffn,
  0x1000000n,
  0x1ffffffn,
  0xc000000n,
  0x20000000n,
  0x1f800000n,
  0x1fc00000n,
  0x33800000n,
  0x34000000n,
  0x3effffffn,
  0x3f000000n,
  0x3f000001n,
  0x3f7fffffn,
  0x3f800000n,
  0x3f800001n,
  0x3fc00000n,
  0x40000000n,
  0x40200000n,
  0x40490fdbn,
  0x4afffffen,
  0x4b000000n,
  0x4b000001n,
  0x4b7fffffn,
  0x4b800000n,
  0x4effffffn,
  0x4f000000n,
  0x4f800000n,
  0x5effffffn,
  0x5f000000n,
  0x5f800000n,
  0x7e7fffffn,
  0x7f000000n,
  0x7f7ffffen,
  0x7f7fffffn,
  0x7f800000n,
  0x7f800001n,
  0x7fa00123n,
  0x7fbfffffn,
  0x7fc00000n,
  0x7fc00123n,
  0x7fffffffn,
];
const MAGNITUDES_64: readonly bigint[] = [
  0x0n,
  0x1n,
  0x2n,
  0x3n,
  0x8000000000000n,
  0xfffffffffffffn,
  0xffffffffffffen,
  0x10000000000000n,
  0x10000000000001n,
  0x1fffffffffffffn,
  0x20000000000000n,
  0x36a0000000000000n,
  0x380fffffe0000000n,
  0x380fffffffffffffn,
  0x3810000000000000n,
  0x47efffffe0000000n,
  0x47efffffefffffffn,
  0x47effffff0000000n,
  0x47f0000000000000n,
  0x3690000000000000n,
  0x3690000000000001n,
  0x3ca0000000000000n,
  0x3cb0000000000000n,
  0x3fdfffffffffffffn,
  0x3fe0000000000000n,
  0x3fe0000000000001n,
  0x3fefffffffffffffn,
  0x3ff0000000000000n,
  0x3ff0000000000001n,
  0x3ff0000010000000n,
  0x3ff0000030000000n,
  0x3ff8000000000000n,
  0x4000000000000000n,
  0x4004000000000000n,
  0x400921fb54442d18n,
  0x41dfffffff800000n,
  0x41dfffffffc00000n,
  0x41dfffffffe00000n,
  0x41e0000000000000n,
  0x41e0000000100000n,
  0x41e0000000200000n,
  0x432fffffffffffffn,
  0x4330000000000000n,
  0x4340000000000000n,
  0x43dfffffffffffffn,
  0x43e0000000000000n,
  0x7fdfffffffffffffn,
  0x7fe0000000000000n,
  0x7feffffffffffffen,
  0x7fefffffffffffffn,
  0x7ff0000000000000n,
  0x7ff0000000000001n,
  0x7ff4000000012300n,
  0x7ff7ffffffffffffn,
  0x7ff8000000000000n,
  0x7ff8000020000123n,
  0x7fffffffffffffffn,
];
const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  0xffffffn,
  0x1000000n,
  0x1000001n,
  0x1000003n,
  0x7fffff7fn,
  0x7fffffbfn,
  0x7fffffc0n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x1fffffffffffffn,
  0x20000000000001n,
  0x20000000000003n,
  0x7ffffffffffffc00n,
  0x7ffffffffffffdffn,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0x8000000000000001n,
  0xffffffffffffffffn,
  0xfffffffffffffff6n,
  0x4000000000000200n,
  0x4000004000000000n,
];
const specials = (f: Format): bigint[] => (f === F32 ? MAGNITUDES_32 : MAGNITUDES_64).flatMap((x) => [x, x | f.sign]);

/** A reproducible stream of bits. */
let seed = 0x9e3779b97f4a7c15n;
function random64(): bigint {
  seed ^= BigInt.asUintN(64, seed << 13n);
  seed ^= seed >> 7n;
  seed ^= BigInt.asUintN(64, seed << 17n);
  return seed;
}
/** Random numbers whose exponents are often close together or at the ends. */
function random(f: Format): bigint {
  const x = random64() & ((1n << BigInt(f.size)) - 1n);
  const stored = BigInt(f.precision - 1);
  const choice = Number(random64() & 7n);
  const exponents = [f.bias, f.bias + 1, f.bias + (f.precision >> 1), 1, 0, f.top - 1, f.bias - f.bias / 2];
  if (choice === 7) return x;
  return (x & (f.sign | f.fraction)) | (BigInt(Math.floor(exponents[choice])) << stored);
}

const MASKED: readonly number[] = [0, 1, 2, 3].flatMap((rc) => [0, 0x40, 0x8000, 0x8040].map((daz) => 0x1f80 | (rc << 13) | daz));
/** One exception unmasked at a time, then all; with and without FTZ and DAZ. */
const UNMASKED: readonly number[] = [0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x1f80].flatMap((clear) =>
  [0, 0xe040].map((more) => (0x1f80 & ~clear) | more),
);

interface Case {
  a: bigint;
  b: bigint;
  mxcsr: number;
}
type Model = (s: Status, a: bigint, b: bigint) => bigint;

function mismatches(op: number, cases: readonly Case[], model: Model, resultMask = 0xffffffffffffffffn): string[] {
  const input = Buffer.alloc(cases.length * 24);
  cases.forEach((c, i) => {
    input.writeUInt32LE(op, i * 24);
    input.writeUInt32LE(c.mxcsr, i * 24 + 4);
    input.writeBigUInt64LE(c.a, i * 24 + 8);
    input.writeBigUInt64LE(c.b, i * 24 + 16);
  });
  const run = spawnSync(host, { input, maxBuffer: 1 << 30 });
  expect(run.status).toBe(0);
  const found: string[] = [];
  cases.forEach((c, i) => {
    const result = run.stdout.readBigUInt64LE(i * 16) & resultMask;
    const mxcsr = run.stdout.readUInt32LE(i * 16 + 8);
    const fault = run.stdout.readUInt32LE(i * 16 + 12);
    const s = statusOf(c.mxcsr);
    const ours = model(s, c.a, c.b);
    const before = s.flags & 7 & ~s.masks;
    const flags = before ? s.flags & 7 : s.flags;
    const ourFault = flags & ~s.masks ? 1 : 0;
    if (ourFault !== fault || (c.mxcsr | flags) !== mxcsr || (!fault && ours !== result)) {
      const hex = (n: bigint | number): string => n.toString(16);
      found.push(
        `${hex(c.a)} ${hex(c.b)} mxcsr ${hex(c.mxcsr)}: host ${hex(result)} ${hex(mxcsr)} ${fault}, ours ${hex(ours)} ${hex(c.mxcsr | flags)} ${ourFault}`,
      );
    }
  });
  return found;
}
const pairs = (f: Format, environments: readonly number[], randoms: number): Case[] => [
  ...environments.flatMap((mxcsr) => specials(f).flatMap((a) => specials(f).map((b) => ({ a, b, mxcsr })))),
  ...Array.from({ length: randoms }, (_, i) => ({ a: random(f), b: random(f), mxcsr: environments[i % environments.length] })),
];
const singles = (values: readonly bigint[], f: Format | undefined, environments: readonly number[], randoms: number): Case[] => [
  ...environments.flatMap((mxcsr) => values.map((a) => ({ a, b: 0n, mxcsr }))),
  ...Array.from({ length: randoms }, (_, i) => ({
    a: f ? random(f) : random64() >> (random64() & 63n),
    b: 0n,
    mxcsr: environments[i % environments.length],
  })),
];
const ALL = [...MASKED, ...UNMASKED];

describe.each([
  ['binary32', F32, 0],
  ['binary64', F64, 1],
] as const)('%s', (_, f, second) => {
  const mask = f === F32 ? 0xffffffffn : 0xffffffffffffffffn;
  test.each([
    ['add', 0, add],
    ['sub', 2, subtract],
    ['mul', 4, multiply],
    ['div', 6, divide],
    ['min', 8, minimum],
    ['max', 10, maximum],
  ] as const)('%s', (_name, op, model) => {
    expect(mismatches(op + second, pairs(f, MASKED, 30_000), (s, a, b) => model(f, s, a, b), mask).slice(0, 20)).toEqual([]);
    expect(mismatches(op + second, pairs(f, UNMASKED, 2_000), (s, a, b) => model(f, s, a, b), mask).slice(0, 20)).toEqual([]);
  });
  test('sqrt', () => {
    expect(
      mismatches(12 + second, singles(specials(f), f, ALL, 50_000), (s, a) => squareRoot(f, s, a), mask).slice(0, 20),
    ).toEqual([]);
  });
  test.each([
    ['ucomis', 14, true],
    ['comis', 16, false],
  ] as const)('%s', (_name, op, quiet) => {
    // SF, ZF, AF, PF, CF as LAHF gives them.
    const flags = { less: 1n, equal: 0x40n, greater: 0n, unordered: 0x45n };
    expect(
      mismatches(op + second, pairs(f, ALL, 5_000), (s, a, b) => flags[compare(f, s, a, b, quiet)], 0xd5n).slice(0, 20),
    ).toEqual([]);
  });
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('predicate %i', (number) => {
    const model: Model = (s, a, b) => (predicate(f, s, a, b, number) ? mask : 0n);
    expect(
      mismatches(48 + 2 * number + second, pairs(f, [0x1f80, 0x1fc0, 0x1e80, 0x0], 2_000), model, mask).slice(0, 20),
    ).toEqual([]);
  });
  test.each([
    ['to i32', 20, 32, false],
    ['to i64', 22, 64, false],
    ['truncated to i32', 24, 32, true],
    ['truncated to i64', 26, 64, true],
  ] as const)('%s', (_name, op, size, truncate) => {
    const model: Model = (s, a) => toInteger(f, s, a, size, truncate ? 3 : s.rounding);
    expect(mismatches(op + second, singles(specials(f), f, ALL, 30_000), model).slice(0, 20)).toEqual([]);
  });
  test.each([
    ['from i32', 28, 32],
    ['from i64', 30, 64],
  ] as const)('%s', (_name, op, size) => {
    const model: Model = (s, a) => fromInteger(f, s, BigInt.asIntN(size, a));
    expect(mismatches(op + second, singles(INTEGERS, undefined, ALL, 30_000), model, mask).slice(0, 20)).toEqual([]);
  });
  test.each([
    [0, 32],
    [1, 34],
    [2, 36],
    [3, 38],
    [4, 40],
    [8, 42],
    [12, 44],
  ])('round to integral, immediate %i', (immediate, op) => {
    const model: Model = (s, a) => toIntegral(f, s, a, immediate & 4 ? s.rounding : immediate & 3, (immediate & 8) !== 0);
    expect(mismatches(op + second, singles(specials(f), f, ALL, 30_000), model, mask).slice(0, 20)).toEqual([]);
  });
});
test('binary32 to binary64', () => {
  expect(mismatches(18, singles(specials(F32), F32, ALL, 50_000), widen).slice(0, 20)).toEqual([]);
});
test('binary64 to binary32', () => {
  const nearSingles = [
    ...specials(F64),
    ...specials(F32).map((x) => widen(statusOf(0x1f80), x)),
    ...specials(F32).map((x) => widen(statusOf(0x1f80), x) ^ 0x10000001n),
  ];
  expect(mismatches(19, singles(nearSingles, F64, ALL, 50_000), narrow, 0xffffffffn).slice(0, 20)).toEqual([]);
});
