// SPDX-License-Identifier: MIT
/**
 * @fileoverview Far jumps, calls and returns (APM vol. 2, 4.7 and 4.11; vol. 3, CALL, JMP, RET, IRET).
 *
 * All run in control helpers: `cpu.rip` is the address behind the instruction and becomes the new one. Everything is read and checked
 * first, then memory is written, then registers. `size` is the operand size in bits.
 *
 * Not here: task gates and TSS selectors (hardware task switching), returns to virtual-8086 mode.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import {
  ATTRIBUTE,
  ioPrivilege,
  isCanonical,
  linearOf,
  longMode,
  protectedMode,
  RFLAGS_AC,
  RFLAGS_ALL,
  RFLAGS_ID,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VIF,
  RFLAGS_VIP,
  RFLAGS_VM,
  selectorOf,
  VECTOR,
} from './bits.ts';
import { returnLegacyQuickly } from './quickLegacyTransfer.ts';
import { returnQuickly } from './quickTransfer.ts';
import {
  type Descriptor,
  dplOf,
  dropInnerSegments,
  fits16,
  isCode,
  isConforming,
  isNull,
  isPresent,
  isWritableData,
  markAccessed,
  readDescriptor,
  selectorError,
  setFromDescriptor,
  setPrivilege,
  setRealSegment,
  setSegment,
  systemType,
  upperHalf,
} from './segmentation.ts';
import { currentStack, flatStack, innerStack, type Stack, setStackPointer, stackPointer64 } from './stack.ts';

export type Size = 16 | 32 | 64;

/** An address as it lies in memory: halves of 32 bits. */
export interface Halves {
  low: number;
  high: number;
}
/** The lower `size` bits of an offset. */
const narrowed = (offset: bigint, size: Size): Halves => ({
  low: Number(offset & (size === 16 ? 0xffffn : 0xffffffffn)),
  high: size === 64 ? Number(BigInt.asIntN(32, offset >> 32n)) : 0,
});

export function farJump(cpu: Cpu, selector: number, offset: bigint, size: Size): void {
  const target = narrowed(offset, size);
  if (!protectedMode(cpu)) {
    realTarget(cpu, target);
    setRealSegment(cpu, SEGMENT.cs, selector);
    cpu.jumpTo(target.low, target.high);
    cpu.modeChanged();
    return;
  }
  const d = farDescriptor(cpu, selector);
  if (d.attributes & ATTRIBUTE.s) {
    checkDirect(cpu, d);
    checkTarget(cpu, d, target);
    enterCode(cpu, d, cpu.cpl, target);
    return;
  }
  const gate = callGate(cpu, d);
  const code = gateCode(cpu, gate.selector);
  if (isConforming(code) ? dplOf(code) > cpu.cpl : dplOf(code) !== cpu.cpl) cpu.raise(VECTOR.GP, selectorError(gate.selector));
  if (!isPresent(code)) cpu.raise(VECTOR.NP, selectorError(gate.selector));
  checkTarget(cpu, code, gate.offset);
  enterCode(cpu, code, cpu.cpl, gate.offset);
}

export function farCall(cpu: Cpu, selector: number, offset: bigint, size: Size): void {
  const target = narrowed(offset, size);
  const bytes = size / 8;
  if (!protectedMode(cpu)) {
    realTarget(cpu, target);
    const stack = currentStack(cpu);
    stack.push(bytes, selectorOf(cpu, SEGMENT.cs));
    pushRip(cpu, stack, bytes);
    stack.commit();
    setRealSegment(cpu, SEGMENT.cs, selector);
    cpu.jumpTo(target.low, target.high);
    cpu.modeChanged();
    return;
  }
  const d = farDescriptor(cpu, selector);
  if (d.attributes & ATTRIBUTE.s) {
    checkDirect(cpu, d);
    checkTarget(cpu, d, target);
    markAccessed(cpu, d);
    pushReturn(cpu, bytes);
    enterCode(cpu, d, cpu.cpl, target);
  } else callThroughGate(cpu, d);
}

