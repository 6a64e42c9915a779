// SPDX-License-Identifier: MIT
/** @fileoverview INVLPG and large pages (APM vol. 2, 5.5.2): one address of a page invalidates the translation of all of it, and of no other. */
import { expect, test } from 'vitest';
import { SLOT } from '../ir/state.ts';
import { allInstructions } from '../isa/record.ts';
import { TIERINGS, type Tiering } from './processor.ts';
import { enterLongMode, testProcessor } from './testProcessor.ts';

const CODE = 0x10000;
const LARGE = 0x200000;
const MAPPING = 0x87n;
/** mov rax, [rsi]; invlpg [rbx]; mov rdx, [rsi]; jmp $ */
const PROGRAM = [0x48, 0x8b, 0x06, 0x0f, 0x01, 0x3b, 0x48, 0x8b, 0x16, 0xeb, 0xfe];

/** What is read at an address before and behind `invlpg [invalidated]`, its large page having got another frame in between. */
function read(tiering: Tiering, address: number, invalidated: number): { before: bigint; after: bigint } {
  const { cpu, ram } = testProcessor(0x800000, undefined, {}, allInstructions, tiering);
  enterLongMode({ cpu, ram });
  cpu.physical.write64(address, 1n);
  cpu.physical.write64(address + LARGE, 2n);
  ram.set(PROGRAM, CODE);
  cpu.write64(SLOT.rsi, BigInt(address));
  cpu.write64(SLOT.rbx, BigInt(invalidated));
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.run(1);
  const entry = Math.floor(address / LARGE);
  cpu.physical.write64(0x3000 + entry * 8, BigInt((entry + 1) * LARGE) | MAPPING);
  cpu.run(10);
  return { before: cpu.read64(SLOT.rax), after: cpu.read64(SLOT.rdx) };
}

test.each(TIERINGS)('INVLPG invalidates all of a 2 MiB page, %s', (tiering) => {
  for (const invalidated of [0x281000, 0x281ff8, 0x280000, 0x200000, 0x3ff000])
    expect(read(tiering, 0x281000, invalidated)).toEqual({ before: 1n, after: 2n });
});
test.each(TIERINGS)('and no other one, %s', (tiering) => {
  for (const invalidated of [0x1ff000, 0x400000, 0x681000])
    expect(read(tiering, 0x281000, invalidated)).toEqual({ before: 1n, after: 1n });
});

/** mov rax, [rbx]; mov rdx, [rsi]; jmp $ */
const TWO_READS = [0x48, 0x8b, 0x03, 0x48, 0x8b, 0x16, 0xeb, 0xfe];

/** What is read at `then` after `first`, the large page of `then` having got another frame in between. */
function readBoth(tiering: Tiering, first: number, then: number): { old: boolean } {
  const { cpu, ram } = testProcessor(0x800000, undefined, {}, allInstructions, tiering);
  enterLongMode({ cpu, ram });
  cpu.physical.write64(then, 1n);
  cpu.physical.write64(then + LARGE, 2n);
  ram.set(TWO_READS, CODE);
  cpu.write64(SLOT.rbx, BigInt(first));
  cpu.write64(SLOT.rsi, BigInt(then));
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.run(1);
  const entry = Math.floor(then / LARGE);
  cpu.physical.write64(0x3000 + entry * 8, BigInt((entry + 1) * LARGE) | MAPPING);
  cpu.run(10);
  return { old: cpu.read64(SLOT.rdx) === 1n };
}

test.each(TIERINGS)('one walk is enough for what follows in a large page, and for nothing else, %s', (tiering) => {
  expect(readBoth(tiering, 0x281000, 0x282000)).toEqual({ old: true });
  expect(readBoth(tiering, 0x281000, 0x290000)).toEqual({ old: true });
  expect(readBoth(tiering, 0x281000, 0x291000)).toEqual({ old: false });
  expect(readBoth(tiering, 0x281000, 0x280000)).toEqual({ old: false });
  // The next large page.
  expect(readBoth(tiering, 0x3ff000, 0x400000)).toEqual({ old: false });
});
test.each(TIERINGS)('INVLPG invalidates what one walk has found, %s', (tiering) => {
  const { cpu, ram } = testProcessor(0x800000, undefined, {}, allInstructions, tiering);
  enterLongMode({ cpu, ram });
  cpu.physical.write64(0x282000, 1n);
  cpu.physical.write64(0x282000 + LARGE, 2n);
  // mov rax, [rdi], then PROGRAM
  ram.set([0x48, 0x8b, 0x07, ...PROGRAM.slice(3)], CODE);
  cpu.write64(SLOT.rdi, 0x281000n);
  cpu.write64(SLOT.rbx, 0x284000n);
  cpu.write64(SLOT.rsi, 0x282000n);
  cpu.write64(SLOT.RIP, BigInt(CODE));
  cpu.run(1);
  cpu.physical.write64(0x3000 + 8, BigInt(2 * LARGE) | MAPPING);
  cpu.run(10);
  expect(cpu.read64(SLOT.rdx)).toBe(2n);
});
test.each(TIERINGS)('what is in the TLB does not depend on where RAM comes from, %s', (tiering) => {
  const entries = (isBrought: boolean) => {
    const { cpu, ram } = testProcessor(0x800000, undefined, {}, allInstructions, tiering);
    enterLongMode({ cpu, ram });
    ram.set(TWO_READS, CODE);
    cpu.write64(SLOT.rbx, 0x281000n);
    cpu.write64(SLOT.rsi, 0x400000n);
    cpu.write64(SLOT.RIP, BigInt(CODE));
    if (isBrought) {
      const held = ram.slice();
      ram.fill(0);
      cpu.physical.comesFrom({ read: (page, into) => into.set(held.subarray(page * 0x1000, (page + 1) * 0x1000)) });
    }
    cpu.run(2);
    return cpu.tlb.entries();
  };
  expect(entries(true)).toEqual(entries(false));
});
