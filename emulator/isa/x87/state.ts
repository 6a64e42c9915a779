// SPDX-License-Identifier: MIT
/**
 * @fileoverview FXSAVE, FXRSTOR and the XSAVE family: x87, SSE and AVX state in memory (SDM vol. 1, 10.5 and 13; APM vol. 2, 11.5).
 *
 * State components are rows of one table; which of them exist is what XCR0 (and IA32_XSS for the supervisor forms) allows, so a further
 * component is a further row. Images are built, or read and tested, in a buffer: a store or load that faults has changed nothing.
 *
 * A component is in use unless it has its initial contents, which is found by looking. The modified optimization, which processors
 * need not have, is left out: XSAVEOPT and XSAVES write every component in use.
 */
import type { Builder } from '../../ir/builder.ts';
import { SLOT, XMM, YMM_HIGH } from '../../ir/state.ts';
import type { HelperRef, Operand } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { FCW_INITIAL, initialize, setWords, statusWord } from './control.ts';
import { following } from './unit.ts';

const MXCSR_INITIAL = 0x1f80;
/** Bits of MXCSR that exist, with denormals-are-zero: the mask that FXSAVE reports. */
const MXCSR_BITS = 0xffff;

const X87 = 1;
const SSE = 2;
const AVX = 4;
const LEGACY_SIZE = 512;
const HEADER_SIZE = 64;
const EXTENDED = LEGACY_SIZE + HEADER_SIZE;

/** The largest image is that of all rows below. */
const image = new DataView(new ArrayBuffer(4096));
const imageBytes = new Uint8Array(image.buffer);

// Legacy region.

/** `wide`: 64-bit pointers (REX.W), which become canonical when they are loaded. */
function saveX87(cpu: Cpu, wide: boolean): void {
  image.setUint16(0, cpu.read16(SLOT.FCW), true);
  image.setUint16(2, statusWord(cpu), true);
  image.setUint16(4, cpu.view.getUint8(cpu.base + SLOT.FTW), true);
  image.setUint16(6, cpu.read16(SLOT.FOP), true);
  if (wide) {
    image.setBigUint64(8, cpu.read64(SLOT.FIP), true);
    image.setBigUint64(16, cpu.read64(SLOT.FDP), true);
  } else {
    image.setUint32(8, cpu.read32(SLOT.FIP), true);
    image.setUint32(12, cpu.read16(SLOT.FCS), true);
    image.setUint32(16, cpu.read32(SLOT.FDP), true);
    image.setUint32(20, cpu.read16(SLOT.FDS), true);
  }
  const top = cpu.read32(SLOT.FTOP);
  for (let i = 0; i < 8; i++) {
    const from = cpu.base + SLOT.FPR + ((top + i) & 7) * 16;
    image.setBigUint64(32 + i * 16, cpu.view.getBigUint64(from, true), true);
    image.setBigUint64(40 + i * 16, BigInt(cpu.view.getUint16(from + 8, true)), true);
  }
}
function restoreX87(cpu: Cpu, wide: boolean): void {
  const { view, base } = cpu;
  setWords(cpu, image.getUint16(0, true), image.getUint16(2, true));
  view.setUint8(base + SLOT.FTW, image.getUint8(4));
  view.setUint16(base + SLOT.FOP, image.getUint16(6, true) & 0x7ff, true);
  const pointer = (at: number): bigint =>
    wide ? BigInt.asUintN(64, BigInt.asIntN(48, image.getBigUint64(at, true))) : BigInt(image.getUint32(at, true));
  cpu.write64(SLOT.FIP, pointer(8));
  cpu.write64(SLOT.FDP, pointer(16));
  view.setUint16(base + SLOT.FCS, 0, true);
  view.setUint16(base + SLOT.FDS, 0, true);
  const top = view.getUint32(base + SLOT.FTOP, true);
  for (let i = 0; i < 8; i++) {
    const to = base + SLOT.FPR + ((top + i) & 7) * 16;
    view.setBigUint64(to, image.getBigUint64(32 + i * 16, true), true);
    view.setUint16(to + 8, image.getUint16(40 + i * 16, true), true);
  }
}
function initializeX87(cpu: Cpu): void {
  initialize(cpu);
  for (let n = 0; n < 8; n++) {
    cpu.write64(SLOT.FPR + n * 16, 0n);
    cpu.write16(SLOT.FPR + n * 16 + 8, 0);
  }
}
function x87InUse(cpu: Cpu): boolean {
  if (cpu.read16(SLOT.FCW) !== FCW_INITIAL || statusWord(cpu) !== 0 || cpu.view.getUint8(cpu.base + SLOT.FTW) !== 0) return true;
  if (cpu.read16(SLOT.FOP) !== 0 || cpu.read64(SLOT.FIP) !== 0n || cpu.read64(SLOT.FDP) !== 0n) return true;
  for (let n = 0; n < 8; n++) {
    if (cpu.read64(SLOT.FPR + n * 16) !== 0n || cpu.read16(SLOT.FPR + n * 16 + 8) !== 0) return true;
  }
  return false;
}

