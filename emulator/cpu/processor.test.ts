// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { GPR, SLOT } from '../ir/state.ts';
import { enterLongMode, testProcessor } from './testProcessor.ts';

const hex = (s: string): Uint8Array => Uint8Array.from(s.split(/\s+/).map((b) => Number.parseInt(b, 16)));

describe('in 64-bit mode', () => {
  test('runs a loop for an exact number of instructions', () => {
    const t = testProcessor();
    enterLongMode(t);
    // mov ecx, 1000; l: add rax, rcx; dec ecx; jnz l; jmp $
    t.ram.set(hex('b9 e8 03 00 00 48 01 c8 ff c9 75 f9 eb fe'), 0x10000);
    t.cpu.write64(SLOT.RIP, 0x10000n);
    t.cpu.run(1 + 3000);
    expect(t.cpu.retired).toBe(3001);
    expect(t.cpu.read64(SLOT.rax)).toBe(500500n);
    expect(t.cpu.read64(SLOT.RIP)).toBe(0x1000cn);
    t.cpu.run(5000);
    expect(t.cpu.retired).toBe(5000);
    expect(t.cpu.read64(SLOT.RIP)).toBe(0x1000cn);
  });

  test('stops at every count in between with the state of that instruction', () => {
    /** The state at each of the counts. */
    const run = (code: string, counts: readonly number[]): string[] => {
      const t = testProcessor();
      enterLongMode(t);
      t.ram.set(hex(code), 0x10000);
      t.cpu.write64(SLOT.RIP, 0x10000n);
      return counts.map((n) => {
        t.cpu.run(n);
        return `${t.cpu.read64(SLOT.RIP)} ${t.cpu.read64(SLOT.rax)} ${t.cpu.read64(GPR(1))} ${t.cpu.rflags}`;
      });
    };
    const codes = [
      'b9 e8 03 00 00 48 01 c8 ff c9 75 f9 eb fe',
      // mov ecx, 5; l: cmp ecx, gs:[20000h]; je +2; dec ecx; jmp l: the comparison's operand has an address of its own.
      'b9 05 00 00 00 65 3b 0c 25 00 00 02 00 74 02 ff c9 eb f2',
    ];
    for (const code of codes) {
      const counts = Array.from({ length: 79 }, (_, i) => i + 1);
      const byOne = run(code, counts);
      // A processor for each takes a while: every place of the loop, and both sides of a run's greatest length.
      for (const n of counts.filter((n) => n < 17 || (n > 30 && n < 36) || (n > 62 && n < 66)))
        expect(run(code, [n])[0], `${n}`).toBe(byOne[n - 1]);
    }
  });
});
