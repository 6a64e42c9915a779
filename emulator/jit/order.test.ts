// SPDX-License-Identifier: MIT
/** @fileoverview Regions that are compiled elsewhere: what they are made of, and when they are of no use any more. */
import { expect, test } from 'vitest';
import { enterLongMode, type TestProcessor, testProcessor } from '../cpu/testProcessor.ts';
import { SLOT } from '../ir/state.ts';

const CODE = 0x10000;
const ROUNDS = 400;
/** inc eax; dec ecx; jnz to the beginning; jmp $. */
const COUNTING = [0xff, 0xc0, 0xff, 0xc9, 0x75, 0xfa, 0xeb, 0xfe];
const ROUND = 3;
/** Where the operand of `add eax, n` is, once `inc eax` has been replaced by it. */
const ADDING = (n: number): number[] => [0x83, 0xc0, n, 0xff, 0xc9, 0x75, 0xf9, 0xeb, 0xfe];

function start(code: number[] = COUNTING): TestProcessor {
  const t = testProcessor(0x100000, undefined, {}, undefined, 'compiled', true);
  enterLongMode(t);
  t.ram.set(code, CODE);
  t.cpu.write64(SLOT.rax, 0n);
  again(t);
  return t;
}
function again({ cpu }: TestProcessor): void {
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.write64(SLOT.rcx, BigInt(ROUNDS));
}
/** Longer than what an engine leaves to exact steps at the end of each. */
const SLICE = 400;
function go({ cpu }: TestProcessor, instructions: number): void {
  for (const until = cpu.retired + instructions; cpu.retired < until; ) cpu.run(Math.min(until, cpu.retired + SLICE));
}
const compiled = ({ cpu }: TestProcessor): number => Number(cpu.read64(SLOT.COMPILED));
/** Orders are given one after the other. */
function deliverAll(t: TestProcessor): void {
  for (let before = -1; before !== t.workshop!.fulfilled; ) {
    before = t.workshop!.fulfilled;
    t.workshop!.deliver();
    go(t, SLICE);
  }
}

test('code is interpreted until what was ordered arrives, and compiled from then on', () => {
  const t = start();
  go(t, SLICE);
  expect(compiled(t)).toBe(0);
  deliverAll(t);
  const before = compiled(t);
  again(t);
  go(t, ROUND * ROUNDS);
  expect(t.workshop!.fulfilled).toBeGreaterThan(0);
  expect(compiled(t) - before).toBeGreaterThan(ROUNDS * ROUND * 0.7);
});

test('code that was written meanwhile is what runs', () => {
  const t = start(ADDING(1));
  go(t, SLICE);
  expect(compiled(t)).toBe(0);
  t.cpu.physical.writeBytes(CODE + 2, Uint8Array.of(5));
  // Decoded anew before the order arrives.
  go(t, SLICE);
  deliverAll(t);
  again(t);
  t.cpu.write64(SLOT.rax, 0n);
  go(t, ROUND * ROUNDS);
  expect(t.cpu.read64(SLOT.rax)).toBe(BigInt(5 * ROUNDS));
});

test('what is not to be had elsewhere is compiled here', () => {
  const t = start();
  go(t, SLICE);
  for (let i = 0; i < 10; i++) {
    t.workshop!.deliver(false);
    go(t, SLICE);
  }
  const before = compiled(t);
  again(t);
  go(t, ROUND * ROUNDS);
  expect(t.workshop!.fulfilled).toBe(0);
  expect(t.workshop!.failed).toBeGreaterThan(0);
  expect(compiled(t) - before).toBeGreaterThan(ROUNDS * ROUND * 0.7);
});

test('an order that nobody can hear of is given up, and its code compiled here', () => {
  const t = start();
  t.cpu.write64(SLOT.rcx, 1n << 30n);
  t.cpu.run(50_000_000);
  expect(compiled(t)).toBeGreaterThan(0);
  const before = compiled(t);
  // What comes too late changes nothing.
  t.workshop!.deliver();
  t.cpu.run(t.cpu.retired + ROUND * ROUNDS);
  expect(compiled(t) - before).toBeGreaterThan(ROUNDS * ROUND * 0.7);
});

test('nothing of what was ordered before all decoded code was dropped is used', () => {
  const t = start();
  go(t, SLICE);
  t.cpu.runs.clear();
  t.workshop!.deliver();
  again(t);
  go(t, SLICE);
  expect(compiled(t)).toBe(0);
});
