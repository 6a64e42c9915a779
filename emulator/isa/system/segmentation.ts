// SPDX-License-Identifier: MIT
/**
 * @fileoverview Segment registers and descriptors (APM vol. 2, chapter 4).
 *
 * The hidden part of a segment register is state (`SEG` in `ir/state.ts`): base, limit, attributes, and four bounds derived from
 * them, which is all that accesses look at. Real mode replaces only selector and base, so limits loaded in protected mode stay in
 * force afterwards ("unreal mode"); type and presence count in protected mode only, so every change of CR0.PE derives all bounds anew.
 * 64-bit mode ignores all but FS.base and GS.base, but keeps the rest for the way back. A segment is flat if it begins at 0 and everything up to
 * 4 GiB may be accessed; SLOT.ODD says which of the first four are not.
 *
 * Fault order of a load: null selector, table limit, descriptor type, privilege, presence; then the accessed bit is set, and last the
 * register changes. Virtual-8086 segments would be loaded as in real mode.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { ATTRIBUTE, attributesOf, canonical, longMode, protectedMode, readLinear, VECTOR, writeLinear } from './bits.ts';

export interface Descriptor {
  selector: number;
  /** Linear address of the table entry. */
  address: number;
  base: number;
  /** In bytes. */
  limit: number;
  /** As in `SEG.attributes`. */
  attributes: number;
  /** The raw halves; gates are read from these. */
  low: number;
  high: number;
}

export const dplOf = (d: { attributes: number }): number => (d.attributes >> 5) & 3;
export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;
/** Selector error code: RPL cleared (APM vol. 2, 8.4.1). */
export const selectorError = (selector: number): number => selector & 0xfffc;
export const isCode = (d: Descriptor): boolean =>
  (d.attributes & (ATTRIBUTE.s | ATTRIBUTE.code)) === (ATTRIBUTE.s | ATTRIBUTE.code);
export const isConforming = (d: Descriptor): boolean => (d.attributes & ATTRIBUTE.conforming) !== 0;
export const isPresent = (d: Descriptor): boolean => (d.attributes & ATTRIBUTE.present) !== 0;
export const isWritableData = (d: Descriptor): boolean =>
  (d.attributes & (ATTRIBUTE.s | ATTRIBUTE.code | ATTRIBUTE.readWrite)) === (ATTRIBUTE.s | ATTRIBUTE.readWrite);
/** Type of a system descriptor or gate, or -1 for code and data. */
export const systemType = (d: Descriptor): number => (d.attributes & ATTRIBUTE.s ? -1 : d.attributes & 15);

/** The 8 bytes of a table entry, undefined beyond the table's limit. `bytes` 16: the long mode form must fit as well. */
export function readDescriptor(cpu: Cpu, selector: number, bytes: 8 | 16 = 8): Descriptor | undefined {
  const table = segmentSlot(selector & 4 ? SEGMENT.ldtr : SEGMENT.gdtr);
  if (selector & 4 && !(cpu.read16(table + SEG.attributes) & ATTRIBUTE.present)) return undefined;
  const offset = selector & 0xfff8;
  if (offset + bytes - 1 > cpu.read32(table + SEG.limit) >>> 0) return undefined;
  const address = systemAddress(cpu, readLinear(cpu, table + SEG.base) + offset);
  const low = cpu.loadHalves(address, 8, true);
  return unpack(selector, address, low, cpu.upperHalf);
}
/** Does the 16-byte form of `selector`'s entry fit into its table? */
export function fits16(cpu: Cpu, selector: number): boolean {
  const table = segmentSlot(selector & 4 ? SEGMENT.ldtr : SEGMENT.gdtr);
  return (selector & 0xfff8) + 15 <= cpu.read32(table + SEG.limit) >>> 0;
}
/** Third word of a 16-byte system descriptor or gate; the fourth holds type bits that must be zero. */
export function upperHalf(cpu: Cpu, d: Descriptor): { high: number; type: number } {
  const high = cpu.loadHalves(d.address + 8, 8, true);
  return { high, type: (cpu.upperHalf >> 8) & 0x1f };
}

export function unpack(selector: number, address: number, low: number, high: number): Descriptor {
  const attributes = ((high >>> 8) & 0xff) | ((high >>> 12) & 0xf00);
  const raw = (low & 0xffff) | (high & 0xf0000);
  const limit = attributes & ATTRIBUTE.granularity ? ((raw << 12) | 0xfff) >>> 0 : raw;
  const base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
  return { selector, address, base, limit, attributes, low, high };
}

/** Descriptor tables wrap at 4 GiB outside long mode. */
export const systemAddress = (cpu: Cpu, linear: number): number => (longMode(cpu) ? linear : linear >>> 0);

/** Sets the accessed bit in table and descriptor. */
export function markAccessed(cpu: Cpu, d: Descriptor): void {
  if (d.attributes & ATTRIBUTE.accessed) return;
  d.attributes |= ATTRIBUTE.accessed;
  cpu.storeHalves(d.address + 5, 1, d.attributes & 0xff, 0, true);
}
/** Marks a TSS busy (2) or available (0). */
export function setBusy(cpu: Cpu, d: Descriptor, busy: boolean): void {
  d.attributes = busy ? d.attributes | 2 : d.attributes & ~2;
  cpu.storeHalves(d.address + 5, 1, d.attributes & 0xff, 0, true);
}

