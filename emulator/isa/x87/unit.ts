// SPDX-License-Identifier: MIT
/**
 * @fileoverview The x87 unit's state as its helpers see it: register stack, tags, exceptions.
 *
 * A helper runs in three steps: `begin` reads control, status, TOP and tags; then it computes, and stores to memory if it has to (which
 * may fault); then it writes registers and `commit`s. So a fault leaves no trace.
 *
 * Exceptions (SDM vol. 1, 8.4 to 8.7): `report` merges what an operation raised into the status word and answers whether the result
 * must be kept back, which is so for unmasked invalid operations, zero divides, denormal operands and, at stores to memory, overflow and
 * underflow. An invalid operation or zero divide hides everything else, an unmasked denormal operand what the computation would raise.
 * An unmasked exception sets ES; the next waiting instruction faults with #MF (the records test it, `pending`).
 *
 * Pointers are those of processors with CPUID.(7,0):EBX bits 6 and 13: FIP follows every instruction but the control ones, FDP and FOP
 * change only at unmasked exceptions, FCS and FDS are always 0. The routing of errors to IRQ 13 with CR0.NE clear is left out: they are
 * #MF in any case.
 */
import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Operand, Value } from '../../ir/value.ts';
import type { Cpu } from '../helper.ts';
import { Environment, Float80, FSW, setControl, setIndefinite } from './float80.ts';

export const unit = { fcw: 0, fsw: 0, top: 0, tags: 0, exceptions: 0 };
export const env = new Environment();
/** Operands and results of the operation in hand. */
export const x = new Float80();
export const y = new Float80();
export const r = new Float80();

export const CONDITIONS = FSW.C0 | FSW.C1 | FSW.C2 | FSW.C3;

/** #MF if an unmasked exception is pending: the first effect of every waiting instruction. */
export function pending(ir: Builder): void {
  ir.fault(16, ir.bit(ir.zext(ir.slot(SLOT.FSW, 'i16'), 'i32'), 7));
}
/** ST operand as an argument. */
export const registerNumber = (ir: Builder, o: Operand): Value => ir.zext(ir.read(o), 'i32');

/** `keepC1`: for instructions that leave C1 alone unless they fault (FNOP, FCMOVcc, FCOMI). */
export function begin(cpu: Cpu, keepC1 = false): void {
  const { view, base } = cpu;
  unit.fcw = view.getUint16(base + SLOT.FCW, true);
  unit.fsw = view.getUint16(base + SLOT.FSW, true) & (keepC1 ? ~0 : ~FSW.C1);
  unit.top = view.getUint32(base + SLOT.FTOP, true);
  unit.tags = view.getUint8(base + SLOT.FTW);
  unit.exceptions = 0;
  setControl(env, unit.fcw);
}
/** `operand`: linear address of the memory operand, if there is one. */
export function commit(cpu: Cpu, operand?: bigint): void {
  const { view, base } = cpu;
  view.setUint16(base + SLOT.FSW, unit.fsw, true);
  view.setUint32(base + SLOT.FTOP, unit.top, true);
  view.setUint8(base + SLOT.FTW, unit.tags);
  view.setBigUint64(base + SLOT.FIP, cpu.instructionRip, true);
  if (unit.exceptions !== 0) notePointers(cpu, operand);
}

export const isEmpty = (i: number): boolean => (unit.tags & (1 << ((unit.top + i) & 7))) === 0;
export function getRegister(cpu: Cpu, i: number, f: Float80): void {
  const { view } = cpu;
  const at = cpu.base + SLOT.FPR + ((unit.top + i) & 7) * 16;
  f.lo = view.getUint32(at, true);
  f.hi = view.getUint32(at + 4, true);
  f.se = view.getUint16(at + 8, true);
}
export function setRegister(cpu: Cpu, i: number, f: Float80): void {
  const { view } = cpu;
  const n = (unit.top + i) & 7;
  const at = cpu.base + SLOT.FPR + n * 16;
  view.setUint32(at, f.lo, true);
  view.setUint32(at + 4, f.hi, true);
  view.setUint16(at + 8, f.se, true);
  unit.tags |= 1 << n;
}
export function pop(): void {
  unit.tags &= ~(1 << unit.top);
  unit.top = (unit.top + 1) & 7;
}
/** Makes room; the caller then sets register 0. */
export function push(): void {
  unit.top = (unit.top - 1) & 7;
}

