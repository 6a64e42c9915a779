// SPDX-License-Identifier: MIT
/**
 * @fileoverview Delivery of interrupts and exceptions in real, protected and long mode (APM vol. 2, chapter 8).
 *
 * Who calls what: the processor calls `deliverException` with a fault (`cpu.rip` is what the handler returns to),
 * `deliverInterrupt` for an acknowledged vector and `deliverNmi`; INT n and its kind call `softwareInterrupt` from a control
 * helper. Delivery either completes or throws a `GuestFault` before a register has changed.
 *
 * A fault during the delivery of an exception becomes a double fault when both are contributory, or the first was #PF and the second is
 * contributory or #PF; any fault while delivering #DF shuts the processor down (APM vol. 2, 8.2.9). Faults during the delivery of
 * external and software interrupts are delivered in their place.
 *
 * EXT (bit 0 of an error code) is set unless INT n, INT3 or INTO caused the delivery.
 *
 * Not here: task gates (hardware task switching) and virtual-8086 mode.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { type Cpu, GuestFault } from '../helper.ts';
import {
  ATTRIBUTE,
  baseOf,
  isCanonical,
  linearOf,
  longMode,
  protectedMode,
  RFLAGS_AC,
  RFLAGS_IF,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  readLinear,
  selectorOf,
  VECTOR,
} from './bits.ts';
import { pushRip, pushStackPointer } from './farTransfer.ts';
import { deliverLegacyQuickly } from './quickLegacyTransfer.ts';
import { deliverQuickly } from './quickTransfer.ts';
import {
  type Descriptor,
  dplOf,
  isCode,
  isConforming,
  isNull,
  isPresent,
  markAccessed,
  readDescriptor,
  selectorError,
  setFromDescriptor,
  setRealSegment,
  setSegment,
  systemAddress,
  unpack,
} from './segmentation.ts';
import { currentStack, flatStack, innerStack, type Stack, stackPointer64 } from './stack.ts';

/** `software`: INT n, INT3, INTO: gate privilege is checked. `privileged`: INT1. */
export type EventKind = 'exception' | 'software' | 'privileged' | 'external';
interface Event {
  vector: number;
  kind: EventKind;
  error: number | undefined;
}

const CONTRIBUTORY: ReadonlySet<number> = new Set([VECTOR.DE, VECTOR.TS, VECTOR.NP, VECTOR.SS, VECTOR.GP]);
/** Vectors that push an error code. */
export const WITH_ERROR: ReadonlySet<number> = new Set([
  VECTOR.DF,
  VECTOR.TS,
  VECTOR.NP,
  VECTOR.SS,
  VECTOR.GP,
  VECTOR.PF,
  VECTOR.AC,
]);
/** Traps and aborts; all other exceptions are faults and push RF = 1, so that the restarted instruction hits no breakpoint again. */
const NOT_FAULTS: ReadonlySet<number> = new Set([VECTOR.DB, VECTOR.NMI, VECTOR.BP, VECTOR.OF, VECTOR.DF, VECTOR.MC]);
const DR7_GD = 1 << 13;

export function deliverException(cpu: Cpu, vector: number, error?: number): void {
  let event: Event = { vector, kind: 'exception', error };
  for (;;) {
    try {
      deliver(cpu, event);
      if (event.vector === VECTOR.DB) cpu.write32(SLOT.DR + 7 * 8, cpu.read32(SLOT.DR + 7 * 8) & ~DR7_GD);
      return;
    } catch (second) {
      if (!(second instanceof GuestFault)) throw second;
      event = escalate(cpu, event.vector, second);
    }
  }
}
function escalate(cpu: Cpu, first: number, second: GuestFault): Event {
  const contributory = CONTRIBUTORY.has(second.vector);
  if (first === VECTOR.DF) cpu.shutdown();
  // Delivery itself never raises #UD: that is a task gate, which is missing, and must not be tried for ever.
  const missing = second.vector === VECTOR.UD;
  const pageFault = first === VECTOR.PF && (contributory || second.vector === VECTOR.PF);
  const double = missing || pageFault || (CONTRIBUTORY.has(first) && contributory);
  return double
    ? { vector: VECTOR.DF, kind: 'exception', error: 0 }
    : { vector: second.vector, kind: 'exception', error: second.error };
}

