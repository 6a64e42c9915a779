// SPDX-License-Identifier: MIT
/**
 * @fileoverview One processor in a snapshot: architectural registers by their names in the manuals, the events it waits for, and its
 * translations.
 *
 * Translations are state: a guest that changes a page table without invalidating sees the old entry until it is evicted, and an access
 * through a cached entry does not set the accessed bit again. So TLB entries and the translations of code are saved as they are, and
 * saving changes nothing in the machine that goes on.
 *
 * Not in it, being made anew from the rest: decoded code and the jump cache that leads to it, segment bounds, the split form of the
 * arithmetic flags.
 */
import type { DeviceState, StateValue } from '../bus/device.ts';
import { type Fields, loadFields, saveFields } from '../bus/state.ts';
import type { Processor } from '../cpu/processor.ts';
import { SEG, SEGMENT, SLOT, segmentSlot, TLB_KINDS, XMM, YMM_HIGH } from '../ir/state.ts';
import { MACHINE_CHECK_BANKS } from '../isa/system/msr.ts';

const VERSION = 2;
const PAGES_PER_4G = 2 ** 20;
const LINEAR_PAGES = 2 ** 52;
const U64 = (1n << 64n) - 1n;
const VECTOR_REGISTERS = 16;
const FP_REGISTERS = 8;

type Register = readonly [name: string, slot: number, bytes: 1 | 2 | 4 | 8];

/** Registers that are one of many of a kind are arrays: first slot, number. */
const ARRAYS: Readonly<Record<string, readonly [slot: number, count: number]>> = {
  DR: [SLOT.DR, 8],
  MTRR_VARIABLE: [SLOT.MTRR_VARIABLE, 16],
  MTRR_FIXED: [SLOT.MTRR_FIXED, 11],
  PDPTE: [SLOT.PDPTE, 4],
  /** CTL, STATUS, ADDR, MISC of each bank. */
  MC_BANKS: [SLOT.MC_BANKS, MACHINE_CHECK_BANKS * 4],
};
const isSystem = (slot: number): boolean =>
  slot <= SLOT.RIP || (slot >= SLOT.CR0 && slot < SLOT.SCRATCH) || slot >= SLOT.MCG_STATUS;
const REGISTERS: readonly Register[] = [
  ...Object.entries(SLOT)
    .filter(([name, slot]) => isSystem(slot) && !(name in ARRAYS))
    .map(([name, slot]): Register => [name, slot, 8]),
  ['FCW', SLOT.FCW, 2],
  ['FSW', SLOT.FSW, 2],
  ['FTOP', SLOT.FTOP, 1],
  ['FTW', SLOT.FTW, 1],
  ['FOP', SLOT.FOP, 2],
  ['FIP', SLOT.FIP, 8],
  ['FDP', SLOT.FDP, 8],
  ['FCS', SLOT.FCS, 2],
  ['FDS', SLOT.FDS, 2],
  ['MXCSR', SLOT.MXCSR, 4],
  ['CPL', SLOT.CPL, 1],
  ['SHADOW', SLOT.SHADOW, 1],
  ['NMI_MASK', SLOT.NMI_MASK, 1],
];
/** Highest values of what TypeScript or engines use as an index. */
const LIMITS: Readonly<Record<string, bigint>> = { FTOP: 7n, CPL: 3n, SHADOW: 1n, NMI_MASK: 1n };
const SEGMENTS = Object.entries(SEGMENT).filter(([name]) => name !== 'flat');

export function saveProcessor(cpu: Processor): DeviceState {
  const { retired, halted, parked, nmiWaiting, rflags, hidden } = cpu;
  const registers: Fields = {};
  for (const [name, slot, bytes] of REGISTERS) registers[name] = cpu.read64(slot) & (U64 >> BigInt(64 - 8 * bytes));
  // That of STI is a moment; loaded, it is the same as that of MOV SS.
  registers.SHADOW = BigInt(cpu.inShadow());
  for (const [name, [slot, count]] of Object.entries(ARRAYS)) {
    registers[name] = Array.from({ length: count }, (_, n) => cpu.read64(slot + 8 * n));
  }
  const tlb = cpu.tlb.entries();
  return saveFields(VERSION, {
    ...{ retired, halted, parked, nmiWaiting, rflags, ...registers },
    xmm: Array.from({ length: VECTOR_REGISTERS }, (_, n) => wide(cpu, XMM(n))),
    ymmHigh: Array.from({ length: VECTOR_REGISTERS }, (_, n) => wide(cpu, YMM_HIGH(n))),
    fpr: Array.from({ length: FP_REGISTERS }, (_, n) => wide(cpu, SLOT.FPR + 16 * n) & ((1n << 80n) - 1n)),
    segments: Object.fromEntries(SEGMENTS.map(([name, n]) => [name, segment(cpu, n)])),
    trapsPending: hidden.trapsPending,
    alignmentCheckedFills: hidden.checkedFills,
    tlb: {
      linear: tlb.map((e) => linearPage(e.high, e.low)),
      page: tlb.map((e) => cpu.physical.pageAt(e.place)),
      kind: tlb.map((e) => e.kind),
      write: tlb.map((e) => Number(e.write)),
      global: tlb.map((e) => Number(e.global)),
      size: tlb.map((e) => e.size),
    },
    code: {
      linear: hidden.code.map((e) => linearPage(e.high, e.low)),
      page: hidden.code.map((e) => cpu.physical.pageAt(e.place)),
      kind: hidden.code.map((e) => e.kind),
      global: hidden.code.map((e) => Number(e.global)),
      size: hidden.code.map((e) => e.size),
    },
  });
}