const vectorRegisters = (cpu: Cpu): number => (cpu.codeSize === 64 ? 16 : 8);
/** Copies between 16-byte slots of the state and the image. */
function saveVectors(cpu: Cpu, slot: (n: number) => number, at: number): void {
  const from = cpu.base + slot(0);
  imageBytes.set(memoryOf(cpu).subarray(from, from + 16 * vectorRegisters(cpu)), at);
}
function restoreVectors(cpu: Cpu, slot: (n: number) => number, at: number): void {
  memoryOf(cpu).set(imageBytes.subarray(at, at + 16 * vectorRegisters(cpu)), cpu.base + slot(0));
}
function initializeVectors(cpu: Cpu, slot: (n: number) => number): void {
  const from = cpu.base + slot(0);
  memoryOf(cpu).fill(0, from, from + 16 * vectorRegisters(cpu));
}
function vectorsInUse(cpu: Cpu, slot: (n: number) => number): boolean {
  const { view } = cpu;
  const from = cpu.base + slot(0);
  for (let at = from; at < from + 256; at += 4) if (view.getInt32(at, true) !== 0) return true;
  return false;
}
function saveMxcsr(cpu: Cpu): void {
  image.setUint32(24, cpu.read32(SLOT.MXCSR), true);
  image.setUint32(28, MXCSR_BITS, true);
}

// Memory: at once where a range lies in one page of RAM, else by accesses of 8 bytes. `ranges` are [from, to) in the image.

let memory: Uint8Array = new Uint8Array(0);
function memoryOf(cpu: Cpu): Uint8Array {
  if (memory.buffer !== cpu.view.buffer) memory = new Uint8Array(cpu.view.buffer);
  return memory;
}
type Range = readonly [from: number, to: number];
function copyOut(cpu: Cpu, address: bigint, ranges: readonly Range[]): void {
  for (const [from, to] of ranges) cpu.probe(following(cpu, address, from), to - from, true);
  for (const [from, to] of ranges) {
    const place = cpu.place(following(cpu, address, from), to - from, true);
    if (place >= 0) memoryOf(cpu).set(imageBytes.subarray(from, to), place);
    else for (let at = from; at < to; at += 8) cpu.store(following(cpu, address, at), 8, image.getBigUint64(at, true));
  }
}
function copyIn(cpu: Cpu, address: bigint, from: number, to: number): void {
  const place = cpu.place(following(cpu, address, from), to - from, false);
  if (place >= 0) {
    imageBytes.set(memoryOf(cpu).subarray(place, place + to - from), from);
    return;
  }
  for (let at = from; at < to; at += 8) image.setBigUint64(at, cpu.load(following(cpu, address, at), 8), true);
}

// FXSAVE, FXRSTOR. Arguments: address, 1 for 64-bit pointers.

const FFXSR = 1 << 14;
/** AMD's fast form leaves the xmm registers out. */
const isFast = (cpu: Cpu): boolean => (cpu.read32(SLOT.EFER) & FFXSR) !== 0 && cpu.cpl === 0 && cpu.codeSize === 64;
const vectorEnd = (cpu: Cpu): number => 160 + 16 * vectorRegisters(cpu);