/** Replaces all of a segment register. */
export function setSegment(cpu: Cpu, seg: number, selector: number, base: number, limit: number, attributes: number): void {
  const slot = segmentSlot(seg);
  cpu.write16(slot + SEG.selector, selector);
  const alike = bindsAlike(cpu, slot, base, limit, attributes);
  cpu.write16(slot + SEG.attributes, attributes);
  if (alike) return;
  cpu.write32(slot + SEG.limit, limit);
  writeLinear(cpu, slot + SEG.base, base);
  deriveBounds(cpu, seg);
}
/**
 * Bounds and flatness follow from base, limit and these attributes, and are derived anew whenever CR0.PE changes. Kernels load the same segments over
 * and over, or those that differ in their level alone.
 */
const DERIVING = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.code | ATTRIBUTE.expandDown | ATTRIBUTE.readWrite | ATTRIBUTE.big;
const bindsAlike = (cpu: Cpu, slot: number, base: number, limit: number, attributes: number): boolean =>
  ((cpu.read16(slot + SEG.attributes) ^ attributes) & DERIVING) === 0 &&
  cpu.read32(slot + SEG.limit) === (limit | 0) &&
  readLinear(cpu, slot + SEG.base) === base;
export function setFromDescriptor(cpu: Cpu, seg: number, selector: number, d: Descriptor): void {
  setSegment(cpu, seg, selector, d.base, d.limit, d.attributes);
}
/** Real mode: base from selector, the rest stays. */
export function setRealSegment(cpu: Cpu, seg: number, selector: number): void {
  const slot = segmentSlot(seg);
  const usable = (attributesOf(cpu, seg) & ATTRIBUTE.present) !== 0;
  // A register that protected mode left null becomes an ordinary 64 KiB segment.
  const limit = usable ? cpu.read32(slot + SEG.limit) : 0xffff;
  const attributes = usable ? attributesOf(cpu, seg) : ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.readWrite | ATTRIBUTE.accessed;
  setSegment(cpu, seg, selector, selector << 4, limit, attributes);
}

export interface Bounds {
  low: number;
  high: number;
}
const NOTHING: Bounds = { low: 1, high: 0 };
/** Offsets that may be read (written) under a limit and attributes in protected mode. */
export function bounds(limit: number, attributes: number, write: boolean): Bounds {
  if (!(attributes & ATTRIBUTE.present) || !(attributes & ATTRIBUTE.s)) return NOTHING;
  const allowed = (attributes & ATTRIBUTE.readWrite) !== 0;
  if (attributes & ATTRIBUTE.code) return allowed && !write ? { low: 0, high: limit } : NOTHING;
  if (write && !allowed) return NOTHING;
  if (!(attributes & ATTRIBUTE.expandDown)) return { low: 0, high: limit };
  const high = attributes & ATTRIBUTE.big ? 0xffffffff : 0xffff;
  return limit >= high ? NOTHING : { low: limit + 1, high };
}
function deriveBounds(cpu: Cpu, seg: number): void {
  const slot = segmentSlot(seg);
  const limit = cpu.read32(slot + SEG.limit) >>> 0;
  const attributes = cpu.read16(slot + SEG.attributes);
  const real = !protectedMode(cpu);
  // Every change of level comes here: what all segments of 64-bit systems are is written at once.
  const expandsDown = !(attributes & ATTRIBUTE.code) && (attributes & ATTRIBUTE.expandDown) !== 0;
  if (real || !expandsDown) {
    const usable = (attributes & USABLE) === USABLE;
    const code = (attributes & ATTRIBUTE.code) !== 0;
    const flagged = (attributes & ATTRIBUTE.readWrite) !== 0;
    const readable = real || (usable && (flagged || !code));
    const writable = real || (usable && flagged && !code);
    writeBounds(cpu, slot, readable ? 0 : 1, readable ? limit : 0, writable ? 0 : 1, writable ? limit : 0);
  } else {
    const read = bounds(limit, attributes, false);
    const write = bounds(limit, attributes, true);
    writeBounds(cpu, slot, read.low, read.high, write.low, write.high);
  }
  if (seg <= SEGMENT.ds) {
    const whole =
      seg === SEGMENT.cs ? limit === 0xffffffff : isWhole(cpu, slot + SEG.readLow) && isWhole(cpu, slot + SEG.writeLow);
    const flat = whole && (cpu.read32(slot + SEG.base) | cpu.read32(slot + SEG.base + 4)) === 0;
    const odd = cpu.read32(SLOT.ODD) & ~(1 << seg);
    cpu.write32(SLOT.ODD, flat ? odd : odd | (1 << seg));
  }
}
const USABLE = ATTRIBUTE.present | ATTRIBUTE.s;
function writeBounds(cpu: Cpu, slot: number, readLow: number, readHigh: number, writeLow: number, writeHigh: number): void {
  cpu.write32(slot + SEG.readLow, readLow);
  cpu.write32(slot + SEG.readHigh, readHigh);
  cpu.write32(slot + SEG.writeLow, writeLow);
  cpu.write32(slot + SEG.writeHigh, writeHigh);
}
/** Whether bounds in state allow everything. */
const isWhole = (cpu: Cpu, low: number): boolean => cpu.read32(low) === 0 && cpu.read32(low + 4) === -1;
/** After reset, after state was filled from outside, and whenever CR0.PE changes. */
export function deriveAllBounds(cpu: Cpu): void {
  for (let seg = SEGMENT.es; seg <= SEGMENT.gs; seg++) deriveBounds(cpu, seg);
  const flat = segmentSlot(SEGMENT.flat);
  cpu.write64(flat + SEG.base, 0n);
  for (const low of [SEG.readLow, SEG.writeLow]) cpu.write32(flat + low, 0);
  for (const high of [SEG.readHigh, SEG.writeHigh]) cpu.write32(flat + high, 0xffffffff);
}

