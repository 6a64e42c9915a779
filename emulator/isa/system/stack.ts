// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stacks as transfers of control use them: the current one, and those that a TSS supplies for inner levels (APM vol. 2,
 * 4.8.2 and 12.2). Nothing is committed before `commit`, so a transfer that faults half-way has left registers alone; words already
 * written lie below the old stack pointer.
 *
 * The current stack is accessed with the rights that the program has; an inner one as the supervisor that will use it.
 *
 * Values go through as halves of 32 bits, since exceptions are frequent and bigints slow.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { ATTRIBUTE, attributesOf, baseOf, isCanonical, linearOf, readLinear, selectorOf, stackSize, VECTOR } from './bits.ts';
import {
  type Bounds,
  bounds,
  type Descriptor,
  dplOf,
  isNull,
  isPresent,
  isWritableData,
  readDescriptor,
  selectorError,
} from './segmentation.ts';

export class Stack {
  /** An offset in the segment; on a flat stack a linear address (`Cpu.loadHalves`). */
  sp: number;
  /** Upper half of what was read last. */
  high = 0;
  readonly width: 16 | 32 | 64;
  private readonly cpu: Cpu;
  private readonly base: number;
  private readonly read: Bounds;
  private readonly write: Bounds;
  /** Error code of #SS when an access leaves the segment. */
  private readonly error: number;
  private readonly system: boolean;

  constructor(
    cpu: Cpu,
    width: 16 | 32 | 64,
    base: number,
    read: Bounds,
    write: Bounds,
    sp: number,
    error: number,
    system: boolean,
  ) {
    this.cpu = cpu;
    this.width = width;
    this.base = base;
    this.read = read;
    this.write = write;
    this.error = error;
    this.system = system;
    this.sp = this.wrap(sp);
  }

  /** Pushes the lower `bytes` bytes of two halves. */
  push(bytes: number, low: number, high = 0): void {
    this.sp = this.wrap(this.sp - bytes);
    this.cpu.storeHalves(this.linear(this.sp, bytes, this.write), bytes, low, high, this.system);
  }
  /** The lower half, signed if there is an upper one; the upper half is in `high`. */
  pop(bytes: number): number {
    const low = this.peek(0, bytes);
    this.release(bytes);
    return low;
  }
  /** The value `offset` bytes above the stack pointer. */
  peek(offset: number, bytes: number): number {
    const low = this.cpu.loadHalves(this.linear(this.wrap(this.sp + offset), bytes, this.read), bytes, this.system);
    this.high = this.cpu.upperHalf;
    return low;
  }
  release(bytes: number): void {
    this.sp = this.wrap(this.sp + bytes);
  }
  commit(): void {
    setStackPointer(this.cpu, this.sp | 0, Math.floor(this.sp / 2 ** 32), this.width);
  }

  private wrap(sp: number): number {
    return this.width === 64 ? sp : this.width === 32 ? sp >>> 0 : sp & 0xffff;
  }
  private linear(sp: number, bytes: number, allowed: Bounds): number {
    if (this.width === 64) {
      if (!isCanonical(sp) || !isCanonical(sp + bytes - 1)) this.cpu.raise(VECTOR.SS, this.error);
      return sp;
    }
    if (sp < allowed.low || sp + bytes - 1 > allowed.high) this.cpu.raise(VECTOR.SS, this.error);
    return (this.base + sp) >>> 0;
  }
}

/** Writes rSP in `width` bits: 16 keep the rest, 32 clear the upper half. */
export function setStackPointer(cpu: Cpu, low: number, high: number, width: 16 | 32 | 64): void {
  if (width === 16) cpu.write16(SLOT.rsp, low & 0xffff);
  else {
    cpu.write32(SLOT.rsp, low);
    cpu.write32(SLOT.rsp + 4, width === 64 ? high : 0);
  }
}

/** The stack in use. `error`: of #SS, where it is not 0 because of EXT. */
export function currentStack(cpu: Cpu, error = 0): Stack {
  const width = stackSize(cpu);
  if (width === 64) return new Stack(cpu, 64, 0, NO_BOUNDS, NO_BOUNDS, readLinear(cpu, SLOT.rsp), error, false);
  const slot = segmentSlot(SEGMENT.ss);
  const at = (field: number): number => cpu.read32(slot + field) >>> 0;
  const read = { low: at(SEG.readLow), high: at(SEG.readHigh) };
  const write = { low: at(SEG.writeLow), high: at(SEG.writeHigh) };
  return new Stack(cpu, width, baseOf(cpu, SEGMENT.ss), read, write, cpu.read32(SLOT.rsp), error, false);
}
/** A flat 64-bit stack. */
export const flatStack = (cpu: Cpu, sp: number, level: number, error: number): Stack =>
  new Stack(cpu, 64, 0, NO_BOUNDS, NO_BOUNDS, sp, error, level < cpu.cpl);
const NO_BOUNDS: Bounds = { low: 0, high: 0 };

export interface InnerStack {
  stack: Stack;
  selector: number;
  descriptor: Descriptor;
}
/** Outside long mode: SS and (E)SP of `level` from a 16- or 32-bit TSS, checked. `ext` is the EXT bit of error codes. */
export function innerStack(cpu: Cpu, level: number, ext: number): InnerStack {
  const wide = (attributesOf(cpu, SEGMENT.tr) & 8) !== 0;
  const offset = wide ? 4 + 8 * level : 2 + 4 * level;
  const bytes = wide ? 4 : 2;
  checkTss(cpu, offset + 2 * bytes - 1, ext);
  const address = baseOf(cpu, SEGMENT.tr) + offset;
  const sp = cpu.loadHalves(address >>> 0, bytes, true);
  const selector = cpu.loadHalves((address + bytes) >>> 0, 2, true);
  const error = selectorError(selector) | ext;
  if (isNull(selector)) cpu.raise(VECTOR.TS, error);
  const d = readDescriptor(cpu, selector) ?? cpu.raise(VECTOR.TS, error);
  if ((selector & 3) !== level || dplOf(d) !== level || !isWritableData(d)) cpu.raise(VECTOR.TS, error);
  if (!isPresent(d)) cpu.raise(VECTOR.SS, error);
  const width = d.attributes & ATTRIBUTE.big ? 32 : 16;
  const stack = new Stack(
    cpu,
    width,
    d.base,
    bounds(d.limit, d.attributes, false),
    bounds(d.limit, d.attributes, true),
    sp,
    error,
    level < 3,
  );
  return { stack, selector, descriptor: d };
}

/** Long mode: RSP of level 0 to 2, or of interrupt stack 1 to 7 as 3 + its number. */
export function stackPointer64(cpu: Cpu, slot: number, ext: number): number {
  const offset = 4 + 8 * slot;
  checkTss(cpu, offset + 7, ext);
  const low = cpu.loadHalves(baseOf(cpu, SEGMENT.tr) + offset, 8, true);
  const sp = linearOf(low, cpu.upperHalf);
  if (!isCanonical(sp)) cpu.raise(VECTOR.SS, ext);
  return sp;
}

function checkTss(cpu: Cpu, last: number, ext: number): void {
  const present = (attributesOf(cpu, SEGMENT.tr) & ATTRIBUTE.present) !== 0;
  const limit = cpu.read32(segmentSlot(SEGMENT.tr) + SEG.limit) >>> 0;
  if (!present || last > limit) cpu.raise(VECTOR.TS, selectorError(selectorOf(cpu, SEGMENT.tr)) | ext);
}
