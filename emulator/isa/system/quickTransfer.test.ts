// SPDX-License-Identifier: MIT
/** @fileoverview The quick ways against the whole ones: a processor whose TLB is said to know nothing takes the latter. */
import { expect, test } from 'vitest';
import { enterLongMode, TEST_RAM, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { interruptReturn } from './farTransfer.ts';
import { deliverException, deliverInterrupt } from './interrupt.ts';
import { setSegment } from './segmentation.ts';

const [GDT, IDT, TSS] = [0x10000, 0x11000, 0x12000];
const STACKS = { outer: 0x20000, inner: 0x31000, interrupt: 0x43000 };
const HANDLER = 0x5000;
const VECTOR = 14;
const KERNEL = 0x00af9b000000ffffn;
const USER = 0x00affb000000ffffn;
const DATA = 0x00cff3000000ffffn;

interface Case {
  level: 0 | 3;
  gate?: number;
  stack?: number;
  /** Entries of the GDT, by number. */
  gdt?: Record<number, bigint>;
  inner?: number;
  outer?: number;
  handler?: number;
  limits?: Partial<Record<'gdtr' | 'idtr' | 'tr', number>>;
  /** What becomes of the frame before the return: words by number. */
  frame?: Record<number, bigint>;
  flags?: number;
  external?: boolean;
}

function machine(c: Case): TestProcessor {
  const t = testProcessor();
  const { cpu } = t;
  enterLongMode(t, c.level);
  const write = (address: number, value: bigint): void => cpu.physical.write64(address, value);
  for (const [n, d] of Object.entries({ 1: KERNEL, 2: 0x00cf93000000ffffn, 3: DATA, 4: USER, ...c.gdt }))
    write(GDT + Number(n) * 8, d);
  const handler = BigInt(c.handler ?? HANDLER);
  const type = BigInt(c.gate ?? 0x8e) << 40n;
  const gate = (handler & 0xffffn) | (8n << 16n) | (BigInt(c.stack ?? 0) << 32n) | type | (((handler >> 16n) & 0xffffn) << 48n);
  write(IDT + VECTOR * 16, gate);
  write(IDT + VECTOR * 16 + 8, handler >> 32n);
  write(TSS + 4, BigInt(c.inner ?? STACKS.inner));
  write(TSS + 36, BigInt(STACKS.interrupt));
  setSegment(cpu, SEGMENT.gdtr, 0, GDT, c.limits?.gdtr ?? 0x2f, 0);
  setSegment(cpu, SEGMENT.idtr, 0, IDT, c.limits?.idtr ?? 0xfff, 0);
  setSegment(cpu, SEGMENT.tr, 0x28, TSS, c.limits?.tr ?? 0x67, 0x8b);
  if (c.level === 3) {
    setSegment(cpu, SEGMENT.cs, 0x23, 0, 0xffffffff, 0xafb);
    setSegment(cpu, SEGMENT.ss, 0x1b, 0, 0xffffffff, 0xcf3);
  }
  cpu.write64(SLOT.rsp, BigInt(c.outer ?? STACKS.outer));
  cpu.flags = c.flags ?? 0x246;
  cpu.modeChanged();
  cpu.rip = 0x1234n;
  // Everything is in the TLB.
  for (const page of [GDT, IDT, TSS, 0x1f000, 0x20000, 0x30000, 0x31000, 0x42000, 0x43000]) {
    cpu.loadHalves(page, 4, true);
    cpu.storeHalves(page + 0xff0, 4, 0, 0, true);
    if (c.level === 3) cpu.storeHalves(page + 0xff0, 4, 0, 0, false);
  }
  return t;
}
/** What can be seen of it. */
function seen({ cpu, ram }: TestProcessor): unknown {
  const registers = [SLOT.rsp, SLOT.RIP, SLOT.CR2, SLOT.DR + 6 * 8].map((slot) => cpu.read64(slot));
  const segments = cpu.u8.slice(cpu.base + segmentSlot(0), cpu.base + segmentSlot(11));
  const rest = [cpu.flags, cpu.cpl, cpu.codeSize, cpu.read32(SLOT.TLB), cpu.read32(SLOT.ODD), cpu.read32(SLOT.NMI_MASK)];
  return {
    registers,
    segments: Buffer.from(segments).toString('hex'),
    rest,
    ram: Buffer.from(ram.subarray(0, 0x60000)).toString('latin1'),
  };
}
function attempt(act: () => void): unknown {
  try {
    act();
    return 'done';
  } catch (e) {
    if (e instanceof GuestFault) return [e.vector, e.error];
    return String(e);
  }
}
/** States behind the delivery and behind the return. `quick`: as it is, or with a TLB that is said to know nothing. */
function run(c: Case, quick: boolean): { states: unknown[]; loads: number } {
  const t = machine(c);
  const { cpu } = t;
  if (!quick) cpu.knownPlace = () => -1;
  let loads = 0;
  const load = cpu.loadHalves.bind(cpu);
  cpu.loadHalves = (...where) => {
    loads++;
    return load(...where);
  };
  const states: unknown[] = [];
  states.push(
    attempt(() => (c.external ? deliverInterrupt(cpu, VECTOR) : deliverException(cpu, VECTOR, 6))),
    seen(t),
  );
  if (!c.external) cpu.write64(SLOT.rsp, cpu.read64(SLOT.rsp) + 8n);
  const sp = Number(cpu.read64(SLOT.rsp));
  for (const [n, word] of Object.entries(c.frame ?? {})) cpu.view.setBigUint64(TEST_RAM + sp + Number(n) * 8, word, true);
  states.push(
    attempt(() => interruptReturn(cpu, 64)),
    seen(t),
  );
  return { states, loads };
}

const ORDINARY: Case[] = [
  { level: 3 },
  { level: 0 },
  { level: 3, gate: 0x8f, flags: 0x40ad7 },
  { level: 0, stack: 1 },
  { level: 3, stack: 1, external: true },
  { level: 3, external: true, flags: 0x3246 },
  { level: 0, outer: STACKS.outer + 0x7f8 },
  { level: 3, frame: { 2: 0x3f7fd7n } },
  { level: 0, frame: { 4: 0n } },
  { level: 3, flags: 0x4246 },
  { level: 0, frame: { 1: 0x23n, 4: 0x1bn } },
];
const OTHER: Case[] = [
  { level: 3, inner: STACKS.inner + 0x10 },
  { level: 3, gdt: { 1: KERNEL & ~(1n << 40n) } },
  { level: 3, gdt: { 3: DATA & ~(1n << 40n), 4: USER & ~(1n << 40n) } },
  { level: 3, gdt: { 1: KERNEL & ~(1n << 47n) } },
  { level: 3, gdt: { 1: KERNEL | (1n << 42n) } },
  { level: 3, gdt: { 1: KERNEL | (1n << 54n) } },
  { level: 3, gdt: { 1: USER } },
  { level: 3, gdt: { 4: USER | (1n << 42n) } },
  { level: 3, gdt: { 4: USER & ~(1n << 53n) } },
  { level: 3, gdt: { 3: DATA & ~(1n << 41n) } },
  { level: 3, gdt: { 3: DATA & ~(1n << 47n) } },
  { level: 3, limits: { gdtr: 0x1f } },
  { level: 3, limits: { gdtr: 7 } },
  { level: 3, limits: { idtr: VECTOR * 16 + 14 } },
  { level: 3, limits: { tr: 10 } },
  { level: 3, gate: 0x0e },
  { level: 3, gate: 0x85 },
  { level: 3, frame: { 0: 1n << 47n } },
  { level: 3, frame: { 1: 0x8n } },
  { level: 3, frame: { 1: 0n } },
  { level: 3, frame: { 4: 0n } },
  { level: 3, frame: { 4: 0x18n } },
  { level: 3, frame: { 1: 0x24n } },
];
const named = (list: Case[]): [string, Case][] =>
  list.map((c) => [JSON.stringify(c, (_, v) => (typeof v === 'bigint' || typeof v === 'number' ? v.toString(16) : v)), c]);

test.each(named(ORDINARY))('reads nothing but what the TLB knows, and does the same: %s', (_, c) => {
  const quick = run(c, true);
  const whole = run(c, false);
  expect(quick.loads).toBe(0);
  expect(whole.loads).toBeGreaterThan(0);
  expect(quick.states).toEqual(whole.states);
  expect(whole.states[2]).toBe('done');
});
test.each(named(OTHER))('leaves alone what is not ordinary: %s', (_, c) => {
  const quick = run(c, true);
  expect(quick.loads).toBeGreaterThan(0);
  expect(quick.states).toEqual(run(c, false).states);
});

test('bounds of a segment are those of its type', () => {
  const { cpu } = testProcessor();
  enterLongMode({ cpu, ram: cpu.u8 });
  const bounds = (attributes: number): number[] => {
    setSegment(cpu, SEGMENT.ds, 0x10, 0, 0xfff, attributes);
    return [SEG.readLow, SEG.readHigh, SEG.writeLow, SEG.writeHigh].map((f) => cpu.read32(segmentSlot(SEGMENT.ds) + f));
  };
  const all = [0, 0xfff];
  const nothing = [1, 0];
  // APM vol. 2, table 4-3: data, read-only data, code, execute-only code, not present, system.
  expect(bounds(0xc93)).toEqual([...all, ...all]);
  expect(bounds(0xc91)).toEqual([...all, ...nothing]);
  expect(bounds(0xc9b)).toEqual([...all, ...nothing]);
  expect(bounds(0xc99)).toEqual([...nothing, ...nothing]);
  expect(bounds(0xc13)).toEqual([...nothing, ...nothing]);
  expect(bounds(0xc83)).toEqual([...nothing, ...nothing]);
  expect(bounds(0xc97)).toEqual([0x1000, -1, 0x1000, -1]);
});
