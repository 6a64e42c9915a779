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