/** Merges raised flags; true if the result must not be delivered. */
export function report(flags: number, isStore = false): boolean {
  let raised = flags;
  let unmasked = flags & ~unit.fcw & 0x3f;
  if (flags & FSW.IE) {
    // C1 tells stack overflow from underflow; a plain invalid operation leaves it clear.
    raised = flags & FSW.SF ? flags & (FSW.IE | FSW.SF | FSW.C1) : FSW.IE;
    unmasked &= FSW.IE;
  } else if (flags & FSW.ZE) {
    raised = FSW.ZE;
    unmasked &= FSW.ZE;
  } else if (unmasked & FSW.DE) raised = unmasked = FSW.DE;
  let withheld = (unmasked & (FSW.IE | FSW.ZE | FSW.DE)) !== 0;
  if (isStore && unmasked & (FSW.OE | FSW.UE)) {
    raised &= ~(FSW.PE | FSW.C1);
    withheld = true;
  }
  unit.fsw |= raised;
  if (unmasked !== 0) unit.fsw |= FSW.ES | FSW.B;
  unit.exceptions |= unmasked;
  return withheld;
}
/** Stack underflow: reports it, and leaves the indefinite in `r`. True if nothing must be written. */
export function underflow(): boolean {
  setIndefinite(r);
  unit.fsw &= ~FSW.C1;
  return report(FSW.IE | FSW.SF);
}
export function overflow(): boolean {
  setIndefinite(r);
  return report(FSW.IE | FSW.SF | FSW.C1);
}
export function setConditions(bits: number): void {
  unit.fsw = (unit.fsw & ~CONDITIONS) | bits;
}

/** Linear address `n` bytes on. */
export const following = (cpu: Cpu, address: bigint, n: number): bigint =>
  BigInt.asUintN(cpu.codeSize === 64 ? 64 : 32, address + BigInt(n));

/** Sets ES and B as status and control demand, after a change of either. */
export function refreshSummary(fcw: number, fsw: number): number {
  return fsw & ~fcw & 0x3f ? fsw | FSW.ES | FSW.B : fsw & ~(FSW.ES | FSW.B);
}

const SEGMENT_PREFIX: Readonly<Record<number, number>> = {
  38: SEGMENT.es,
  46: SEGMENT.cs,
  54: SEGMENT.ss,
  62: SEGMENT.ds,
  100: SEGMENT.fs,
  101: SEGMENT.gs,
};
const OTHER_PREFIXES = new Set([0x66, 0xf0, 0xf2, 0xf3]);

/** FOP and FDP of the instruction that raised an unmasked exception, from its bytes. */
function notePointers(cpu: Cpu, operand: bigint | undefined): void {
  const codeBase = cpu.codeSize === 64 ? 0n : cpu.read64(segmentSlot(SEGMENT.cs) + SEG.base);
  let at = cpu.instructionRip;
  const next = (): number => Number(cpu.load(BigInt.asUintN(64, codeBase + at++), 1));
  let segment = -1;
  let address67 = false;
  let byte = next();
  for (; ; byte = next()) {
    if (byte === 0x67) address67 = true;
    else if (byte in SEGMENT_PREFIX) {
      if (cpu.codeSize !== 64 || byte >= 100) segment = SEGMENT_PREFIX[byte];
    } else if (!OTHER_PREFIXES.has(byte) && (cpu.codeSize !== 64 || (byte & 0xf0) !== 0x40)) break;
  }
  const modrm = next();
  cpu.view.setUint16(cpu.base + SLOT.FOP, ((byte & 7) << 8) | modrm, true);
  if (operand === undefined) return;
  if (segment < 0 && cpu.codeSize !== 64) segment = defaultSegment((cpu.codeSize === 16) !== address67, modrm, next);
  const offset = segment < 0 ? operand : operand - cpu.read64(segmentSlot(segment) + SEG.base);
  cpu.write64(SLOT.FDP, BigInt.asUintN(cpu.codeSize === 64 ? 64 : 32, offset));
}
/** Outside 64-bit mode. `short`: 16-bit addresses. */
function defaultSegment(short: boolean, modrm: number, next: () => number): number {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (short) return rm === 2 || rm === 3 || (rm === 6 && mod !== 0) ? SEGMENT.ss : SEGMENT.ds;
  const base = rm === 4 ? next() & 7 : rm;
  return base === 4 || (base === 5 && mod !== 0) ? SEGMENT.ss : SEGMENT.ds;
}
