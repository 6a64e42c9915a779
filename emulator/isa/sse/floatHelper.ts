// SPDX-License-Identifier: MIT
/**
 * @fileoverview The frame around soft floating point in helpers: lanes from scratch slots, MXCSR in, flags out, #XM.
 *
 * Exceptions of all lanes count together (SDM vol. 1, 11.5.3): if an unmasked IE, DE or ZE is among them, OE, UE and PE of the
 * other lanes are not reported. MXCSR has the flags even when #XM is raised; registers then keep their values, because helpers
 * run before commits. Without CR4.OSXMMEXCPT the exception is #UD.
 */
import { SLOT } from '../../ir/state.ts';
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { isDenormalSingle, outcome, toSingle } from '../softfloat/exactNumber.ts';
import type { Format, Status } from '../softfloat/format.ts';
import { PE, statusOf } from '../softfloat/format.ts';

const CR4_OSXMMEXCPT = 0x400n;
const PRE_COMPUTATION = 7;

export interface SteppedStatus extends Status {
  /** Flags of steps that are over, for instructions of several steps; `flags` are the last step's. */
  completed: number;
}

/** Tries host numbers (`exactNumber.ts`) on arguments and result; false if they will not do. */
export type Quick = (cpu: Cpu) => boolean;
const MASKED_NEAREST_BITS = 0x7f80;
const MASKED_NEAREST = 0x1f80;
const results = new Float64Array(4);
/** `lanes` lanes of slot 0 and, for two operands, slot 1. */
export function quickLanes(f: Format, lanes: number, compute: (a: number, b: number) => number | undefined): Quick {
  const single = f.size === 32;
  const step = f.size / 8;
  return ({ view, base }) => {
    const at = base + SLOT.SCRATCH;
    let exact = true;
    for (let i = 0; i < lanes; i++) {
      const place = at + i * step;
      const a = single ? view.getFloat32(place, true) : view.getFloat64(place, true);
      const b = single ? view.getFloat32(place + 16, true) : view.getFloat64(place + 16, true);
      if (single && (isDenormalSingle(a) || isDenormalSingle(b))) return false;
      const x = single ? toSingle(compute(a, b)) : compute(a, b);
      if (x === undefined) return false;
      results[i] = x;
      exact &&= outcome.exact;
    }
    for (let i = 0; i < lanes; i++) {
      if (single) view.setFloat32(at + i * step, results[i], true);
      else view.setFloat64(at + i * step, results[i], true);
    }
    outcome.exact = exact;
    return true;
  };
}

/** A helper that computes with MXCSR and then reports the flags. `compute` returns what is to be done when nothing was raised. */
export function floatHelper(name: string, compute: (cpu: Cpu, s: SteppedStatus) => () => void, quick?: Quick): HelperRef {
  return helper(name, (cpu) => {
    const mxcsr = cpu.read32(SLOT.MXCSR);
    if (quick && (mxcsr & MASKED_NEAREST_BITS) === MASKED_NEAREST && quick(cpu)) {
      if (!outcome.exact) cpu.write32(SLOT.MXCSR, mxcsr | PE);
      return;
    }
    const s = { ...statusOf(mxcsr), completed: 0 };
    const finish = compute(cpu, s);
    const early = s.flags & PRE_COMPUTATION & ~s.masks;
    const flags = early ? s.flags & PRE_COMPUTATION : s.flags;
    cpu.write32(SLOT.MXCSR, mxcsr | flags | s.completed);
    if (flags & ~s.masks) cpu.raise(cpu.read64(SLOT.CR4) & CR4_OSXMMEXCPT ? 19 : 6);
    finish();
  });
}

/** The lanes of a 16-byte argument, lowest first. */
export function lanesOf(cpu: Cpu, slot: number, f: Format): bigint[] {
  const b = cpu.args.bytes(slot);
  const view = new DataView(b.buffer, b.byteOffset, 16);
  return f.size === 64
    ? [view.getBigUint64(0, true), view.getBigUint64(8, true)]
    : [0, 4, 8, 12].map((at) => BigInt(view.getUint32(at, true)));
}
export function scalarOf(cpu: Cpu, slot: number, f: Format): bigint {
  return f.size === 64 ? BigInt.asUintN(64, cpu.args.u64(slot)) : BigInt(cpu.args.u32(slot) >>> 0);
}
/** Lanes of `size` bits; missing ones are zero. */
export function returnLanes(cpu: Cpu, size: 32 | 64, values: readonly bigint[]): void {
  let result = 0n;
  values.forEach((x, i) => {
    result |= x << BigInt(i * size);
  });
  cpu.args.returnBytes(result & 0xffffffffffffffffn, result >> 64n);
}
export function returnScalar(cpu: Cpu, size: 32 | 64, value: bigint): void {
  if (size === 64) cpu.args.returnU64(value);
  else cpu.args.returnU32(Number(value));
}
