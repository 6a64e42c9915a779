// SPDX-License-Identifier: MIT
/**
 * @fileoverview Delivery and IRET as 32-bit kernels do them all day: code below level 3 handles and returns to levels 0 and 3, every segment involved
 * is flat and its descriptor has been used before, the frame lies in one page, and every translation is in the TLB.
 *
 * As in `quickTransfer.ts` each of them looks first and then acts, and returns false with nothing done where anything is otherwise.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { ATTRIBUTE, attributesOf, RFLAGS_IF, RFLAGS_NT, RFLAGS_RF, RFLAGS_TF, RFLAGS_VM, selectorOf } from './bits.ts';
import { dropInnerSegments, setSegment } from './segmentation.ts';
import { setStackPointer } from './stack.ts';

const DESCRIPTOR_TABLE = 4;
/** Upper half of a descriptor: base, granularity, D/B and limit; then presence, S, type but for what may differ, and accessed. */
const SHAPE = 0xffef00ff;
const FLAT = 0x00cf0000;
const CODE_KIND = 0x9d00;
const ORDINARY_CODE = 0x9900;
const DATA_KIND = 0x9f00;
const ORDINARY_DATA = 0x9300;
const INTERRUPT_GATE = 0x8e;
const TRAP_GATE = 0x8f;
const WIDE_TSS = 8;

/** Upper half of the descriptor of a flat segment in the GDT that has been used, or 0. */
function flatSegment(cpu: Cpu, selector: number, level: number, kind: number, ordinary: number): number {
  const offset = selector & 0xfff8;
  const table = segmentSlot(SEGMENT.gdtr);
  if (offset === 0 || selector & DESCRIPTOR_TABLE || offset + 7 > cpu.read32(table + SEG.limit) >>> 0) return 0;
  const place = cpu.knownPlace((cpu.read32(table + SEG.base) + offset) >>> 0, 8, false, true);
  if (place < 0 || cpu.view.getInt32(place, true) !== 0xffff) return 0;
  const high = cpu.view.getInt32(place + 4, true);
  return (high & (SHAPE | kind)) === (FLAT | ordinary) && ((high >>> 13) & 3) === level ? high : 0;
}
const setFlat = (cpu: Cpu, seg: number, selector: number, high: number): void =>
  setSegment(cpu, seg, selector, 0, 0xffffffff, ((high >>> 8) & 0xff) | ((high >>> 12) & 0xf00));
/** Whether the stack in use is that of 32-bit code and allows everything. */
export const onFlatStack = (cpu: Cpu): boolean =>
  cpu.codeSize !== 64 && !(cpu.read32(SLOT.ODD) & (1 << SEGMENT.ss)) && (attributesOf(cpu, SEGMENT.ss) & ATTRIBUTE.big) !== 0;
const setStack = (cpu: Cpu, sp: number): void => setStackPointer(cpu, sp, 0, 32);

