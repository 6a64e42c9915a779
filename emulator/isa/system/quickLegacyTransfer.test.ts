// SPDX-License-Identifier: MIT
/** @fileoverview The quick ways of 32-bit kernels against the whole ones: a processor whose TLB is said to know nothing takes the latter. */
import { expect, test } from 'vitest';
import { enterProtectedMode, TEST_RAM, type TestProcessor, testProcessor } from '../../cpu/testProcessor.ts';
import { SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { GuestFault } from '../helper.ts';
import { interruptReturn } from './farTransfer.ts';
import { deliverException, deliverInterrupt, softwareInterrupt } from './interrupt.ts';
import { loadQuickly } from './quickTransfer.ts';
import { loadSegment, setSegment } from './segmentation.ts';

const [GDT, IDT, TSS] = [0x10000, 0x11000, 0x12000];
const STACKS = { outer: 0x20800, inner: 0x31000 };
const HANDLER = 0x5000;
const VECTOR = 14;
const KERNEL = 0x00cf9b000000ffffn;
const DATA = 0x00cf93000000ffffn;
const USER = 0x00cffb000000ffffn;
const USER_DATA = 0x00cff3000000ffffn;

interface Case {
  level: 0 | 3;
  /** Of the gate. */
  gate?: number;
  /** Entries of the GDT, by number: 1 and 2 for the kernel, 3 and 4 for programs. */
  gdt?: Record<number, bigint>;
  inner?: number;
  innerSelector?: number;
  outer?: number;
  /** Attributes of the stack segment in use. */
  stack?: number;
  limits?: Partial<Record<'gdtr' | 'idtr' | 'tr', number>>;
  tss?: number;
  /** What becomes of the frame before the return: words by number. */
  frame?: Record<number, number>;
  flags?: number;
  event?: 'external' | 'software';
  /** Data segments that the handler returns with. */
  handlerData?: number;
}

function machine(c: Case): TestProcessor {
  const t = testProcessor();
  const { cpu } = t;
  enterProtectedMode(t, 32);
  const write = (address: number, value: bigint): void => cpu.physical.write64(address, value);
  for (const [n, d] of Object.entries({ 1: KERNEL, 2: DATA, 3: USER, 4: USER_DATA, ...c.gdt })) write(GDT + Number(n) * 8, d);
  write(IDT + VECTOR * 8, BigInt(HANDLER) | (8n << 16n) | (BigInt(c.gate ?? 0x8e) << 40n) | (0x12n << 48n));
  write(TSS + 4, BigInt(c.inner ?? STACKS.inner) | (BigInt(c.innerSelector ?? 0x10) << 32n));
  setSegment(cpu, SEGMENT.gdtr, 0, GDT, c.limits?.gdtr ?? 0x27, 0);
  setSegment(cpu, SEGMENT.idtr, 0, IDT, c.limits?.idtr ?? 0x7ff, 0);
  setSegment(cpu, SEGMENT.tr, 0x28, TSS, c.limits?.tr ?? 0x67, c.tss ?? 0x8b);
  if (c.level === 3) {
    setSegment(cpu, SEGMENT.cs, 0x1b, 0, 0xffffffff, 0xcfb);
    for (const seg of [SEGMENT.ss, SEGMENT.ds, SEGMENT.es]) setSegment(cpu, seg, 0x23, 0, 0xffffffff, 0xcf3);
    cpu.write32(SLOT.CPL, 3);
  }
  if (c.stack !== undefined) setSegment(cpu, SEGMENT.ss, cpu.read16(segmentSlot(SEGMENT.ss)), 0, 0xffffffff, c.stack);
  cpu.write64(SLOT.rsp, BigInt(c.outer ?? STACKS.outer));
  cpu.flags = c.flags ?? 0x246;
  cpu.modeChanged();
  cpu.rip = 0x1234n;
  // Everything is in the TLB.
  for (const page of [GDT, IDT, TSS, 0x1f000, 0x20000, 0x30000, 0x31000]) {
    cpu.loadHalves(page, 4, true);
    cpu.storeHalves(page + 0xff0, 4, 0, 0, true);
    cpu.loadHalves(page, 4, false);
    cpu.storeHalves(page + 0xff0, 4, 0, 0, false);
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
function deliver({ cpu }: TestProcessor, { event }: Case): void {
  if (event === 'external') deliverInterrupt(cpu, VECTOR);
  else if (event === 'software') softwareInterrupt(cpu, VECTOR, 'software');
  else deliverException(cpu, VECTOR, 6);
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
    attempt(() => deliver(t, c)),
    seen(t),
  );
  if (c.event === undefined) cpu.write64(SLOT.rsp, cpu.read64(SLOT.rsp) + 4n);
  if (c.handlerData !== undefined) setSegment(cpu, SEGMENT.ds, c.handlerData, 0, 0xffffffff, 0xc93);
  const sp = Number(cpu.read64(SLOT.rsp));
  for (const [n, word] of Object.entries(c.frame ?? {})) cpu.view.setUint32(TEST_RAM + sp + Number(n) * 4, word, true);
  states.push(
    attempt(() => interruptReturn(cpu, 32)),
    seen(t),
  );
  return { states, loads };
}

const ORDINARY: Case[] = [
  { level: 3 },
  { level: 0 },
  { level: 3, gate: 0x8f, flags: 0x40ad7 },
  { level: 3, gate: 0xee, event: 'software' },
  { level: 0, event: 'software' },
  { level: 3, event: 'external', flags: 0x3246 },
  { level: 0, event: 'external' },
  { level: 3, handlerData: 0x10 },
  { level: 3, frame: { 2: 0x3d7fd7 } },
  { level: 3, frame: { 1: 8 } },
  { level: 0, frame: { 2: 0x1d7fd7 } },
  { level: 0, frame: { 1: 0x1b, 3: 0x20700, 4: 0x23 } },
];
const OTHER: Case[] = [
  { level: 3, event: 'software' },
  { level: 3, event: 'software', gate: 0xce },
  { level: 3, inner: STACKS.inner + 8 },
  { level: 3, inner: 16 },
  { level: 3, innerSelector: 0x13 },
  { level: 3, innerSelector: 0x20 },
  { level: 3, innerSelector: 0 },
  { level: 3, innerSelector: 0x14 },
  { level: 0, outer: 8 },
  { level: 0, stack: 0x893 },
  { level: 0, stack: 0xc97 },
  { level: 3, gdt: { 1: KERNEL & ~(1n << 40n) } },
  { level: 3, gdt: { 2: DATA & ~(1n << 40n) } },
  { level: 3, gdt: { 3: USER & ~(1n << 40n), 4: USER_DATA & ~(1n << 40n) } },
  { level: 3, gdt: { 1: KERNEL & ~(1n << 47n) } },
  { level: 3, gdt: { 1: KERNEL | (1n << 42n) } },
  { level: 3, gdt: { 1: KERNEL & ~(1n << 55n) } },
  { level: 3, gdt: { 1: KERNEL | (1n << 16n) } },
  { level: 3, gdt: { 1: USER } },
  { level: 3, gdt: { 2: DATA | (1n << 42n) } },
  { level: 3, gdt: { 2: DATA & ~(1n << 41n) } },
  { level: 3, gdt: { 2: DATA & ~(1n << 54n) } },
  { level: 3, gdt: { 3: USER | (1n << 42n) } },
  { level: 3, gdt: { 3: USER & ~1n } },
  { level: 3, gdt: { 4: USER_DATA & ~(1n << 41n) } },
  { level: 3, gdt: { 4: USER_DATA & ~(1n << 47n) } },
  { level: 3, limits: { gdtr: 0x17 } },
  { level: 3, limits: { gdtr: 7 } },
  { level: 3, limits: { idtr: VECTOR * 8 + 6 } },
  { level: 3, limits: { tr: 10 } },
  { level: 3, tss: 0x83 },
  { level: 3, tss: 0x0b },
  { level: 3, gate: 0x0e },
  { level: 3, gate: 0x86 },
  { level: 3, gate: 0x85 },
  { level: 3, frame: { 1: 0 } },
  { level: 3, frame: { 1: 0x1f } },
  { level: 3, frame: { 4: 0 } },
  { level: 3, frame: { 4: 0x20 } },
  { level: 3, frame: { 4: 0x10 } },
  { level: 3, frame: { 2: 0x20246 } },
  { level: 3, flags: 0x4246, frame: { 2: 0x4246, 4: 0 } },
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

test.each([
  [0, 0x10, DATA, true],
  [0, 0x23, USER_DATA, true],
  [0, 0x20, USER_DATA, true],
  [3, 0x20, USER_DATA, true],
  [3, 0x10, DATA, false],
  [0, 0x13, DATA, false],
  [0, 0, DATA, false],
  [0, 3, DATA, false],
  [0, 0x14, DATA, false],
  [0, 0x10, DATA & ~(1n << 40n), false],
  [0, 0x10, DATA & ~(1n << 47n), false],
  [0, 0x10, KERNEL, false],
  [0, 0x10, DATA & ~(1n << 44n), false],
  [0, 0x10, 0x55409234567801ffn | (1n << 40n), true],
  [0, 0x10, 0x55401234567801ffn | (0x97n << 40n), true],
  [0, 0x28, DATA, false],
] as const)('loads a segment register at level %i with %i as the whole way does: %#', (level, selector, descriptor, expected) => {
  const states = [true, false].map((quick) => {
    const t = machine({ level, gdt: { [selector >> 3]: descriptor } });
    const done = quick && loadQuickly(t.cpu, SEGMENT.gs, selector);
    if (quick) expect(done).toBe(expected);
    return [done ? 'done' : attempt(() => loadSegment(t.cpu, SEGMENT.gs, selector)), seen(t)];
  });
  expect(states[0]).toEqual(states[1]);
});
