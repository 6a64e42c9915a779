// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { GPR, SEGMENT, SLOT } from '../ir/state.ts';
import { setSegment } from '../isa/system/segmentation.ts';
import { enterLongMode, enterRealMode, testProcessor } from './testProcessor.ts';

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

describe.each(['interpreted', 'compiled'] as const)('code that runs over the limit of its segment, %s', (tiering) => {
  /** In a segment that begins in the middle of a page; the general-protection handler is at 5000h. Where it found itself, and how far AX had come. */
  const run = (code: string, rip: bigint): string => {
    const t = testProcessor(0x40000, undefined, {}, undefined, tiering);
    enterRealMode(t);
    setSegment(t.cpu, SEGMENT.cs, 0x1008, 0x10080, 0xffff, 0x9b);
    t.cpu.modeChanged();
    t.ram.set(hex('00 50 00 00'), 4 * 13);
    t.ram.set(hex('eb fe'), 0x5000);
    t.ram.set(hex(code), 0x10080 + Number(rip));
    t.cpu.write64(SLOT.rax, 0n);
    t.cpu.write64(SLOT.rsp, 0x8000n);
    t.cpu.write64(SLOT.RIP, rip);
    t.cpu.run(100);
    const pushed = t.ram[0x7ffa] | (t.ram[0x7ffb] << 8);
    return `${t.cpu.read64(SLOT.RIP).toString(16)} from ${pushed.toString(16)}, AX ${t.cpu.read64(SLOT.rax)}`;
  };
  // SDM, volume 3, 5.3: #GP for an instruction of which any byte lies behind the limit.
  test.each([
    ['behind the last instruction within it', '40 40 40 40 40 40 40 40', 0xfffdn, '5000 from 0, AX 3'],
    ['at an instruction that lies on both sides', '40 40 05 01 00 40', 0xfffcn, '5000 from fffe, AX 2'],
    ['not before', '40 05 01 00 eb fe', 0xfffan, 'fffe from 0, AX 2'],
  ])('%s', (_where, code, rip, expected) => {
    expect(run(code, rip)).toBe(expected);
  });
});