/** Linear address of `bytes` bytes at an offset of a segment: what an access with a segment register does in the current mode. */
export function linearAddress(cpu: Cpu, seg: number, offset: bigint, bytes: number, write: boolean): bigint {
  const vector = seg === SEGMENT.ss ? VECTOR.SS : VECTOR.GP;
  const slot = segmentSlot(seg);
  if (cpu.codeSize === 64) {
    const withBase = seg === SEGMENT.fs || seg === SEGMENT.gs;
    const linear = BigInt.asUintN(64, withBase ? cpu.read64(slot + SEG.base) + offset : offset);
    if (!canonical(linear) || !canonical(linear + BigInt(bytes - 1))) cpu.raise(vector, 0);
    return linear;
  }
  const first = Number(BigInt.asUintN(32, offset));
  const low = cpu.read32(slot + (write ? SEG.writeLow : SEG.readLow)) >>> 0;
  const high = cpu.read32(slot + (write ? SEG.writeHigh : SEG.readHigh)) >>> 0;
  if (first < low || first + bytes - 1 > high) cpu.raise(vector, 0);
  return BigInt.asUintN(32, cpu.read64(slot + SEG.base) + BigInt(first));
}

/** MOV, POP, LDS and their kind: loads ES, SS, DS, FS or GS as the current mode demands. */
export function loadSegment(cpu: Cpu, seg: number, selector: number): void {
  if (!protectedMode(cpu)) {
    setRealSegment(cpu, seg, selector);
    return;
  }
  const error = selectorError(selector);
  const rpl = selector & 3;
  if (isNull(selector)) {
    if (seg === SEGMENT.ss) {
      if (cpu.codeSize !== 64 || cpu.cpl === 3) cpu.raise(VECTOR.GP, 0);
      setSegment(cpu, seg, selector, 0, 0, cpu.cpl << 5);
    } else setSegment(cpu, seg, selector, 0, 0, 0);
    return;
  }
  const d = readDescriptor(cpu, selector) ?? cpu.raise(VECTOR.GP, error);
  if (!(d.attributes & ATTRIBUTE.s)) cpu.raise(VECTOR.GP, error);
  if (seg === SEGMENT.ss) {
    if (rpl !== cpu.cpl || !isWritableData(d) || dplOf(d) !== cpu.cpl) cpu.raise(VECTOR.GP, error);
    if (!isPresent(d)) cpu.raise(VECTOR.SS, error);
  } else {
    const code = isCode(d);
    if (code && !(d.attributes & ATTRIBUTE.readWrite)) cpu.raise(VECTOR.GP, error);
    if (!(code && isConforming(d)) && dplOf(d) < Math.max(cpu.cpl, rpl)) cpu.raise(VECTOR.GP, error);
    if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
  }
  markAccessed(cpu, d);
  setFromDescriptor(cpu, seg, selector, d);
}

const DATA_SEGMENTS = [SEGMENT.es, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs];
/** Return to an outer level: data segments that the new level may not use become null (their base stays, as FS and GS need). */
export function dropInnerSegments(cpu: Cpu, cpl: number): void {
  for (const seg of DATA_SEGMENTS) {
    const slot = segmentSlot(seg);
    const attributes = attributesOf(cpu, seg);
    if (isNull(cpu.read16(slot + SEG.selector)) && (seg === SEGMENT.fs || seg === SEGMENT.gs)) continue;
    const conformingCode = (attributes & (ATTRIBUTE.code | ATTRIBUTE.conforming)) === (ATTRIBUTE.code | ATTRIBUTE.conforming);
    if (conformingCode || ((attributes >> 5) & 3) >= cpl) continue;
    setSegment(cpu, seg, 0, readLinear(cpu, slot + SEG.base), cpu.read32(slot + SEG.limit), attributes & ~ATTRIBUTE.present);
  }
}

/** Makes `cpl` the current privilege level and tells the processor. */
export function setPrivilege(cpu: Cpu, cpl: number): void {
  cpu.write32(SLOT.CPL, cpl);
  cpu.modeChanged();
}