function callThroughGate(cpu: Cpu, d: Descriptor): void {
  const gate = callGate(cpu, d);
  const code = gateCode(cpu, gate.selector);
  const error = selectorError(gate.selector);
  if (dplOf(code) > cpu.cpl) cpu.raise(VECTOR.GP, error);
  if (!isPresent(code)) cpu.raise(VECTOR.NP, error);
  const level = isConforming(code) ? cpu.cpl : dplOf(code);
  const bytes = gate.size / 8;
  if (level === cpu.cpl) {
    checkTarget(cpu, code, gate.offset);
    markAccessed(cpu, code);
    pushReturn(cpu, bytes);
  } else if (longMode(cpu)) {
    const sp = stackPointer64(cpu, level, 0);
    checkTarget(cpu, code, gate.offset);
    const stack = flatStack(cpu, sp, level, 0);
    pushStackPointer(cpu, stack, 8);
    stack.push(8, selectorOf(cpu, SEGMENT.cs));
    pushRip(cpu, stack, 8);
    markAccessed(cpu, code);
    setSegment(cpu, SEGMENT.ss, level, 0, 0, level << 5);
    stack.commit();
  } else {
    const inner = innerStack(cpu, level, 0);
    checkTarget(cpu, code, gate.offset);
    const outer = currentStack(cpu);
    const { stack } = inner;
    pushStackPointer(cpu, stack, bytes);
    for (let i = gate.parameters - 1; i >= 0; i--) stack.push(bytes, outer.peek(i * bytes, bytes));
    stack.push(bytes, selectorOf(cpu, SEGMENT.cs));
    pushRip(cpu, stack, bytes);
    markAccessed(cpu, code);
    markAccessed(cpu, inner.descriptor);
    setFromDescriptor(cpu, SEGMENT.ss, inner.selector, inner.descriptor);
    stack.commit();
  }
  enterCode(cpu, code, level, gate.offset);
}

/** RET far; `release` is its immediate. */
export function farReturn(cpu: Cpu, size: Size, release: number): void {
  if (protectedMode(cpu)) protectedReturn(cpu, size, release, false);
  else realReturn(cpu, size, release, false);
}

/** IRET in every mode. Unblocks NMIs, also when it faults. */
export function interruptReturn(cpu: Cpu, size: Size): void {
  cpu.write32(SLOT.NMI_MASK, 0);
  if (!protectedMode(cpu)) {
    realReturn(cpu, size, 0, true);
    return;
  }
  if (cpu.read32(SLOT.RFLAGS) & RFLAGS_NT) {
    if (longMode(cpu)) cpu.raise(VECTOR.GP, 0);
    cpu.missing('return to a nested task');
  }
  if (size === 64 && returnQuickly(cpu, setReturnedFlags)) return;
  if (size === 32 && !longMode(cpu) && returnLegacyQuickly(cpu, setReturnedFlags)) return;
  protectedReturn(cpu, size, 0, true);
}

function realReturn(cpu: Cpu, size: Size, release: number, withFlags: boolean): void {
  const bytes = size / 8;
  const stack = currentStack(cpu);
  const target = { low: stack.pop(bytes), high: stack.high };
  const selector = stack.pop(bytes) & 0xffff;
  const flags = withFlags ? stack.pop(bytes) : 0;
  realTarget(cpu, target);
  stack.release(release);
  stack.commit();
  if (withFlags) setFlags(cpu, flags, RFLAGS_TF | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID, size);
  setRealSegment(cpu, SEGMENT.cs, selector);
  cpu.jumpTo(target.low, target.high);
  cpu.modeChanged();
}