/** An external interrupt that was acknowledged. */
export function deliverInterrupt(cpu: Cpu, vector: number): void {
  deliverOuter(cpu, vector, 'external');
}
export function deliverNmi(cpu: Cpu): void {
  cpu.write32(SLOT.NMI_MASK, 1);
  deliverOuter(cpu, VECTOR.NMI, 'external');
}
function deliverOuter(cpu: Cpu, vector: number, kind: EventKind): void {
  try {
    deliver(cpu, { vector, kind, error: undefined });
  } catch (fault) {
    if (!(fault instanceof GuestFault)) throw fault;
    deliverException(cpu, fault.vector, fault.error);
  }
}

/** INT n, INT3, INTO, INT1: from a control helper, so that `cpu.rip` is the address behind the instruction. */
export function softwareInterrupt(cpu: Cpu, vector: number, kind: 'software' | 'privileged'): void {
  deliver(cpu, { vector, kind, error: undefined });
  cpu.singleStep(false);
}

function deliver(cpu: Cpu, event: Event): void {
  if (!protectedMode(cpu)) deliverReal(cpu, event.vector);
  else if (longMode(cpu)) deliverLong(cpu, event);
  else deliverProtected(cpu, event);
  cpu.write32(SLOT.SHADOW, 0);
  cpu.modeChanged();
}

/** RFLAGS as the handler's frame shows it. */
function flagsImage(cpu: Cpu, event: Event): number {
  const restartable = event.kind === 'exception' && !NOT_FAULTS.has(event.vector);
  return restartable ? cpu.flags | RFLAGS_RF : cpu.flags;
}
/** System flags only. */
function clearFlags(cpu: Cpu, mask: number): void {
  cpu.write32(SLOT.RFLAGS, cpu.read32(SLOT.RFLAGS) & ~mask);
}

function deliverReal(cpu: Cpu, vector: number): void {
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * 4 + 3 > cpu.read32(idtr + SEG.limit) >>> 0) cpu.raise(VECTOR.GP, vector * 8 + 2);
  const entry = cpu.loadHalves((baseOf(cpu, SEGMENT.idtr) + vector * 4) >>> 0, 4, true);
  const stack = currentStack(cpu);
  stack.push(2, cpu.flags);
  stack.push(2, selectorOf(cpu, SEGMENT.cs));
  pushRip(cpu, stack, 2);
  stack.commit();
  setRealSegment(cpu, SEGMENT.cs, entry >>> 16);
  clearFlags(cpu, RFLAGS_IF | RFLAGS_TF | RFLAGS_AC | RFLAGS_RF);
  cpu.jumpTo(entry & 0xffff, 0);
}

interface Gate {
  ext: number;
  /** Interrupt gates clear IF, trap gates do not. */
  interrupt: boolean;
  size: 16 | 32 | 64;
  selector: number;
  low: number;
  high: number;
  ist: number;
}

function readGate(cpu: Cpu, { vector, kind }: Event): Gate {
  const long = longMode(cpu);
  const bytes = long ? 16 : 8;
  const ext = kind === 'software' ? 0 : 1;
  const error = vector * 8 + 2 + ext;
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * bytes + bytes - 1 > cpu.read32(idtr + SEG.limit) >>> 0) cpu.raise(VECTOR.GP, error);
  const address = systemAddress(cpu, baseOf(cpu, SEGMENT.idtr) + vector * bytes);
  const first = cpu.loadHalves(address, 8, true);
  const d = unpack(0, address, first, cpu.upperHalf);
  const type = d.attributes & 0x1f;
  const known = long ? type === 14 || type === 15 : type === 5 || type === 6 || type === 7 || type === 14 || type === 15;
  if (!known) cpu.raise(VECTOR.GP, error);
  if (kind === 'software' && dplOf(d) < cpu.cpl) cpu.raise(VECTOR.GP, error);
  if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
  if (type === 5) cpu.missing('task gate');
  const size = long ? 64 : type & 8 ? 32 : 16;
  const low = (d.low & 0xffff) | (type & 8 ? d.high & 0xffff0000 : 0);
  const high = long ? cpu.loadHalves(address + 8, 4, true) : 0;
  return { ext, interrupt: (type & 1) === 0, size, selector: d.low >>> 16, low, high, ist: long ? d.high & 7 : 0 };
}

