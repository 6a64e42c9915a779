// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { enterLongMode, enterProtectedMode, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { writeCr0 } from './control.ts';
import { bounds, linearAddress, loadSegment, setSegment } from './segmentation.ts';

/** The vector and error code that `run` raises. */
function fault(run: () => void): string {
  try {
    run();
  } catch (e) {
    if (e instanceof GuestFault) return `${e.vector} ${e.error}`;
    throw e;
  }
  return 'none';
}
const GDT = 0x2000;
/** Puts descriptors into a GDT at 0x2000. */
function gdt(t: TestProcessor, ...entries: bigint[]): void {
  entries.forEach((e, i) => {
    t.cpu.physical.write64(GDT + i * 8, e);
  });
  setSegment(t.cpu, SEGMENT.gdtr, 0, GDT, entries.length * 8 - 1, 0);
}
/** Base 1000h; limits in bytes. */
const DATA_64K = 0x0000_9200_1000_ffffn;
const EXPAND_DOWN_16 = 0x0000_9600_1000_0fffn;
const EXPAND_DOWN_32 = 0x0040_9600_1000_0fffn;
const READ_ONLY = 0x0000_9000_1000_ffffn;
const CODE_READABLE = 0x0000_9a00_1000_ffffn;
const CODE = 0x0000_9800_1000_ffffn;

describe('bounds of a segment (APM vol. 2, 4.7.2)', () => {
  test('an expand-down segment allows what lies above its limit, up to 64 KiB or 4 GiB', () => {
    expect(bounds(0xfff, 0x96, false)).toEqual({ low: 0x1000, high: 0xffff });
    expect(bounds(0xfff, 0x496, true)).toEqual({ low: 0x1000, high: 0xffffffff });
    expect(bounds(0xffffffff, 0x496, true)).toEqual({ low: 1, high: 0 });
  });
  test('nothing may be done with segments that are absent, null or of a system type', () => {
    for (const attributes of [0, 0x12, 0x82]) expect(bounds(0xffff, attributes, false)).toEqual({ low: 1, high: 0 });
  });
});

describe('accesses in protected mode', () => {
  const t = testProcessor();
  enterProtectedMode(t, 32);
  gdt(t, 0n, DATA_64K, EXPAND_DOWN_16, EXPAND_DOWN_32, READ_ONLY, CODE_READABLE, CODE);
  const access = (selector: number, offset: bigint, bytes: number, write: boolean): string => {
    loadSegment(t.cpu, SEGMENT.ds, selector);
    let linear = 0n;
    const what = fault(() => {
      linear = linearAddress(t.cpu, SEGMENT.ds, offset, bytes, write);
    });
    return what === 'none' ? linear.toString(16) : what;
  };

  test('end at the limit', () => {
    expect(access(8, 0xfffcn, 4, true)).toBe('10ffc');
    expect(access(8, 0xfffdn, 4, true)).toBe('13 0');
    expect(access(8, 0xffffffffn, 4, false)).toBe('13 0');
  });
  test('begin above the limit of an expand-down segment', () => {
    expect(access(0x10, 0xfffn, 1, false)).toBe('13 0');
    expect(access(0x10, 0x1000n, 1, false)).toBe('2000');
    expect(access(0x10, 0xffffn, 2, false)).toBe('13 0');
    expect(access(0x18, 0xffffn, 2, false)).toBe('10fff');
  });
  test('obey the type', () => {
    expect(access(0x20, 0n, 1, false)).toBe('1000');
    expect(access(0x20, 0n, 1, true)).toBe('13 0');
    expect(access(0x28, 0n, 1, false)).toBe('1000');
    expect(access(0x28, 0n, 1, true)).toBe('13 0');
    expect(fault(() => loadSegment(t.cpu, SEGMENT.ds, 0x30))).toBe('13 48');
  });
  test('through a null selector are #GP(0), through SS #SS(0)', () => {
    expect(access(0, 0n, 1, false)).toBe('13 0');
    loadSegment(t.cpu, SEGMENT.ss, 8);
    expect(fault(() => linearAddress(t.cpu, SEGMENT.ss, 0x10000n, 1, false))).toBe('12 0');
  });
  test('mark the descriptor accessed', () => {
    loadSegment(t.cpu, SEGMENT.es, 0x10);
    expect(t.cpu.physical.read64(GDT + 0x10)).toBe(EXPAND_DOWN_16 | (1n << 40n));
  });
});

test('limits loaded in protected mode stay in real mode, where types do not count', () => {
  const t = testProcessor();
  enterProtectedMode(t, 16);
  gdt(t, 0n, 0x00cf_9000_0000_ffffn);
  loadSegment(t.cpu, SEGMENT.ds, 8);
  expect(fault(() => linearAddress(t.cpu, SEGMENT.ds, 0x12345678n, 4, true))).toBe('13 0');
  writeCr0(t.cpu, 0x10n);
  expect(linearAddress(t.cpu, SEGMENT.ds, 0x12345678n, 4, true)).toBe(0x12345678n);
  loadSegment(t.cpu, SEGMENT.ds, 0x1000);
  expect(linearAddress(t.cpu, SEGMENT.ds, 0x12345678n, 4, true)).toBe(0x12355678n);
});

test('64-bit mode adds only FS and GS, and wants canonical addresses', () => {
  const t = testProcessor();
  enterLongMode(t);
  t.cpu.write64(segmentSlot(SEGMENT.ds) + SEG.base, 0x5000n);
  t.cpu.write64(segmentSlot(SEGMENT.gs) + SEG.base, 0xffff_8000_0000_0000n);
  expect(linearAddress(t.cpu, SEGMENT.ds, 0x10n, 8, false)).toBe(0x10n);
  expect(linearAddress(t.cpu, SEGMENT.gs, 0x10n, 8, false)).toBe(0xffff_8000_0000_0010n);
  expect(fault(() => linearAddress(t.cpu, SEGMENT.ds, 0x7fff_ffff_fff9n, 8, false))).toBe('13 0');
  expect(fault(() => linearAddress(t.cpu, SEGMENT.ss, 0x8000_0000_0000n, 8, false))).toBe('12 0');
  expect(t.cpu.read32(SLOT.CPL)).toBe(0);
});
