// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the compiled tier tells whoever asks before it runs (`--trace jit`): each region that is compiled or refused, and each that is
 * forgotten again, with what has become of it. Regions compiled meanwhile count how often they are entered, and how often and why they leave
 * an instruction to the interpreter; others do not.
 */
import { LEAVE, LEAVE_REASONS } from '../ir/state.ts';

export interface RegionTrace {
  /** Counted from 1, by processor. */
  number: number;
  processor: number;
  /** Physical address of the run that was hot, and RIP there at that time. */
  physical: number;
  rip: bigint;
  mode: string;
  /** Why it was compiled. */
  why: string;
  blocks: number;
  instructions: number;
  /** Places where it can be entered. */
  entries: number;
  /** Bytes of wasm. */
  bytes: number;
  /** From other regions or the interpreter; then by reason, instructions left to the interpreter. */
  entered: number;
  left: Record<string, number>;
  /** What happened to it, if it is no longer in use. */
  forgotten?: string;
}

export type TierEvent =
  | { kind: 'compiled'; region: RegionTrace }
  | { kind: 'refused'; physical: number; rip: bigint; mode: string; why: string }
  | { kind: 'forgotten'; regions: RegionTrace[]; why: string }
  | { kind: 'over'; why: string; modules: number; bytes: number };

/** i32 counters of a region: by LEAVE, then entries; they take one micro-op record of the pool. */
export const COUNTERS = { left: 0, entered: 4 * LEAVE_REASONS.length } as const;

/** Takes a region's counters from where they lie. */
export function readCounters(region: RegionTrace, view: DataView, at: number): void {
  region.entered = view.getUint32(at + COUNTERS.entered, true);
  for (const reason of LEAVE_REASONS) region.left[reason] = view.getUint32(at + COUNTERS.left + 4 * LEAVE[reason], true);
}