const fxsave = helper('fxsave', (cpu) => {
  const address = cpu.args.u64(0);
  saveX87(cpu, cpu.args.u32(1) !== 0);
  saveMxcsr(cpu);
  saveVectors(cpu, XMM, 160);
  copyOut(cpu, address, [[0, isFast(cpu) ? 160 : vectorEnd(cpu)]]);
});
const fxrstor = helper('fxrstor', (cpu) => {
  const wide = cpu.args.u32(1) !== 0;
  const address = cpu.args.u64(0);
  const fast = isFast(cpu);
  copyIn(cpu, address, 0, fast ? 160 : vectorEnd(cpu));
  const mxcsr = image.getUint32(24, true);
  if (mxcsr & ~MXCSR_BITS) cpu.raise(13, 0);
  restoreX87(cpu, wide);
  cpu.write32(SLOT.MXCSR, mxcsr);
  if (!fast) restoreVectors(cpu, XMM, 160);
});

/** `digit` of 0F AE or 0F C7; the REX.W form has 64-bit pointers in its image. */
function stateRecord(
  mnemonic: string,
  opcode: string,
  digit: number,
  run: HelperRef,
  more: { cpuid: string; unit?: 'fpu'; privilege?: 0 },
  before: (ir: Builder, o: Operand) => void,
): void {
  for (const wide of [false, true]) {
    instruction({
      mnemonic: wide ? `${mnemonic}64` : mnemonic,
      encodings: { [`NP ${wide ? 'REX.W ' : ''}${opcode} /${digit}`]: 'Mx' },
      ...more,
      memory: { bytes: () => (mnemonic.startsWith('fx') ? LEGACY_SIZE : EXTENDED), writes: mnemonic.includes('save') },
      exec(ir, o) {
        before(ir, o);
        const mask = mnemonic.startsWith('fx') ? [] : [ir.gpr(0, 'i32'), ir.gpr(2, 'i32')];
        ir.callVoid(run, [ir.address(o), ir.const(wide ? 1 : 0, 'i32'), ...mask]);
      },
    });
  }
}
for (const [mnemonic, digit, run] of [
  ['fxsave', 0, fxsave],
  ['fxrstor', 1, fxrstor],
] as const) {
  stateRecord(mnemonic, '0F AE', digit, run, { cpuid: 'FXSR', unit: 'fpu' }, (ir, o) => ir.requireAligned(o, 16));
}

// XSAVE.

interface Component {
  bit: number;
  /** Extended components: place in the standard format, and size. */
  offset: number;
  size: number;
  save(cpu: Cpu, at: number, wide: boolean): void;
  restore(cpu: Cpu, at: number, wide: boolean): void;
  initialize(cpu: Cpu): void;
  inUse(cpu: Cpu): boolean;
}
const COMPONENTS: readonly Component[] = [
  {
    bit: X87,
    offset: 0,
    size: 0,
    save: (cpu, _at, wide) => saveX87(cpu, wide),
    restore: (cpu, _at, wide) => restoreX87(cpu, wide),
    initialize: initializeX87,
    inUse: x87InUse,
  },
  {
    bit: SSE,
    offset: 160,
    size: 0,
    save: (cpu, at) => saveVectors(cpu, XMM, at),
    restore: (cpu, at) => restoreVectors(cpu, XMM, at),
    initialize: (cpu) => initializeVectors(cpu, XMM),
    inUse: (cpu) => vectorsInUse(cpu, XMM),
  },
  {
    bit: AVX,
    offset: EXTENDED,
    size: 256,
    save: (cpu, at) => saveVectors(cpu, YMM_HIGH, at),
    restore: (cpu, at) => restoreVectors(cpu, YMM_HIGH, at),
    initialize: (cpu) => initializeVectors(cpu, YMM_HIGH),
    inUse: (cpu) => vectorsInUse(cpu, YMM_HIGH),
  },
];
const isExtended = (c: Component): boolean => c.size > 0;
const rangeOf = (cpu: Cpu, c: Component, at: number): Range[] => {
  if (c.bit === X87)
    return [
      [0, 24],
      [32, 160],
    ];
  if (c.bit === SSE) return [[160, vectorEnd(cpu)]];
  return [[at, at + 16 * vectorRegisters(cpu)]];
};