function protectedReturn(cpu: Cpu, size: Size, release: number, withFlags: boolean): void {
  const bytes = size / 8;
  const cpl = cpu.cpl;
  const stack = currentStack(cpu);
  const target = { low: stack.pop(bytes), high: stack.high };
  const selector = stack.pop(bytes) & 0xffff;
  const flags = withFlags ? stack.pop(bytes) : 0;
  if (size !== 16 && flags & RFLAGS_VM && cpl === 0 && !longMode(cpu)) cpu.missing('virtual-8086 mode');

  const error = selectorError(selector);
  const rpl = selector & 3;
  if (isNull(selector)) cpu.raise(VECTOR.GP, 0);
  const code = readDescriptor(cpu, selector) ?? cpu.raise(VECTOR.GP, error);
  if (!isCode(code) || rpl < cpl) cpu.raise(VECTOR.GP, error);
  if (isConforming(code) ? dplOf(code) > rpl : dplOf(code) !== rpl) cpu.raise(VECTOR.GP, error);
  checkLongBits(cpu, code);
  if (!isPresent(code)) cpu.raise(VECTOR.NP, error);
  const to64 = longMode(cpu) && (code.attributes & ATTRIBUTE.long) !== 0;
  stack.release(release);

  if (rpl === cpl && !(withFlags && cpu.codeSize === 64)) {
    checkTarget(cpu, code, target);
    markAccessed(cpu, code);
    stack.commit();
  } else {
    const sp = stack.pop(bytes);
    const spHigh = stack.high;
    const ss = stack.pop(bytes) & 0xffff;
    const data = returnStackSegment(cpu, ss, rpl, to64);
    checkTarget(cpu, code, target);
    markAccessed(cpu, code);
    if (data) {
      markAccessed(cpu, data);
      setFromDescriptor(cpu, SEGMENT.ss, ss, data);
    } else setSegment(cpu, SEGMENT.ss, ss, 0, 0, rpl << 5);
    const width = to64 ? 64 : data && data.attributes & ATTRIBUTE.big ? 32 : 16;
    const sum = (sp >>> 0) + release;
    setStackPointer(cpu, sum | 0, spHigh + (sum > 0xffffffff ? 1 : 0), width);
  }
  if (withFlags) setFlags(cpu, flags, returnedFlags(cpu), size);
  if (rpl > cpl) dropInnerSegments(cpu, rpl);
  enterCode(cpu, code, rpl, target);
}

/** SS of the level returned to; undefined for the null selector that 64-bit code below level 3 may have. */
function returnStackSegment(cpu: Cpu, ss: number, rpl: number, to64: boolean): Descriptor | undefined {
  if (isNull(ss)) {
    if (!to64 || rpl === 3) cpu.raise(VECTOR.GP, 0);
    return undefined;
  }
  const error = selectorError(ss);
  if ((ss & 3) !== rpl) cpu.raise(VECTOR.GP, error);
  const data = readDescriptor(cpu, ss) ?? cpu.raise(VECTOR.GP, error);
  if (!isWritableData(data) || dplOf(data) !== rpl) cpu.raise(VECTOR.GP, error);
  if (!isPresent(data)) cpu.raise(VECTOR.SS, error);
  return data;
}

/** System flags that IRET at the current level may change. */
function returnedFlags(cpu: Cpu): number {
  let mask = RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID;
  if (cpu.cpl <= ioPrivilege(cpu)) mask |= RFLAGS_IF;
  if (cpu.cpl === 0) mask |= RFLAGS_IOPL | RFLAGS_VIF | RFLAGS_VIP;
  return mask;
}
const setReturnedFlags = (cpu: Cpu, flags: number): void => setFlags(cpu, flags, returnedFlags(cpu), 64);
const STATUS_FLAGS = 0xcd5;
/** Replaces the status flags, DF and those system flags that `mask` names, as far as `size` reaches. */
export function setFlags(cpu: Cpu, flags: number, mask: number, size: Size): void {
  const writable = (mask | STATUS_FLAGS) & RFLAGS_ALL & (size === 16 ? 0xffff : -1);
  cpu.flags = (cpu.flags & ~writable) | (flags & writable);
}

function farDescriptor(cpu: Cpu, selector: number): Descriptor {
  if (isNull(selector)) cpu.raise(VECTOR.GP, 0);
  return readDescriptor(cpu, selector) ?? cpu.raise(VECTOR.GP, selectorError(selector));
}
/** In long mode a code segment with both L and D set is reserved. */
function checkLongBits(cpu: Cpu, d: Descriptor): void {
  const both = ATTRIBUTE.long | ATTRIBUTE.big;
  if (longMode(cpu) && (d.attributes & both) === both) cpu.raise(VECTOR.GP, selectorError(d.selector));
}
/** Jump or call to a code segment itself: the level stays. */
function checkDirect(cpu: Cpu, d: Descriptor): void {
  const error = selectorError(d.selector);
  if (!isCode(d)) cpu.raise(VECTOR.GP, error);
  if (isConforming(d)) {
    if (dplOf(d) > cpu.cpl) cpu.raise(VECTOR.GP, error);
  } else if ((d.selector & 3) > cpu.cpl || dplOf(d) !== cpu.cpl) cpu.raise(VECTOR.GP, error);
  checkLongBits(cpu, d);
  if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
}

