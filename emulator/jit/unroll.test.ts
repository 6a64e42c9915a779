// SPDX-License-Identifier: MIT
/** @fileoverview Unrolled loops: which are, and that random ones do what the interpreter does, at every count, across pages and into a fault. */
import { expect, test } from 'vitest';
import { testSeed } from '../../test/support/seed.ts';
import type { Tiering } from '../cpu/processor.ts';
import { enterLongMode, enterProtectedMode, haltOnExceptions, type TestProcessor, testProcessor } from '../cpu/testProcessor.ts';
import { GPR, SLOT } from '../ir/state.ts';
import type { Block, Instruction } from './discover.ts';
import { unroll } from './unroll.ts';

/** A block with a number of instructions that goes on at the block behind it, or branches as well. */
const block = (offset: number, instructions: number, target?: number, next: number | undefined = offset + 0x10): Block => ({
  offset,
  instructions: Array.from({ length: instructions }, () => ({ offset }) as Instruction),
  next,
  end: target === undefined ? 'falls' : 'branches',
  target,
});
function leadsOf(blocks: Block[], entries: number[] = [0]): number[][] {
  const at = (offset: number | undefined): number[] => {
    const i = blocks.findIndex((b) => b.offset === offset);
    return i < 0 ? [] : [i];
  };
  const successors = blocks.map((b) => [...at(b.target), ...at(b.next)]);
  const { blocks: all, leads } = unroll(blocks, successors, entries, 400);
  return all.map((b, i) => {
    const to = leads.get(b);
    const own = i < blocks.length ? successors[i] : successors[blocks.findIndex((x) => x.offset === b.offset)];
    return own.map((s) => to?.get(blocks[s].offset) ?? s);
  });
}

test('a loop of one block has copies that lead to each other', () => {
  expect(leadsOf([block(0, 2), block(0x10, 3, 0x10), block(0x20, 1)])).toEqual([[1], [3, 2], [], [4, 2], [5, 2], [1, 2]]);
});
test('the blocks of a copy lead to their own', () => {
  // 1 -> 2 or 3, 2 -> 3, 3 -> 1 or out.
  const blocks = [block(0, 1), block(0x10, 4, 0x30), block(0x20, 4), block(0x30, 4, 0x10), block(0x40, 1)];
  const leads = leadsOf(blocks);
  expect(leads.length).toBe(8);
  const [head, copied] = [leads[1], leads.slice(5)];
  expect(head).toEqual([3, 2]);
  // Each copy has its own three blocks; the first leads into it, its last one back.
  const second = leads[3][0];
  expect(second).toBeGreaterThanOrEqual(5);
  expect(copied.flat().filter((i) => i === 1)).toHaveLength(1);
  expect(copied.flat().filter((i) => i === 4)).toHaveLength(1);
});
test('loops stay as they are that are large, hold others, or are entered in the middle', () => {
  const same = (blocks: Block[], entries?: number[]): void => expect(leadsOf(blocks, entries)).toHaveLength(blocks.length);
  same([block(0, 2), block(0x10, 15, 0x10), block(0x20, 1)]);
  same([block(0, 2), block(0x10, 2), block(0x20, 2, 0x10), block(0x30, 1)], [0, 2]);
  // Entered in the middle by a branch from before it.
  same([block(0, 2, 0x20), block(0x10, 2), block(0x20, 2, 0x10), block(0x30, 1)]);
  // The outer loop; the inner one is copied.
  expect(leadsOf([block(0, 1), block(0x10, 7, 0x10), block(0x20, 1, 0), block(0x30, 1)])).toHaveLength(4 + 3);
});

const CODE = 0x10000;
/** Data reaches up to a page that is not there. */
const DATA = 0x1ec000;
const END = 0x200000;
const SPACE = 0x240000;

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
/**
 * xor eax, eax and a loop of some instructions on EAX, EBX, EDX and the memory at ESI and EDI, with branches forwards in it and out of it; ECX counts; all of it
 * again with the pointers where they are, or back at the beginning.
 */
