// SPDX-License-Identifier: MIT
/**
 * @fileoverview Delivery of interrupts and exceptions in real, protected and long mode (APM vol. 2, chapter 8).
 *
 * Who calls what: the processor calls `deliverException` with the fault it caught (`cpu.rip` is what the handler returns to),
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
  canonical,
  longMode,
  protectedMode,
  RFLAGS_AC,
  RFLAGS_IF,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  selectorOf,
  VECTOR,
} from './bits.ts';
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
  setPrivilege,
  setRealSegment,
  setSegment,
  systemAddress,
  unpack,
} from './segmentation.ts';
import { currentStack, flatStack, innerStack, stackPointer64 } from './stack.ts';

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

export function deliverException(cpu: Cpu, fault: GuestFault): void {
  let event: Event = { vector: fault.vector, kind: 'exception', error: fault.error };
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
    deliverException(cpu, fault);
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
function flagsImage(cpu: Cpu, event: Event): bigint {
  const restartable = event.kind === 'exception' && !NOT_FAULTS.has(event.vector);
  return restartable ? cpu.rflags | BigInt(RFLAGS_RF) : cpu.rflags;
}
function clearFlags(cpu: Cpu, mask: number): void {
  cpu.rflags &= ~BigInt(mask);
}

function deliverReal(cpu: Cpu, vector: number): void {
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * 4 + 3 > cpu.read32(idtr + SEG.limit) >>> 0) cpu.raise(VECTOR.GP, vector * 8 + 2);
  const entry = Number(cpu.loadSystem(BigInt.asUintN(32, cpu.read64(idtr + SEG.base) + BigInt(vector * 4)), 4));
  const stack = currentStack(cpu);
  stack.push(cpu.rflags, 2);
  stack.push(BigInt(selectorOf(cpu, SEGMENT.cs)), 2);
  stack.push(cpu.rip, 2);
  stack.commit();
  setRealSegment(cpu, SEGMENT.cs, entry >>> 16);
  clearFlags(cpu, RFLAGS_IF | RFLAGS_TF | RFLAGS_AC | RFLAGS_RF);
  cpu.rip = BigInt(entry & 0xffff);
}

interface Gate {
  ext: number;
  /** Interrupt gates clear IF, trap gates do not. */
  interrupt: boolean;
  size: 16 | 32 | 64;
  selector: number;
  offset: bigint;
  ist: number;
}

function readGate(cpu: Cpu, { vector, kind }: Event): Gate {
  const long = longMode(cpu);
  const bytes = long ? 16 : 8;
  const ext = kind === 'software' ? 0 : 1;
  const error = vector * 8 + 2 + ext;
  const idtr = segmentSlot(SEGMENT.idtr);
  if (vector * bytes + bytes - 1 > cpu.read32(idtr + SEG.limit) >>> 0) cpu.raise(VECTOR.GP, error);
  const address = systemAddress(cpu, cpu.read64(idtr + SEG.base) + BigInt(vector * bytes));
  const raw = cpu.loadSystem(address, 8);
  const d = unpack(0, address, Number(raw & 0xffffffffn), Number(raw >> 32n));
  const type = d.attributes & 0x1f;
  const known = long ? type === 14 || type === 15 : type === 5 || type === 6 || type === 7 || type === 14 || type === 15;
  if (!known) cpu.raise(VECTOR.GP, error);
  if (kind === 'software' && dplOf(d) < cpu.cpl) cpu.raise(VECTOR.GP, error);
  if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
  if (type === 5) cpu.missing('task gate');
  const size = long ? 64 : type & 8 ? 32 : 16;
  let offset = BigInt(d.low & 0xffff);
  if (type & 8) offset |= BigInt((d.high & 0xffff0000) >>> 0);
  if (long) offset |= cpu.loadSystem(address + 8n, 4) << 32n;
  return { ext, interrupt: (type & 1) === 0, size, selector: d.low >>> 16, offset, ist: long ? d.high & 7 : 0 };
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

function enterHandler(cpu: Cpu, gate: Gate, code: Descriptor, level: number): void {
  setFromDescriptor(cpu, SEGMENT.cs, (gate.selector & 0xfffc) | level, code);
  clearFlags(cpu, RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | (gate.interrupt ? RFLAGS_IF : 0));
  cpu.rip = gate.offset;
  setPrivilege(cpu, level);
}

function deliverProtected(cpu: Cpu, event: Event): void {
  const gate = readGate(cpu, event);
  const { code, level } = handlerCode(cpu, gate, false);
  const inner = level < cpu.cpl ? innerStack(cpu, level, gate.ext) : undefined;
  if (gate.offset > BigInt(code.limit)) cpu.raise(VECTOR.GP, gate.ext);
  const stack = inner?.stack ?? currentStack(cpu, gate.ext);
  const bytes = gate.size / 8;
  if (inner) {
    stack.push(BigInt(selectorOf(cpu, SEGMENT.ss)), bytes);
    stack.push(cpu.read64(SLOT.rsp), bytes);
  }
  stack.push(flagsImage(cpu, event), bytes);
  stack.push(BigInt(selectorOf(cpu, SEGMENT.cs)), bytes);
  stack.push(cpu.rip, bytes);
  if (event.kind === 'exception' && WITH_ERROR.has(event.vector)) stack.push(BigInt(event.error ?? 0), bytes);
  markAccessed(cpu, code);
  if (inner) {
    markAccessed(cpu, inner.descriptor);
    setFromDescriptor(cpu, SEGMENT.ss, inner.selector, inner.descriptor);
  }
  stack.commit();
  enterHandler(cpu, gate, code, level);
}

function deliverLong(cpu: Cpu, event: Event): void {
  const gate = readGate(cpu, event);
  const { code, level } = handlerCode(cpu, gate, true);
  const inner = level < cpu.cpl;
  const slot = gate.ist ? 3 + gate.ist : level;
  const sp = inner || gate.ist ? stackPointer64(cpu, slot, gate.ext) : cpu.read64(SLOT.rsp);
  if (!canonical(gate.offset)) cpu.raise(VECTOR.GP, gate.ext);
  const stack = flatStack(cpu, sp & ~15n, level, gate.ext);
  stack.push(BigInt(selectorOf(cpu, SEGMENT.ss)), 8);
  stack.push(cpu.read64(SLOT.rsp), 8);
  stack.push(flagsImage(cpu, event), 8);
  stack.push(BigInt(selectorOf(cpu, SEGMENT.cs)), 8);
  stack.push(cpu.rip, 8);
  if (event.kind === 'exception' && WITH_ERROR.has(event.vector)) stack.push(BigInt(event.error ?? 0), 8);
  markAccessed(cpu, code);
  if (inner) setSegment(cpu, SEGMENT.ss, level, 0n, 0, level << 5);
  stack.commit();
  enterHandler(cpu, gate, code, level);
}

/** Where `cpu.rip` lies in linear memory: for breakpoints and reports. */
export const codeLinear = (cpu: Cpu, rip: bigint): bigint =>
  cpu.codeSize === 64 ? rip : BigInt.asUintN(32, baseOf(cpu, SEGMENT.cs) + rip);
