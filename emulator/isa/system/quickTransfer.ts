// SPDX-License-Identifier: MIT
/**
 * @fileoverview Delivery and IRET as kernels do them all day: 64-bit code below level 3 handles, and returns to 64-bit code, with everything on one
 * page of stack, descriptors that have been used before, and every translation in the TLB. Loads of segment registers, in every mode, under the same
 * conditions. `quickLegacyTransfer.ts` has the same for 32-bit kernels.
 *
 * Each of them looks first and then acts: where anything is otherwise it returns false, having done nothing, and `interrupt.ts` or
 * `farTransfer.ts` do it from the beginning, faults and all. Since what is read here is in the TLB, nothing that a guest could see depends on
 * which of them it was.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import {
  ATTRIBUTE,
  attributesOf,
  baseOf,
  isCanonical,
  linearOf,
  longMode,
  RFLAGS_IF,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  readLinear,
  selectorOf,
} from './bits.ts';
import { dropInnerSegments, setSegment, systemAddress } from './segmentation.ts';

const DESCRIPTOR_TABLE = 4;
const KIND = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.code | ATTRIBUTE.conforming | ATTRIBUTE.accessed;
const ORDINARY_CODE = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.code | ATTRIBUTE.accessed;
const LENGTHS = ATTRIBUTE.long | ATTRIBUTE.big;
const DATA_KIND = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.code | ATTRIBUTE.readWrite | ATTRIBUTE.accessed;
const ORDINARY_DATA = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.readWrite | ATTRIBUTE.accessed;

/** Place of a descriptor of the GDT, or -1. */
function descriptorPlace(cpu: Cpu, selector: number): number {
  const offset = selector & 0xfff8;
  const table = segmentSlot(SEGMENT.gdtr);
  if (offset === 0 || selector & DESCRIPTOR_TABLE || offset + 7 > cpu.read32(table + SEG.limit) >>> 0) return -1;
  return cpu.knownPlace(systemAddress(cpu, readLinear(cpu, table + SEG.base) + offset), 8, false, true);
}
const attributesIn = (high: number): number => ((high >>> 8) & 0xff) | ((high >>> 12) & 0xf00);
/** 64-bit code of exactly `level`. */
const isCode64 = (attributes: number, level: number): boolean =>
  (attributes & KIND) === ORDINARY_CODE && (attributes & LENGTHS) === ATTRIBUTE.long && ((attributes >> 5) & 3) === level;

function setFromHalves(cpu: Cpu, seg: number, selector: number, low: number, high: number, attributes: number): void {
  const raw = (low & 0xffff) | (high & 0xf0000);
  const limit = attributes & ATTRIBUTE.granularity ? ((raw << 12) | 0xfff) >>> 0 : raw;
  const base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
  setSegment(cpu, seg, selector, base, limit, attributes);
}

const READABLE = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.accessed;
/** Protected mode: loads a data segment register, not SS, from the GDT. */
export function loadQuickly(cpu: Cpu, seg: number, selector: number): boolean {
  const place = descriptorPlace(cpu, selector);
  if (place < 0) return false;
  const high = cpu.view.getInt32(place + 4, true);
  const attributes = attributesIn(high);
  // Code segments have a rule of their own each.
  if ((attributes & (READABLE | ATTRIBUTE.code)) !== READABLE) return false;
  const level = (attributes >> 5) & 3;
  if (level < cpu.cpl || level < (selector & 3)) return false;
  setFromHalves(cpu, seg, selector, cpu.view.getInt32(place, true), high, attributes);
  return true;
}