interface CallGate {
  selector: number;
  offset: Halves;
  size: Size;
  parameters: number;
}
function callGate(cpu: Cpu, d: Descriptor): CallGate {
  const error = selectorError(d.selector);
  const type = systemType(d);
  const long = longMode(cpu);
  const gate = type === 12 || (!long && type === 4);
  const task = !long && (type === 1 || type === 5 || type === 9);
  if (!gate && !task) cpu.raise(VECTOR.GP, error);
  if (dplOf(d) < cpu.cpl || dplOf(d) < (d.selector & 3)) cpu.raise(VECTOR.GP, error);
  if (long && (!fits16(cpu, d.selector) || upperHalf(cpu, d).type !== 0)) cpu.raise(VECTOR.GP, error);
  if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
  if (task) cpu.missing('task switch');
  const offset = {
    low: ((d.low & 0xffff) | (type === 12 ? d.high & 0xffff0000 : 0)) >>> 0,
    high: long ? upperHalf(cpu, d).high : 0,
  };
  return { selector: d.low >>> 16, offset, size: long ? 64 : type === 12 ? 32 : 16, parameters: long ? 0 : d.high & 31 };
}
function gateCode(cpu: Cpu, selector: number): Descriptor {
  const code = farDescriptor(cpu, selector);
  if (!isCode(code)) cpu.raise(VECTOR.GP, selectorError(selector));
  if (longMode(cpu) && (code.attributes & (ATTRIBUTE.long | ATTRIBUTE.big)) !== ATTRIBUTE.long)
    cpu.raise(VECTOR.GP, selectorError(selector));
  return code;
}

function pushReturn(cpu: Cpu, bytes: number): void {
  const stack = currentStack(cpu);
  stack.push(bytes, selectorOf(cpu, SEGMENT.cs));
  pushRip(cpu, stack, bytes);
  stack.commit();
}
/** The address behind the instruction. */
export function pushRip(cpu: Cpu, stack: Stack, bytes: number): void {
  cpu.settleRip();
  stack.push(bytes, cpu.read32(SLOT.RIP), cpu.read32(SLOT.RIP + 4));
}
/** SS and rSP of the level that is left. */
export function pushStackPointer(cpu: Cpu, stack: Stack, bytes: number): void {
  stack.push(bytes, selectorOf(cpu, SEGMENT.ss));
  stack.push(bytes, cpu.read32(SLOT.rsp), cpu.read32(SLOT.rsp + 4));
}
const exceeds = ({ low, high }: Halves, limit: number): boolean => high !== 0 || low >>> 0 > limit;
function checkTarget(cpu: Cpu, code: Descriptor, target: Halves): void {
  const to64 = longMode(cpu) && code.attributes & ATTRIBUTE.long;
  if (to64 ? !isCanonical(linearOf(target.low, target.high)) : exceeds(target, code.limit)) cpu.raise(VECTOR.GP, 0);
}
function realTarget(cpu: Cpu, target: Halves): void {
  if (exceeds(target, cpu.read32(segmentSlot(SEGMENT.cs) + SEG.limit) >>> 0)) cpu.raise(VECTOR.GP, 0);
}
/** Commits; those who have committed something before marked the descriptor first, since that may fault. */
function enterCode(cpu: Cpu, code: Descriptor, level: number, target: Halves): void {
  markAccessed(cpu, code);
  setFromDescriptor(cpu, SEGMENT.cs, (code.selector & 0xfffc) | level, code);
  cpu.jumpTo(target.low, target.high);
  setPrivilege(cpu, level);
}
