// SPDX-License-Identifier: MIT
/**
 * @fileoverview Unrolled loops where what is known of one way through the region would be wrong for another: several loops, which together take far more
 * instructions than are in the code, and accesses behind a join that only one way to it has made before. As the interpreter does it, at every count.
 */
import { expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import type { Tiering } from '../cpu/processor.ts';
import { enterLongMode, enterProtectedMode, type TestProcessor, testProcessor } from '../cpu/testProcessor.ts';
import { GPR, SLOT } from '../ir/state.ts';

const CODE = 0x10000;
const MODES = ['long', 'protected'] as const;
type Mode = (typeof MODES)[number];

function random(seed: number): (n: number) => number {
  let s = seed >>> 0 || 1;
  return (n) => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s % n;
  };
}
function start(mode: Mode, tiering: Tiering, code: number[], data: Uint8Array): TestProcessor {
  const t = testProcessor(0x100000, undefined, {}, undefined, tiering);
  if (mode === 'long') enterLongMode(t);
  else enterProtectedMode(t, 32);
  t.ram.set(code, CODE);
  t.ram.set(data, 0);
  for (let i = 0; i < 8; i++) t.cpu.write64(GPR(i), 0n);
  t.cpu.write64(SLOT.RIP, BigInt(CODE));
  t.cpu.write64(SLOT.rsp, 0x80000n);
  return t;
}
/** Both engines are in the same state wherever one looks. How many instructions were compiled. */
function runAlike(mode: Mode, code: number[], data: Uint8Array, steps: () => number, instructions: number): number {
  const [a, b] = (['interpreted', 'compiled'] as const).map((tiering) => start(mode, tiering, code, data));
  const state = ({ cpu }: TestProcessor): unknown => ({
    retired: cpu.retired,
    rip: cpu.read64(SLOT.RIP),
    flags: cpu.flags,
    registers: Array.from({ length: 8 }, (_, n) => cpu.read64(GPR(n))),
  });
  for (let until = 0; until < instructions; ) {
    until += steps();
    for (const { cpu } of [a, b]) cpu.run(until);
    expect(a.cpu.retired).toBe(until);
    expect(state(b)).toEqual(state(a));
  }
  expect(Buffer.compare(a.ram.subarray(0, CODE), b.ram.subarray(0, CODE))).toBe(0);
  return Number(b.cpu.read64(SLOT.COMPILED));
}
/** The lowest byte of the distance of a branch that ends at `end`, back to `to`. */
const back = (end: number, to: number): number => (to - end) & 0xff;

/** Loops one after the other, each with a few rounds, and all of it again. */
function manyLoops(pick: (n: number) => number): number[] {
  const code: number[] = [];
  for (let loop = 0; loop < 8; loop++) {
    code.push(0xb9, 2 + pick(6), 0, 0, 0); // mov ecx, rounds
    const head = code.length;
    for (let n = pick(6); n >= 0; n--)
      code.push(
        ...[
          [0xff, 0xc0],
          [0x01, 0xc3],
          [0x31, 0xda],
          [0xd1, 0xc2],
        ][pick(4)],
      ); // inc eax; add ebx, eax; xor edx, ebx; rol edx, 1
    code.push(0xff, 0xc9, 0x75, back(code.length + 4, head)); // dec ecx; jnz
  }
  return [...code, 0xe9, back(code.length + 5, 0), 0xff, 0xff, 0xff]; // jmp to the beginning
}
const fresh = testSeed();
test.each(MODES.flatMap((mode) => [1, 2, fresh].map((seed) => [mode, seed] as const)))(
  '%s code of many small loops stops at every instruction it is asked to (seed %i, DIORAMA_SEED)',
  (mode, seed) => {
    for (let i = 0; i < 3; i++) {
      const pick = random(seed + i);
      const compiled = runAlike(mode, manyLoops(pick), new Uint8Array(0), () => 1 + pick(pick(2) ? 500 : 1500), 15_000);
      expect(compiled).toBeGreaterThan(2000);
    }
  },
);

/** inc eax; add ebx, [esi]; add [esi], ebx. */
const STEPS = { nothing: [0xff, 0xc0], read: [0x03, 0x1e], write: [0x01, 0x1e] } as const;
type Step = keyof typeof STEPS;
/**
 * A loop in which one of two ways is taken, the second one for good; each has its step, and what is behind the join uses the same pointer. Locals that
 * nothing has been put into are zero, and so is the page that the pointer is in.
 */
function join(first: Step, second: Step, behind: Step): number[] {
  const code = [0xbe, 0x40, 1, 0, 0, 0xb9, 60, 0, 0, 0]; // mov esi, 140h; mov ecx, 60
  const head = code.length;
  code.push(0x85, 0xff, 0x74, 4, ...STEPS[first], 0xeb, 2, ...STEPS[second]); // test edi, edi; jz second; first; jmp behind; second
  code.push(...STEPS[behind], 0xff, 0xc6, 0xff, 0xc9, 0x75, back(code.length + 8, head)); // behind; inc esi; dec ecx; jnz
  return [...code, 0xeb, back(code.length + 2, 0)];
}
const WAYS = ['nothing', 'read', 'write'] as const;
test.each(MODES)('in %s code an access finds the page that it is in, whatever other ways to it have found', (mode) => {
  const pick = random(1);
  const data = Uint8Array.from({ length: 0x400 }, () => pick(256));
  for (const first of WAYS)
    for (const second of WAYS)
      for (const behind of ['read', 'write'] as const)
        expect(
          runAlike(mode, join(first, second, behind), data, () => 900, 5400),
          `${first} or ${second}, then ${behind}`,
        ).toBeGreaterThan(1500);
});
