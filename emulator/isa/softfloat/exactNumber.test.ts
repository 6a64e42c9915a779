// SPDX-License-Identifier: MIT
/** @fileoverview Host-number arithmetic against the bit-pattern code, which softfloat.test.ts checks against a processor. */
import { expect, test } from 'vitest';
import { add, divide, multiply, squareRoot, subtract } from './arithmetic.ts';
import {
  isDenormalSingle,
  outcome,
  quickAdd,
  quickDivide,
  quickMultiply,
  quickRoot,
  quickSubtract,
  toSingle,
} from './exactNumber.ts';
import { F32, F64, type Format, PE, type Status, statusOf } from './format.ts';

const doubles = new Float64Array(1);
const singles = new Float32Array(1);
const bits64 = new BigUint64Array(doubles.buffer);
const bits32 = new Uint32Array(singles.buffer);
function bitsOf(f: Format, x: number): bigint {
  if (f === F64) {
    doubles[0] = x;
    return bits64[0];
  }
  singles[0] = x;
  return BigInt(bits32[0]);
}
function numberOf(f: Format, x: bigint): number {
  if (f === F64) {
    bits64[0] = x;
    return doubles[0];
  }
  bits32[0] = Number(x);
  return singles[0];
}
let seed = 12345n;
function random(): bigint {
  seed = BigInt.asUintN(64, seed * 6364136223846793005n + 1442695040888963407n);
  return seed ^ (seed >> 29n);
}
/** Random numbers, small integers, short significands, zeros, the ends of the range. */
function operand(f: Format): number {
  const kind = Number(random() % 8n);
  if (kind === 0) return Number(BigInt.asIntN(random() & 1n ? 4 : 12, random()));
  if (kind === 1) return numberOf(f, bitsOf(f, Number(BigInt.asIntN(30, random())) / 1024));
  const stored = BigInt(f.precision - 1);
  const raw = random() & (f.sign | f.infinity | f.fraction);
  if (kind === 2) return numberOf(f, raw);
  // Exponents near 1, with full or short significands.
  const fraction = kind < 5 ? raw & f.fraction : raw & f.fraction & ~((1n << (stored / 2n)) - 1n);
  return numberOf(f, (raw & f.sign) | ((BigInt(f.bias) + (random() % 60n) - 30n) << stored) | fraction);
}
const OPERATIONS = [
  ['add', quickAdd, (f: Format, s: Status, a: bigint, b: bigint) => add(f, s, a, b)],
  ['subtract', quickSubtract, subtract],
  ['multiply', quickMultiply, multiply],
  ['divide', quickDivide, divide],
  ['root', (a: number) => quickRoot(a), (f: Format, s: Status, a: bigint) => squareRoot(f, s, a)],
] as const;

test.each(
  OPERATIONS.flatMap(([name, quick, model]) => [[name, 32, F32, quick, model] as const, [name, 64, F64, quick, model] as const]),
)('%s, %i bits', (_name, _size, f, quick, model) => {
  let answered = 0;
  let exact = 0;
  for (let i = 0; i < 40_000; i++) {
    const a = operand(f);
    const b = operand(f);
    if (f === F32 && (isDenormalSingle(a) || isDenormalSingle(b))) continue;
    const x = f === F32 ? toSingle(quick(a, b)) : quick(a, b);
    if (x === undefined) continue;
    answered++;
    if (outcome.exact) exact++;
    const s = statusOf(0x1f80);
    const expected = model(f, s, bitsOf(f, a), bitsOf(f, b));
    const ours = `${a} ${b}: ${bitsOf(f, x).toString(16)} ${outcome.exact ? 0 : PE}`;
    expect(ours).toBe(`${a} ${b}: ${expected.toString(16)} ${s.flags}`);
  }
  // Most operands are ordinary, and some results of each operation are exact.
  expect(answered).toBeGreaterThan(10_000);
  expect(exact).toBeGreaterThan(100);
});