/** Place of a component in an image whose format is compacted to the components of `compaction`. */
function compactOffset(c: Component, compaction: number): number {
  if (!isExtended(c)) return c.offset;
  let at = EXTENDED;
  for (const other of COMPONENTS) {
    if (other === c) break;
    if (isExtended(other) && compaction & other.bit) at += other.size;
  }
  return at;
}

const MXCSR_RANGE: Range = [24, 32];
const HEADER_RANGE: Range = [LEGACY_SIZE, LEGACY_SIZE + 8];
/** Requested components: XCR0 (and IA32_XSS) and EDX:EAX. All components have numbers below 32. */
const requested = (cpu: Cpu, supervisor: boolean): number =>
  (cpu.read32(SLOT.XCR0) | (supervisor ? cpu.read32(SLOT.XSS) : 0)) & cpu.args.u32(2);

const inUse = (cpu: Cpu): number => COMPONENTS.reduce((all, c) => (c.inUse(cpu) ? all | c.bit : all), 0);

/** Standard format. `optimized`: components not in use are not written. */
function saveStandard(cpu: Cpu, optimized: boolean): void {
  const address = cpu.args.u64(0);
  const wide = cpu.args.u32(1) !== 0;
  const wanted = requested(cpu, false);
  const used = inUse(cpu) & wanted;
  const ranges: Range[] = [];
  for (const c of COMPONENTS) {
    if ((wanted & c.bit) === 0 || (optimized && (used & c.bit) === 0)) continue;
    c.save(cpu, c.offset, wide);
    ranges.push(...rangeOf(cpu, c, c.offset));
  }
  if (wanted & (SSE | AVX)) {
    saveMxcsr(cpu);
    ranges.push(MXCSR_RANGE);
  }
  const old = cpu.load(following(cpu, address, LEGACY_SIZE), 8);
  image.setBigUint64(LEGACY_SIZE, (old & ~BigInt(wanted)) | BigInt(used), true);
  ranges.push(HEADER_RANGE);
  copyOut(cpu, address, ranges);
}
/** Compacted format, components in use only. */
function saveCompacted(cpu: Cpu, supervisor: boolean): void {
  const address = cpu.args.u64(0);
  const wide = cpu.args.u32(1) !== 0;
  const wanted = requested(cpu, supervisor);
  let used = inUse(cpu) & wanted;
  if (wanted & SSE && cpu.read32(SLOT.MXCSR) !== MXCSR_INITIAL) used |= SSE;
  const ranges: Range[] = [];
  for (const c of COMPONENTS) {
    if ((used & c.bit) === 0) continue;
    const at = compactOffset(c, wanted);
    c.save(cpu, at, wide);
    ranges.push(...rangeOf(cpu, c, at));
  }
  if (used & SSE) {
    saveMxcsr(cpu);
    ranges.push(MXCSR_RANGE);
  }
  image.setBigUint64(LEGACY_SIZE, BigInt(used), true);
  image.setBigUint64(LEGACY_SIZE + 8, BigInt(wanted) | (1n << 63n), true);
  ranges.push([LEGACY_SIZE, LEGACY_SIZE + 16]);
  copyOut(cpu, address, ranges);
}