/** After RAM and devices. Throws an Error with one line that names the field. */
export function loadProcessor(cpu: Processor, state: DeviceState): void {
  const name = `cpu${cpu.index}`;
  const shape = { ...shapeOf(cpu), tlb: { linear: [], page: [], kind: [], write: [], global: [], size: [] }, code: CODE_SHAPE };
  const fields = loadFields(name, state, VERSION, shape as typeof shape & Fields) as unknown as Loaded;
  const translations = (table: Table, part: string) => checkedTranslations(cpu, `${name}: snapshot field '${part}'`, table);
  const tlb = translations(fields.tlb, 'tlb');
  const code = translations(fields.code, 'code');

  for (const [register, slot, bytes] of REGISTERS) {
    const value = fields[register] as bigint;
    if (value > (LIMITS[register] ?? U64)) throw new Error(`${name}: snapshot field '${register}' is malformed`);
    if (bytes === 8) cpu.write64(slot, value);
    else if (bytes === 4) cpu.write32(slot, Number(value & 0xffffffffn));
    else if (bytes === 2) cpu.write16(slot, Number(value & 0xffffn));
    else cpu.u8[cpu.base + slot] = Number(value & 0xffn);
  }
  for (const [array, [slot]] of Object.entries(ARRAYS)) {
    for (const [n, value] of (fields[array] as bigint[]).entries()) cpu.write64(slot + 8 * n, value);
  }
  fields.xmm.forEach((value, n) => {
    writeWide(cpu, XMM(n), value);
  });
  fields.ymmHigh.forEach((value, n) => {
    writeWide(cpu, YMM_HIGH(n), value);
  });
  fields.fpr.forEach((value, n) => {
    writeWide(cpu, SLOT.FPR + 16 * n, value & ((1n << 80n) - 1n));
  });
  for (const [segmentName, n] of SEGMENTS) {
    const { selector, attributes, limit, base } = fields.segments[segmentName];
    cpu.write16(segmentSlot(n) + SEG.selector, selector);
    cpu.write16(segmentSlot(n) + SEG.attributes, attributes);
    cpu.write32(segmentSlot(n) + SEG.limit, limit);
    cpu.write64(segmentSlot(n) + SEG.base, base);
  }
  cpu.rflags = fields.rflags;
  cpu.retired = fields.retired;
  cpu.halted = fields.halted;
  cpu.parked = fields.parked;
  cpu.nmiWaiting = fields.nmiWaiting;
  cpu.stateReplaced({ trapsPending: fields.trapsPending, checkedFills: fields.alignmentCheckedFills, code });
  for (const e of tlb) {
    // No code has been decoded, so that only breakpoints and alignment checks need to see the accesses.
    const watched = cpu.breakpointPage(e.high, e.low) || (e.kind === 0 && cpu.hidden.checkedFills);
    cpu.tlb.fill(e, watched);
  }
}

interface Table {
  linear: number[];
  page: number[];
  kind: number[];
  write?: number[];
  global: number[];
  size: number[];
}
interface Loaded {
  [register: string]: unknown;
  retired: number;
  halted: boolean;
  parked: boolean;
  nmiWaiting: boolean;
  rflags: bigint;
  xmm: bigint[];
  ymmHigh: bigint[];
  fpr: bigint[];
  segments: { [name: string]: { selector: number; attributes: number; limit: number; base: bigint } };
  trapsPending: number;
  alignmentCheckedFills: boolean;
  tlb: Table;
  code: Table;
}
const CODE_SHAPE = { linear: [], page: [], kind: [], global: [], size: [] };

let knownShape: Fields | undefined;
/** What any processor saves has the shape of what another does. */
function shapeOf(cpu: Processor): Fields {
  if (!knownShape) {
    const { version: _, ...fields } = saveProcessor(cpu);
    knownShape = fields;
  }
  return knownShape;
}

const PAGE_SIZES: ReadonlySet<number> = new Set([0x1000, 0x200000, 0x400000, 0x40000000]);
/** Tables come from outside: none of them may lead out of the machine's RAM. */
function checkedTranslations(cpu: Processor, what: string, { linear, page, kind, write, global, size }: Table) {
  const pages = cpu.physical.ramSize / 4096;
  const whole = (value: number | undefined, below: number): boolean =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < below;
  return linear.map((number, i) => {
    const sound =
      whole(number, LINEAR_PAGES) &&
      whole(page[i], pages) &&
      whole(kind[i], TLB_KINDS) &&
      whole(global[i], 2) &&
      PAGE_SIZES.has(size[i]);
    if (!sound || (write && !whole(write[i], 2))) throw new Error(`${what} is malformed`);
    return {
      high: Math.floor(number / PAGES_PER_4G) | 0,
      low: (number % PAGES_PER_4G) << 12,
      place: cpu.physical.placeOfPage(page[i]),
      kind: kind[i],
      write: write?.[i] === 1,
      global: global[i] === 1,
      size: size[i],
    };
  });
}

const linearPage = (high: number, low: number): number => (high >>> 0) * PAGES_PER_4G + (low >>> 12);
const wide = (cpu: Processor, slot: number): bigint => cpu.read64(slot) | (cpu.read64(slot + 8) << 64n);
function writeWide(cpu: Processor, slot: number, value: bigint): void {
  cpu.write64(slot, value);
  cpu.write64(slot + 8, value >> 64n);
}
function segment(cpu: Processor, n: number): StateValue {
  const at = segmentSlot(n);
  return {
    selector: cpu.read16(at + SEG.selector),
    attributes: cpu.read16(at + SEG.attributes),
    limit: cpu.read32(at + SEG.limit) >>> 0,
    base: cpu.read64(at + SEG.base),
  };
}