/** Protected mode: `flags` as the frame shows them; `software`: INT n, to whom the gate's level matters. */
export function deliverLegacyQuickly(
  cpu: Cpu,
  vector: number,
  software: boolean,
  flags: number,
  error: number | undefined,
): boolean {
  const { view, cpl } = cpu;
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * 8 + 7 > cpu.read32(idtr + SEG.limit) >>> 0) return false;
  const gate = cpu.knownPlace((cpu.read32(idtr + SEG.base) + vector * 8) >>> 0, 8, false, true);
  if (gate < 0) return false;
  const low = view.getInt32(gate, true);
  const high = view.getInt32(gate + 4, true);
  const type = (high >>> 8) & 0x9f;
  if ((type !== INTERRUPT_GATE && type !== TRAP_GATE) || (software && ((high >>> 13) & 3) < cpl)) return false;
  const selector = low >>> 16;
  const code = flatSegment(cpu, selector, 0, CODE_KIND, ORDINARY_CODE);
  if (code === 0) return false;

  let sp = cpu.read32(SLOT.rsp) >>> 0;
  let ss = 0;
  let data = 0;
  let size = error === undefined ? 12 : 16;
  if (cpl > 0) {
    if ((attributesOf(cpu, SEGMENT.tr) & (ATTRIBUTE.present | WIDE_TSS)) !== (ATTRIBUTE.present | WIDE_TSS)) return false;
    const tss = segmentSlot(SEGMENT.tr);
    if (cpu.read32(tss + SEG.limit) >>> 0 < 11) return false;
    const at = cpu.knownPlace((cpu.read32(tss + SEG.base) + 4) >>> 0, 8, false, true);
    if (at < 0) return false;
    sp = view.getUint32(at, true);
    ss = view.getUint16(at + 4, true);
    if ((ss & 3) !== 0) return false;
    data = flatSegment(cpu, ss, 0, DATA_KIND, ORDINARY_DATA);
    if (data === 0) return false;
    size += 8;
  } else if (!onFlatStack(cpu)) return false;
  if (sp < size) return false;
  let at = cpu.knownPlace(sp - size, size, true, cpl > 0);
  if (at < 0) return false;

  cpu.settleRip();
  if (error !== undefined) {
    view.setInt32(at, error, true);
    at += 4;
  }
  view.setInt32(at, cpu.read32(SLOT.RIP), true);
  view.setInt32(at + 4, selectorOf(cpu, SEGMENT.cs), true);
  view.setInt32(at + 8, flags, true);
  if (cpl > 0) {
    view.setInt32(at + 12, cpu.read32(SLOT.rsp), true);
    view.setInt32(at + 16, selectorOf(cpu, SEGMENT.ss), true);
    setFlat(cpu, SEGMENT.ss, ss, data);
  }
  setStack(cpu, sp - size);
  setFlat(cpu, SEGMENT.cs, selector & 0xfffc, code);
  const cleared = RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | (type === INTERRUPT_GATE ? RFLAGS_IF : 0);
  cpu.write32(SLOT.RFLAGS, cpu.read32(SLOT.RFLAGS) & ~cleared);
  cpu.jumpTo((low & 0xffff) | (high & 0xffff0000), 0);
  cpu.write32(SLOT.CPL, 0);
  return true;
}

/** IRET with 32-bit operands in protected mode, NT being clear. `setFlags` as IRET does it. */
export function returnLegacyQuickly(cpu: Cpu, setFlags: (cpu: Cpu, flags: number) => void): boolean {
  if (!onFlatStack(cpu)) return false;
  const { view, cpl } = cpu;
  const sp = cpu.read32(SLOT.rsp) >>> 0;
  const at = cpu.knownPlace(sp, 12, false, false);
  if (at < 0) return false;
  const cs = view.getUint16(at + 4, true);
  const flags = view.getInt32(at + 8, true);
  const level = cs & 3;
  if (level < cpl || flags & RFLAGS_VM) return false;
  const code = flatSegment(cpu, cs, level, CODE_KIND, ORDINARY_CODE);
  if (code === 0) return false;
  if (level === cpl) setStack(cpu, sp + 12);
  else {
    if (cpu.knownPlace(sp, 20, false, false) < 0) return false;
    const ss = view.getUint16(at + 16, true);
    const data = (ss & 3) === level ? flatSegment(cpu, ss, level, DATA_KIND, ORDINARY_DATA) : 0;
    if (data === 0) return false;
    setStack(cpu, view.getInt32(at + 12, true));
    setFlat(cpu, SEGMENT.ss, ss, data);
  }
  setFlags(cpu, flags);
  if (level > cpl) dropInnerSegments(cpu, level);
  setFlat(cpu, SEGMENT.cs, cs, code);
  cpu.jumpTo(view.getInt32(at, true), 0);
  cpu.write32(SLOT.CPL, level);
  cpu.modeChanged();
  return true;
}