const COMPACTED = 1n << 63n;
function restore(cpu: Cpu, supervisor: boolean): void {
  const address = cpu.args.u64(0);
  const wide = cpu.args.u32(1) !== 0;
  const wanted = requested(cpu, supervisor);
  const allowed = BigInt(cpu.read32(SLOT.XCR0) | (supervisor ? cpu.read32(SLOT.XSS) : 0));
  copyIn(cpu, address, LEGACY_SIZE, EXTENDED);
  const present = image.getBigUint64(LEGACY_SIZE, true);
  const format = image.getBigUint64(LEGACY_SIZE + 8, true);
  const compacted = (format & COMPACTED) !== 0n;
  let reservedFrom = LEGACY_SIZE + 8;
  if (compacted) {
    if ((format & ~COMPACTED & ~allowed) !== 0n || (present & ~format) !== 0n) cpu.raise(13, 0);
    reservedFrom += 8;
  } else if (supervisor || (present & ~allowed) !== 0n) cpu.raise(13, 0);
  const reservedTo = compacted ? EXTENDED : LEGACY_SIZE + 24;
  for (let at = reservedFrom; at < reservedTo; at += 8) if (image.getBigUint64(at, true) !== 0n) cpu.raise(13, 0);

  const layout = Number(BigInt.asUintN(32, format));
  const place = (c: Component): number => (compacted ? compactOffset(c, layout) : c.offset);
  const loaded = COMPONENTS.filter((c) => wanted & c.bit && Number(present) & c.bit);
  for (const c of loaded) for (const [from, to] of rangeOf(cpu, c, place(c))) copyIn(cpu, address, from, to);
  let mxcsr = cpu.read32(SLOT.MXCSR);
  const loadsMxcsr = compacted ? (wanted & Number(present) & SSE) !== 0 : (wanted & (SSE | AVX)) !== 0;
  if (loadsMxcsr) {
    copyIn(cpu, address, ...MXCSR_RANGE);
    mxcsr = image.getUint32(24, true);
    if (mxcsr & ~MXCSR_BITS) cpu.raise(13, 0);
  } else if (compacted && wanted & SSE) mxcsr = MXCSR_INITIAL;

  for (const c of COMPONENTS) {
    if ((wanted & c.bit) === 0) continue;
    if (loaded.includes(c)) c.restore(cpu, place(c), wide);
    else c.initialize(cpu);
  }
  cpu.write32(SLOT.MXCSR, mxcsr);
}

/** #UD without CR4.OSXSAVE, #NM with CR0.TS, #GP(0) off a 64-byte boundary. */
function beforeXsave(ir: Builder, o: Operand): void {
  ir.fault(6, ir.not(ir.bit(ir.slot(SLOT.CR4, 'i32'), 18)));
  ir.fault(7, ir.bit(ir.slot(SLOT.CR0, 'i32'), 3));
  ir.requireAligned(o, 64);
}
for (const [mnemonic, opcode, digit, cpuid, run] of [
  ['xsave', '0F AE', 4, 'XSAVE', (cpu) => saveStandard(cpu, false)],
  ['xsaveopt', '0F AE', 6, 'XSAVEOPT', (cpu) => saveStandard(cpu, true)],
  ['xsavec', '0F C7', 4, 'XSAVEC', (cpu) => saveCompacted(cpu, false)],
  ['xrstor', '0F AE', 5, 'XSAVE', (cpu) => restore(cpu, false)],
] as const satisfies readonly (readonly [string, string, number, string, (cpu: Cpu) => void])[]) {
  stateRecord(mnemonic, opcode, digit, helper(mnemonic, run), { cpuid }, beforeXsave);
}
for (const [mnemonic, digit, run] of [
  ['xsaves', 5, (cpu) => saveCompacted(cpu, true)],
  ['xrstors', 3, (cpu) => restore(cpu, true)],
] as const satisfies readonly (readonly [string, number, (cpu: Cpu) => void])[]) {
  stateRecord(mnemonic, '0F C7', digit, helper(mnemonic, run), { cpuid: 'XSAVES', privilege: 0 }, beforeXsave);
}

/** Register 0 is XCR0, register 1 those of its components that are in use. */
const xgetbv = helper('xgetbv', (cpu) => {
  const register = cpu.args.u32(0);
  if (register > 1) cpu.raise(13, 0);
  const value = cpu.read64(SLOT.XCR0);
  cpu.args.returnU64(register === 0 ? value : value & BigInt(inUse(cpu)));
});
instruction({
  mnemonic: 'xgetbv',
  encodings: { 'NP 0F 01 D0': '' },
  cpuid: 'XSAVE',
  exec(ir) {
    ir.fault(6, ir.not(ir.bit(ir.slot(SLOT.CR4, 'i32'), 18)));
    const value = ir.call(xgetbv, 'i64', [ir.gpr(1, 'i32')]);
    ir.setGpr(0, ir.trunc(value, 'i32'));
    ir.setGpr(2, ir.trunc(ir.shr(value, ir.const(32, 'i64')), 'i32'));
  },
});
