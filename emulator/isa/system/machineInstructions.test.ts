// SPDX-License-Identifier: MIT
/** @fileoverview MONITOR's operand (APM vol. 3, MONITOR): rAX in DS or the segment that overrides it, checked like one byte that is read. */
import { expect, test } from 'vitest';
import {
  enterLongMode,
  enterProtectedMode,
  haltOnExceptions,
  type TestProcessor,
  testProcessor,
} from '../../cpu/testProcessor.ts';
import { SEGMENT, SLOT } from '../../ir/state.ts';
import { setSegment } from './segmentation.ts';

const CODE = 0x10000;
const HLT = 0xf4;
const MONITOR = [0x0f, 0x01, 0xc8];
const FS = 0x64;
const ABSENT = 0x40000000n;

/** The vector of the exception that `code` ends with, or -1. */
function vectorOf(enter: (t: TestProcessor) => void, rax: bigint, ...code: number[]): { vector: number; cr2: bigint } {
  const t = testProcessor();
  const { cpu, ram } = t;
  enter(t);
  const vector = haltOnExceptions(t);
  ram.set([...code, HLT], CODE);
  cpu.write64(SLOT.rax, rax);
  cpu.write64(SLOT.rsp, 0x60000n);
  cpu.rip = BigInt(CODE);
  cpu.run(10);
  return { vector: vector(), cr2: cpu.read64(SLOT.CR2) };
}

test('MONITOR looks where FS says in 64-bit mode, and nowhere else', () => {
  const enter = (t: TestProcessor): void => {
    enterLongMode(t);
    setSegment(t.cpu, SEGMENT.fs, 0x10, Number(ABSENT), 0xffffffff, 0xc93);
  };
  expect(vectorOf(enter, 0x123n, ...MONITOR).vector).toBe(-1);
  expect(vectorOf(enter, 0x123n, FS, ...MONITOR)).toEqual({ vector: 14, cr2: ABSENT + 0x123n });
});
test('MONITOR asks for the limit of the segment that overrides DS', () => {
  const enter = (t: TestProcessor): void => {
    enterProtectedMode(t, 32);
    setSegment(t.cpu, SEGMENT.fs, 0x10, 0, 0xfff, 0x493);
  };
  expect(vectorOf(enter, 0x1000n, ...MONITOR).vector).toBe(-1);
  expect(vectorOf(enter, 0xfffn, FS, ...MONITOR).vector).toBe(-1);
  expect(vectorOf(enter, 0x1000n, FS, ...MONITOR).vector).toBe(13);
});
