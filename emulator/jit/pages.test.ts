// SPDX-License-Identifier: MIT
/** @fileoverview Regions of several pages: calls between pages stay inside, until other code is mapped there, or it is written. */
import { expect, test } from 'vitest';
import { TIERINGS, type Tiering } from '../cpu/processor.ts';
import { enterLongMode, type TestProcessor, testProcessor } from '../cpu/testProcessor.ts';
import { JitTrace } from '../host/jitTrace.ts';
import { SLOT } from '../ir/state.ts';

const TABLE = 0x4000;
/** Linear addresses of the loop and, in the next page, of what it calls; a frame with another callee. */
const LOOP = 0x40ff0;
const CALLEE = 0x41000;
const OTHER = 0x61000;
const STACK = 0x80000;
const ROUNDS = 500;
/** Instructions of a round: call, the callee's, dec, jnz. */
const SHORT = 5;

/** call CALLEE; dec ecx; jnz to the call; jmp $. The page ends behind it. */
const CALLING = [0xe8, 0x0b, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf7, 0xeb, 0xfe];
/** add eax, n; ret. */
const adding = (n: number): number[] => [0x83, 0xc0, n, 0xc3];
function start(tiering: Tiering, callee: number[], cpl: 0 | 3 = 0): TestProcessor {
  const t = testProcessor(0x100000, undefined, {}, undefined, tiering);
  const { cpu, ram } = t;
  enterLongMode(t, cpl);
  // The first 2 MiB in small pages.
  for (let page = 0; page < 512; page++) cpu.physical.write64(TABLE + page * 8, BigInt(page << 12) | 7n);
  cpu.physical.write64(0x3000, BigInt(TABLE) | 7n);
  ram.set(CALLING, LOOP);
  ram.set(callee, CALLEE);
  cpu.write64(SLOT.rsp, BigInt(STACK));
  cpu.write64(SLOT.rax, 0n);
  again(t);
  return t;
}
function again({ cpu }: TestProcessor): void {
  cpu.write64(SLOT.RIP, BigInt(LOOP));
  cpu.write64(SLOT.rcx, BigInt(ROUNDS));
}
/** Runs so many instructions in slices that are longer than any region. */
function go({ cpu }: TestProcessor, instructions: number): void {
  for (const until = cpu.retired + instructions; cpu.retired < until; ) cpu.run(Math.min(until, cpu.retired + 400));
}

test('a call to another page and its return stay in the region', () => {
  const t = start('compiled', adding(1));
  const trace = new JitTrace([t.cpu], () => {});
  go(t, SHORT * ROUNDS);
  expect([t.cpu.read64(SLOT.rcx), t.cpu.read64(SLOT.rax)]).toEqual([0n, BigInt(ROUNDS)]);
  const regions = trace.record() as { entered: number }[];
  // At the ends of slices, and until all of the loop is known.
  expect(regions.reduce((sum, { entered }) => sum + entered, 0)).toBeLessThan(ROUNDS / 4);
});

for (const tiering of TIERINGS) {
  for (const cpl of [0, 3] as const) {
    test(`what is mapped where a region's second page was is what runs, ${tiering}, level ${cpl}`, () => {
      const t = start(tiering, adding(1), cpl);
      const { cpu, ram } = t;
      ram.set(adding(100), OTHER);
      go(t, SHORT * ROUNDS);
      cpu.physical.write64(TABLE + (CALLEE >> 12) * 8, BigInt(OTHER) | 7n);
      again(t);
      // As long as nobody says so, the old one may be used; behind this it may not.
      cpu.flushTlb(false);
      go(t, SHORT * ROUNDS);
      expect([cpu.read64(SLOT.rcx), cpu.read64(SLOT.rax)]).toEqual([0n, BigInt(101 * ROUNDS)]);
      // And back again.
      cpu.physical.write64(TABLE + (CALLEE >> 12) * 8, BigInt(CALLEE) | 7n);
      again(t);
      cpu.flushTlb(false);
      go(t, SHORT * ROUNDS);
      expect([cpu.read64(SLOT.rcx), cpu.read64(SLOT.rax)]).toEqual([0n, BigInt(102 * ROUNDS)]);
    });
    test(`what is written into a region's second page is what runs, ${tiering}, level ${cpl}`, () => {
      const t = start(tiering, adding(1), cpl);
      const { cpu } = t;
      go(t, SHORT * ROUNDS);
      cpu.physical.writeBytes(CALLEE, Uint8Array.from(adding(100)));
      again(t);
      go(t, SHORT * ROUNDS);
      expect([cpu.read64(SLOT.rcx), cpu.read64(SLOT.rax)]).toEqual([0n, BigInt(101 * ROUNDS)]);
    });
  }
  test(`a page that is not mapped any more faults where control enters it, ${tiering}`, () => {
    const t = start(tiering, adding(1));
    const { cpu } = t;
    go(t, SHORT * ROUNDS);
    cpu.physical.write64(TABLE + (CALLEE >> 12) * 8, 0n);
    cpu.flushTlb(false);
    again(t);
    // Without an interrupt table there is no way on.
    expect(() => go(t, SHORT * ROUNDS)).toThrow();
    expect([cpu.read64(SLOT.CR2), cpu.read64(SLOT.rax)]).toEqual([BigInt(CALLEE), BigInt(ROUNDS)]);
  });
  test(`every slice ends where it should in either page, ${tiering}`, () => {
    const t = start(tiering, adding(1));
    const { cpu } = t;
    for (let until = 0; until < SHORT * (ROUNDS - 1); ) {
      until += 1 + (until % 37);
      cpu.run(until);
      const [rounds, at] = [Math.floor(until / SHORT), until % SHORT];
      expect(cpu.retired).toBe(until);
      expect(cpu.read64(SLOT.RIP)).toBe(BigInt([LOOP, CALLEE, CALLEE + 3, LOOP + 5, LOOP + 7][at]));
      expect(cpu.read64(SLOT.rax)).toBe(BigInt(rounds + (at >= 2 ? 1 : 0)));
    }
  });
}