function program(seed: number): number[] {
  const pick = random(seed);
  const step = [1, 4, 12, 64][pick(4)];
  const pool: (() => number[])[] = [
    () => [0x01, 0xd8], // add eax, ebx
    () => [0x11, 0xc2], // adc edx, eax
    () => [0x19, 0xc3], // sbb ebx, eax
    () => [0xd1, 0xc0], // rol eax, 1
    () => [0x03, 0x06], // add eax, [esi]
    () => [0x03, 0x46, 4 * pick(4)], // add eax, [esi + n]
    () => [0x89, 0x07], // mov [edi], eax
    () => [0x31, 0x5f, 4 * pick(4)], // xor [edi + n], ebx
    () => [0x0f, 0xb6, 0x16], // movzx edx, byte [esi]
    () => [0x80, 0x3e, pick(256)], // cmp byte [esi], n
    () => [0x85, 0xc0], // test eax, eax
    () => [0x0f, 0x92, 0xc3], // setb bl
    () => [0x83, 0xc6, step], // add esi, step
    () => [0x83, 0xc7, step], // add edi, step
    () => [0x50 + pick(3), 0x59 - 1], // push eax, ecx or edx; pop eax
  ];
  const body: number[] = [];
  const exits: number[] = [];
  const skips: { at: number; left: number }[] = [];
  const count = 1 + pick(7);
  for (let n = 0; n < count; n++) {
    for (const s of skips) {
      if (s.left-- === 0) body[s.at] = body.length - s.at - 1;
    }
    if (pick(6) === 0) {
      body.push(0x70 + pick(16), 0);
      skips.push({ at: body.length - 1, left: 1 + pick(2) });
    } else if (pick(9) === 0) {
      body.push(0x70 + pick(16), 0);
      exits.push(body.length - 1);
    } else body.push(...pool[pick(pool.length)]());
  }
  for (const s of skips) if (s.left >= 0) body[s.at] = body.length - s.at - 1;
  body.push(0x83, 0xc6, step, 0xff, 0xc9, 0x75, 0); // add esi, step; dec ecx; jnz
  body[body.length - 1] = -body.length & 0xff;
  for (const at of exits) body[at] = body.length - at - 1;
  const before = [0x31, 0xc0, 0xb9, 20 + pick(60), 0, 0, 0]; // xor eax, eax; mov ecx, n
  const wrap = [0x81, 0xfe, 0, 0, 0x20, 0, 0x72, 10, 0xbe, 0, 0xc0, 0x1e, 0, 0xbf, 0, 0xd0, 0x1e, 0]; // at END: esi = DATA, edi = DATA + 1000h
  const behind = pick(3) === 0 ? [] : wrap;
  const whole = [...before, ...body, ...behind];
  return [...whole, 0xeb, -(whole.length + 2) & 0xff];
}
function start(mode: 'long' | 'protected', tiering: Tiering, seed: number): TestProcessor & { handled: () => number } {
  const t = testProcessor(SPACE, undefined, {}, undefined, tiering);
  const { cpu, ram } = t;
  if (mode === 'long') {
    enterLongMode(t);
    // 4 KiB pages below END, nothing at it.
    for (let page = 0; page < 512; page++) cpu.physical.write64(0x4000 + page * 8, BigInt(page << 12) | 7n);
    cpu.physical.write64(0x3000, 0x4007n);
    cpu.physical.write64(0x3008, 0n);
    cpu.flushTlb(false);
  } else enterProtectedMode(t, 32);
  const handled = haltOnExceptions(t);
  ram.set(program(seed), CODE);
  const pick = random(seed ^ 0x5eed);
  for (let i = DATA; i < END; i++) ram[i] = pick(256);
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.write64(SLOT.rsp, BigInt(END - 0x800 - 8 * pick(0x40)));
  cpu.write64(SLOT.rsi, BigInt(DATA + pick(64)));
  cpu.write64(SLOT.rdi, BigInt(DATA + 0x2000 + pick(64)));
  return { ...t, handled };
}
const SEEDS = Array.from({ length: 16 }, (_, i) => i + 1);
const fresh = testSeed();
test.each([
  ['long', SEEDS],
  ['protected', SEEDS],
  ['long', SEEDS.map((i) => fresh + i)],
  ['protected', SEEDS.map((i) => fresh + i)],
] as const)('random loops run alike interpreted and compiled, in %s mode (seed %#, DIORAMA_SEED)', (mode, seeds) => {
  let compiled = 0;
  for (const seed of seeds) {
    const [a, b] = (['interpreted', 'compiled'] as const).map((tiering) => start(mode, tiering, seed));
    const slices = random(seed + 77);
    for (let until = 0; until < 12_000 && !a.cpu.halted; ) {
      until += 1 + slices(slices(3) === 0 ? 30 : 700);
      for (const { cpu } of [a, b]) cpu.run(until);
      const state = ({ cpu, handled }: typeof a): unknown => ({
        retired: cpu.retired,
        rip: cpu.read64(SLOT.RIP),
        flags: cpu.flags,
        handled: handled(),
        registers: Array.from({ length: 8 }, (_, n) => cpu.read64(GPR(n))),
      });
      expect(state(b), `seed ${seed}`).toEqual(state(a));
    }
    expect(Buffer.compare(a.ram.subarray(0, SPACE), b.ram.subarray(0, SPACE)), `seed ${seed}`).toBe(0);
    compiled += Number(b.cpu.read64(SLOT.COMPILED));
  }
  expect(compiled).toBeGreaterThan(seeds.length * 1000);
});
