// SPDX-License-Identifier: MIT
/**
 * @fileoverview Scalar SSE and SSE2 instructions, and the few packed ones that scalar code needs (sign masks, zeroing).
 *
 * Suffixes are the SDM's: `ss` single, `sd` double. ROUNDSS/ROUNDSD are SSE4.1, beyond the x86-64-v1 baseline: their user
 * must know that the processor has them.
 */
import type { Gpr, Mem, Rm, Xmm, XmmRm } from './operand.ts';
import { SystemEncoder } from './system.ts';

export type FloatWidth = 4 | 8;
const SCALAR = { sqrt: 0x51, add: 0x58, mul: 0x59, sub: 0x5c, min: 0x5d, div: 0x5e, max: 0x5f } as const;
export type ScalarOperation = keyof typeof SCALAR;
const PACKED = { and: 0x54, andn: 0x55, or: 0x56, xor: 0x57 } as const;
export type PackedOperation = keyof typeof PACKED;
/** Rounding modes of ROUNDSS and ROUNDSD, with the precision exception suppressed. */
export const ROUND = { nearest: 8, floor: 9, ceil: 10, trunc: 11 } as const;

/** The first of F3 (single) or F2 (double). */
const scalarPrefix = (width: FloatWidth): number => (width === 4 ? 0xf3 : 0xf2);

export class SseEncoder extends SystemEncoder {
  /** addss, addsd, mulss … by operand width. */
  scalar(operation: ScalarOperation, width: FloatWidth, destination: Xmm, source: XmmRm): void {
    this.modRm([0x0f, SCALAR[operation]], destination, source, 4, { mandatory: scalarPrefix(width) });
  }
  /** andps, andnps, orps, xorps: bitwise on all 128 bits; a memory source must be 16-byte aligned. */
  packed(operation: PackedOperation, destination: Xmm, source: XmmRm): void {
    this.modRm([0x0f, PACKED[operation]], destination, source, 4);
  }
  /** A load (upper bits zeroed), a store, or between registers a full copy. */
  movs(width: FloatWidth, destination: XmmRm, source: XmmRm): void {
    if (destination.kind === 'xmm' && source.kind === 'xmm') this.modRm([0x0f, 0x28], destination, source, 4);
    else if (destination.kind === 'xmm') this.modRm([0x0f, 0x10], destination, source, 4, { mandatory: scalarPrefix(width) });
    else if (source.kind === 'xmm') this.modRm([0x0f, 0x11], source, destination, 4, { mandatory: scalarPrefix(width) });
    else throw new Error('movs with two memory operands');
  }
  movups(destination: XmmRm, source: XmmRm): void {
    if (destination.kind === 'xmm') this.modRm([0x0f, 0x10], destination, source, 4);
    else this.modRm([0x0f, 0x11], source as Xmm, destination, 4);
  }
  movaps(destination: XmmRm, source: XmmRm): void {
    if (destination.kind === 'xmm') this.modRm([0x0f, 0x28], destination, source, 4);
    else this.modRm([0x0f, 0x29], source as Xmm, destination, 4);
  }
  /** movd (4-byte general register) or movq (8-byte) between register files. */
  movFromGpr(destination: Xmm, source: Gpr): void {
    this.modRm([0x0f, 0x6e], destination, source, source.width, { mandatory: 0x66 });
  }
  movToGpr(destination: Gpr, source: Xmm): void {
    this.modRm([0x0f, 0x7e], source, destination, destination.width, { mandatory: 0x66 });
  }
  /** Sets ZF, PF, CF; unordered sets all three. */
  ucomis(width: FloatWidth, left: Xmm, right: XmmRm): void {
    this.modRm([0x0f, 0x2e], left, right, 4, width === 8 ? { mandatory: 0x66 } : {});
  }
  /** Signed integer (4 or 8 bytes, by the operand's width) to float. Only the low part of the destination changes. */
  cvtFromInt(width: FloatWidth, destination: Xmm, source: Rm): void {
    this.modRm([0x0f, 0x2a], destination, source, source.width ?? 4, { mandatory: scalarPrefix(width) });
  }
  /** Truncates to a signed integer; out of range and NaN give the sign bit alone. */
  cvttToInt(width: FloatWidth, destination: Gpr, source: XmmRm): void {
    this.modRm([0x0f, 0x2c], destination, source, destination.width, { mandatory: scalarPrefix(width) });
  }
  /** Between the float widths; `from` is the source's. */
  cvtFloat(from: FloatWidth, destination: Xmm, source: XmmRm): void {
    this.modRm([0x0f, 0x5a], destination, source, 4, { mandatory: scalarPrefix(from) });
  }
  /** SSE4.1. */
  rounds(width: FloatWidth, destination: Xmm, source: XmmRm, mode: keyof typeof ROUND): void {
    this.modRm([0x0f, 0x3a, width === 4 ? 0x0a : 0x0b], destination, source, 4, { mandatory: 0x66, immediate: 1 });
    this.emit(ROUND[mode]);
  }
  fxsave(destination: Mem, wide = true): void {
    this.modRm([0x0f, 0xae], 0, destination, wide ? 8 : 4);
  }
  fxrstor(source: Mem, wide = true): void {
    this.modRm([0x0f, 0xae], 1, source, wide ? 8 : 4);
  }
  ldmxcsr(source: Mem): void {
    this.modRm([0x0f, 0xae], 2, source, 4);
  }
  stmxcsr(destination: Mem): void {
    this.modRm([0x0f, 0xae], 3, destination, 4);
  }
}