/** The handler's code segment and the level it runs at. */
function handlerCode(cpu: Cpu, gate: Gate, long: boolean): { code: Descriptor; level: number } {
  if (isNull(gate.selector)) cpu.raise(VECTOR.GP, gate.ext);
  const error = selectorError(gate.selector) | gate.ext;
  const code = readDescriptor(cpu, gate.selector) ?? cpu.raise(VECTOR.GP, error);
  if (!isCode(code) || dplOf(code) > cpu.cpl) cpu.raise(VECTOR.GP, error);
  if (long && (code.attributes & (ATTRIBUTE.long | ATTRIBUTE.big)) !== ATTRIBUTE.long) cpu.raise(VECTOR.GP, error);
  if (!isPresent(code)) cpu.raise(VECTOR.NP, error);
  return { code, level: isConforming(code) ? cpu.cpl : dplOf(code) };
}

/** What follows from it the processor is told in `deliver`. */
function enterHandler(cpu: Cpu, gate: Gate, code: Descriptor, level: number): void {
  setFromDescriptor(cpu, SEGMENT.cs, (gate.selector & 0xfffc) | level, code);
  clearFlags(cpu, RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | (gate.interrupt ? RFLAGS_IF : 0));
  cpu.jumpTo(gate.low, gate.high);
  cpu.write32(SLOT.CPL, level);
}

/** Of the frame, for those events that have one. */
const errorOf = ({ kind, vector, error }: Event): number | undefined =>
  kind === 'exception' && WITH_ERROR.has(vector) ? (error ?? 0) : undefined;

function deliverProtected(cpu: Cpu, event: Event): void {
  if (deliverLegacyQuickly(cpu, event.vector, event.kind === 'software', flagsImage(cpu, event), errorOf(event))) return;
  const gate = readGate(cpu, event);
  const { code, level } = handlerCode(cpu, gate, false);
  const inner = level < cpu.cpl ? innerStack(cpu, level, gate.ext) : undefined;
  if (gate.low >>> 0 > code.limit) cpu.raise(VECTOR.GP, gate.ext);
  const stack = inner?.stack ?? currentStack(cpu, gate.ext);
  const bytes = gate.size / 8;
  if (inner) pushStackPointer(cpu, stack, bytes);
  pushReturn(cpu, stack, event, bytes);
  markAccessed(cpu, code);
  if (inner) {
    markAccessed(cpu, inner.descriptor);
    setFromDescriptor(cpu, SEGMENT.ss, inner.selector, inner.descriptor);
  }
  stack.commit();
  enterHandler(cpu, gate, code, level);
}

function deliverLong(cpu: Cpu, event: Event): void {
  const outer = event.kind === 'exception' || event.kind === 'external';
  if (outer && deliverQuickly(cpu, event.vector, flagsImage(cpu, event), errorOf(event))) return;
  const gate = readGate(cpu, event);
  const { code, level } = handlerCode(cpu, gate, true);
  const inner = level < cpu.cpl;
  const slot = gate.ist ? 3 + gate.ist : level;
  const sp = inner || gate.ist ? stackPointer64(cpu, slot, gate.ext) : readLinear(cpu, SLOT.rsp);
  if (!isCanonical(linearOf(gate.low, gate.high))) cpu.raise(VECTOR.GP, gate.ext);
  const stack = flatStack(cpu, sp - (sp & 15), level, gate.ext);
  pushStackPointer(cpu, stack, 8);
  pushReturn(cpu, stack, event, 8);
  markAccessed(cpu, code);
  if (inner) setSegment(cpu, SEGMENT.ss, level, 0, 0, level << 5);
  stack.commit();
  enterHandler(cpu, gate, code, level);
}
/** What every frame ends in. */
function pushReturn(cpu: Cpu, stack: Stack, event: Event, bytes: number): void {
  stack.push(bytes, flagsImage(cpu, event));
  stack.push(bytes, selectorOf(cpu, SEGMENT.cs));
  pushRip(cpu, stack, bytes);
  const error = errorOf(event);
  if (error !== undefined) stack.push(bytes, error);
}

/** Where `cpu.rip` lies in linear memory: for breakpoints and reports. */
export const codeLinear = (cpu: Cpu, rip: bigint): bigint =>
  cpu.codeSize === 64 ? rip : BigInt.asUintN(32, BigInt(baseOf(cpu, SEGMENT.cs)) + rip);
