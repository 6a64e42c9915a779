// SPDX-License-Identifier: MIT
/** @fileoverview Every engine stops exactly where it is to, and so takes interrupts at the same instruction: also within repeated strings. */
import { expect, test } from 'vitest';
import { TIERINGS } from '../../../emulator/cpu/processor.ts';
import { enterLongMode, enterProtectedMode, testProcessor } from '../../../emulator/cpu/testProcessor.ts';
import { SLOT } from '../../../emulator/ir/state.ts';

const CODE = 0x10000;
/** mov ecx, 300; mov edi, 20000h; 20 times inc eax (two bytes); rep stosd; jmp to the beginning. */
const PROGRAM = [
  ...[0xb9, 0x2c, 0x01, 0, 0, 0xbf, 0, 0, 2, 0],
  ...Array.from({ length: 20 }, () => [0xff, 0xc0]).flat(),
  ...[0xf3, 0xab, 0xeb, -54 & 0xff],
];
/** Instructions of a round: each iteration of REP is one. */
const ROUND = 2 + 20 + 300 + 1;

for (const tiering of TIERINGS)
  for (const mode of ['protected', 'long'] as const)
    test(`${tiering} ${mode} code stops at every instruction it is asked to`, () => {
      const t = testProcessor(0x100000, undefined, {}, undefined, tiering);
      const { cpu } = t;
      if (mode === 'long') enterLongMode(t);
      else enterProtectedMode(t, 32);
      cpu.physical.writeBytes(CODE, Uint8Array.from(PROGRAM));
      cpu.write64(SLOT.RIP, BigInt(CODE));
      cpu.write64(SLOT.rax, 0n);
      for (let until = 0; until < 400 * ROUND; ) {
        until += 33 + (until % 151);
        cpu.run(until);
        expect(cpu.retired).toBe(until);
        const [rounds, at] = [Math.floor(until / ROUND), until % ROUND];
        expect(cpu.read64(SLOT.rax)).toBe(BigInt(rounds * 20 + Math.min(20, Math.max(0, at - 2))));
        if (at >= 22 && at < 322) expect(cpu.read64(SLOT.rcx)).toBe(BigInt(322 - at));
      }
    });
