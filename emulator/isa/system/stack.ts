// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stacks as transfers of control use them: the current one, and those that a TSS supplies for inner levels (APM vol. 2,
 * 4.8.2 and 12.2). Nothing is committed before `commit`, so a transfer that faults half-way has left registers alone; words already
 * written lie below the old stack pointer.
 *
 * The current stack is accessed with the rights that the program has; an inner one as the supervisor that will use it.
 */
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { ATTRIBUTE, attributesOf, baseOf, canonical, selectorOf, stackSize, VECTOR } from './bits.ts';
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
  sp: bigint;
  readonly width: 16 | 32 | 64;
  private readonly cpu: Cpu;
  private readonly base: bigint;
  private readonly read: Bounds;
  private readonly write: Bounds;
  /** Error code of #SS when an access leaves the segment. */
  private readonly error: number;
  private readonly system: boolean;

  constructor(
    cpu: Cpu,
    width: 16 | 32 | 64,
    base: bigint,
    read: Bounds,
    write: Bounds,
    sp: bigint,
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

  push(value: bigint, bytes: number): void {
    this.sp = this.wrap(this.sp - BigInt(bytes));
    const linear = this.linear(this.sp, bytes, this.write);
    const masked = BigInt.asUintN(bytes * 8, value);
    if (this.system) this.cpu.storeSystem(linear, bytes, masked);
    else this.cpu.store(linear, bytes, masked);
  }
  pop(bytes: number): bigint {
    const value = this.peek(0, bytes);
    this.release(bytes);
    return value;
  }
  /** The value `offset` bytes above the stack pointer. */
  peek(offset: number, bytes: number): bigint {
    const linear = this.linear(this.wrap(this.sp + BigInt(offset)), bytes, this.read);
    return this.system ? this.cpu.loadSystem(linear, bytes) : this.cpu.load(linear, bytes);
  }
  release(bytes: number): void {
    this.sp = this.wrap(this.sp + BigInt(bytes));
  }
  commit(): void {
    setStackPointer(this.cpu, this.sp, this.width);
  }

  private wrap(sp: bigint): bigint {
    return BigInt.asUintN(this.width, sp);
  }
  private linear(sp: bigint, bytes: number, allowed: Bounds): bigint {
    if (this.width === 64) {
      if (!canonical(sp) || !canonical(sp + BigInt(bytes - 1))) this.cpu.raise(VECTOR.SS, this.error);
      return sp;
    }
    const first = Number(sp);
    if (first < allowed.low || first + bytes - 1 > allowed.high) this.cpu.raise(VECTOR.SS, this.error);
    return BigInt.asUintN(32, this.base + sp);
  }
}

/** Writes rSP in `width` bits: 16 keep the rest, 32 clear the upper half. */
export function setStackPointer(cpu: Cpu, sp: bigint, width: 16 | 32 | 64): void {
  if (width === 16) cpu.write16(SLOT.rsp, Number(sp & 0xffffn));
  else cpu.write64(SLOT.rsp, BigInt.asUintN(width, sp));
}

/** The stack in use. `error`: of #SS, where it is not 0 because of EXT. */
export function currentStack(cpu: Cpu, error = 0): Stack {
  const slot = segmentSlot(SEGMENT.ss);
  const at = (field: number): number => cpu.read32(slot + field) >>> 0;
  const read = { low: at(SEG.readLow), high: at(SEG.readHigh) };
  const write = { low: at(SEG.writeLow), high: at(SEG.writeHigh) };
  return new Stack(cpu, stackSize(cpu), baseOf(cpu, SEGMENT.ss), read, write, cpu.read64(SLOT.rsp), error, false);
}
/** A flat 64-bit stack. */
export const flatStack = (cpu: Cpu, sp: bigint, level: number, error: number): Stack =>
  new Stack(cpu, 64, 0n, NO_BOUNDS, NO_BOUNDS, sp, error, level < cpu.cpl);
const NO_BOUNDS: Bounds = { low: 0, high: 0 };

export interface InnerStack {
  stack: Stack;
  selector: number;
  descriptor: Descriptor;
}
/** Outside long mode: SS and (E)SP of `level` from a 16- or 32-bit TSS, checked. `ext` is the EXT bit of error codes. */
export function innerStack(cpu: Cpu, level: number, ext: number): InnerStack {
  const tr = segmentSlot(SEGMENT.tr);
  const wide = (attributesOf(cpu, SEGMENT.tr) & 8) !== 0;
  const offset = wide ? 4 + 8 * level : 2 + 4 * level;
  const bytes = wide ? 4 : 2;
  checkTss(cpu, offset + 2 * bytes - 1, ext);
  const address = cpu.read64(tr + SEG.base) + BigInt(offset);
  const sp = cpu.loadSystem(BigInt.asUintN(32, address), bytes);
  const selector = Number(cpu.loadSystem(BigInt.asUintN(32, address + BigInt(bytes)), 2));
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
export function stackPointer64(cpu: Cpu, slot: number, ext: number): bigint {
  const offset = 4 + 8 * slot;
  checkTss(cpu, offset + 7, ext);
  const sp = cpu.loadSystem(baseOf(cpu, SEGMENT.tr) + BigInt(offset), 8);
  if (!canonical(sp)) cpu.raise(VECTOR.SS, ext);
  return sp;
}

function checkTss(cpu: Cpu, last: number, ext: number): void {
  const present = (attributesOf(cpu, SEGMENT.tr) & ATTRIBUTE.present) !== 0;
  const limit = cpu.read32(segmentSlot(SEGMENT.tr) + SEG.limit) >>> 0;
  if (!present || last > limit) cpu.raise(VECTOR.TS, selectorError(selectorOf(cpu, SEGMENT.tr)) | ext);
}