/** An exception or external interrupt; `flags` as the frame shows them. */
export function deliverQuickly(cpu: Cpu, vector: number, flags: number, error: number | undefined): boolean {
  if (!longMode(cpu)) return false;
  const { view } = cpu;
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * 16 + 15 > cpu.read32(idtr + SEG.limit) >>> 0) return false;
  const gate = cpu.knownPlace(baseOf(cpu, SEGMENT.idtr) + vector * 16, 16, false, true);
  if (gate < 0) return false;
  const gateLow = view.getInt32(gate, true);
  const gateHigh = view.getInt32(gate + 4, true);
  const type = (gateHigh >>> 8) & 0x9f;
  if (type !== 0x8e && type !== 0x8f) return false;
  const low = (gateLow & 0xffff) | (gateHigh & 0xffff0000);
  const high = view.getInt32(gate + 8, true);
  const selector = gateLow >>> 16;
  const place = descriptorPlace(cpu, selector);
  if (place < 0 || !isCanonical(linearOf(low, high))) return false;
  const codeLow = view.getInt32(place, true);
  const codeHigh = view.getInt32(place + 4, true);
  const attributes = attributesIn(codeHigh);
  if (!isCode64(attributes, 0)) return false;

  const ist = gateHigh & 7;
  const inner = cpu.cpl > 0;
  let sp = inner || ist ? interruptStack(cpu, ist ? 3 + ist : 0) : readLinear(cpu, SLOT.rsp);
  sp -= sp & 15;
  const frame = sp - (error === undefined ? 40 : 48);
  let at = cpu.knownPlace(frame, sp - frame, true, inner);
  if (at < 0 || !isCanonical(frame)) return false;

  cpu.settleRip();
  if (error !== undefined) {
    word(view, at, error, 0);
    at += 8;
  }
  word(view, at, cpu.read32(SLOT.RIP), cpu.read32(SLOT.RIP + 4));
  word(view, at + 8, selectorOf(cpu, SEGMENT.cs), 0);
  word(view, at + 16, flags, 0);
  word(view, at + 24, cpu.read32(SLOT.rsp), cpu.read32(SLOT.rsp + 4));
  word(view, at + 32, selectorOf(cpu, SEGMENT.ss), 0);
  if (inner) setSegment(cpu, SEGMENT.ss, 0, 0, 0, 0);
  setStack(cpu, frame | 0, Math.floor(frame / 2 ** 32));
  setFromHalves(cpu, SEGMENT.cs, selector & 0xfffc, codeLow, codeHigh, attributes);
  const cleared = RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | (type === 0x8e ? RFLAGS_IF : 0);
  cpu.write32(SLOT.RFLAGS, cpu.read32(SLOT.RFLAGS) & ~cleared);
  cpu.jumpTo(low, high);
  cpu.write32(SLOT.CPL, 0);
  return true;
}
/** A stack pointer of the TSS; one that is not canonical if it cannot be had at once. */
function interruptStack(cpu: Cpu, slot: number): number {
  const offset = 4 + 8 * slot;
  if (!(attributesOf(cpu, SEGMENT.tr) & ATTRIBUTE.present)) return NOWHERE;
  if (offset + 7 > cpu.read32(segmentSlot(SEGMENT.tr) + SEG.limit) >>> 0) return NOWHERE;
  const at = cpu.knownPlace(baseOf(cpu, SEGMENT.tr) + offset, 8, false, true);
  return at < 0 ? NOWHERE : linearOf(cpu.view.getInt32(at, true), cpu.view.getInt32(at + 4, true));
}
const NOWHERE = 2 ** 50;

/** IRET with 64-bit operands in 64-bit mode, NT being clear. `setFlags` as IRET does it. */
export function returnQuickly(cpu: Cpu, setFlags: (cpu: Cpu, flags: number) => void): boolean {
  if (cpu.codeSize !== 64) return false;
  const { view, cpl } = cpu;
  const at = cpu.knownPlace(readLinear(cpu, SLOT.rsp), 40, false, false);
  if (at < 0) return false;
  const low = view.getInt32(at, true);
  const high = view.getInt32(at + 4, true);
  const cs = view.getUint16(at + 8, true);
  const ss = view.getUint16(at + 32, true);
  const level = cs & 3;
  if (level < cpl || !isCanonical(linearOf(low, high))) return false;
  const code = descriptorPlace(cpu, cs);
  if (code < 0) return false;
  const codeHigh = view.getInt32(code + 4, true);
  const attributes = attributesIn(codeHigh);
  if (!isCode64(attributes, level)) return false;
  const none = (ss & 0xfffc) === 0;
  const data = none ? -1 : descriptorPlace(cpu, ss);
  if (none ? level === 3 : data < 0 || (ss & 3) !== level) return false;
  const dataHigh = none ? 0 : view.getInt32(data + 4, true);
  const dataAttributes = attributesIn(dataHigh);
  if (!none && ((dataAttributes & DATA_KIND) !== ORDINARY_DATA || ((dataAttributes >> 5) & 3) !== level)) return false;

  if (none) setSegment(cpu, SEGMENT.ss, ss, 0, 0, level << 5);
  else setFromHalves(cpu, SEGMENT.ss, ss, view.getInt32(data, true), dataHigh, dataAttributes);
  setStack(cpu, view.getInt32(at + 24, true), view.getInt32(at + 28, true));
  setFlags(cpu, view.getInt32(at + 16, true));
  if (level > cpl) dropInnerSegments(cpu, level);
  setFromHalves(cpu, SEGMENT.cs, cs, view.getInt32(code, true), codeHigh, attributes);
  cpu.jumpTo(low, high);
  cpu.write32(SLOT.CPL, level);
  cpu.modeChanged();
  return true;
}
function word(view: DataView, at: number, low: number, high: number): void {
  view.setInt32(at, low, true);
  view.setInt32(at + 4, high, true);
}
function setStack(cpu: Cpu, low: number, high: number): void {
  cpu.write32(SLOT.rsp, low);
  cpu.write32(SLOT.rsp + 4, high);
}
