// SPDX-License-Identifier: MIT
/**
 * @fileoverview Helpers: the hard parts of instructions, written in TypeScript and called by every engine.
 *
 * A helper belongs to the record that uses it and stands in the same file. It sees the processor through `Cpu`, below, which
 * `cpu/` implements. Arguments and result go through 16-byte scratch slots: `cpu.args` reads and writes them.
 *
 * `ir.call(helper, …)` runs before the instruction's commits: it may fault, and must not write what the instruction commits.
 * `ir.control(helper, …)` runs last, with `cpu.rip` already the next instruction's; it may change anything.
 * A helper faults by `cpu.raise`, which throws. RIP then is again the instruction's own; state that the helper has changed
 * stays changed, so test everything first.
 */
import type { HelperRef } from '../ir/value.ts';

export interface HelperArgs {
  u32(slot: number): number;
  i32(slot: number): number;
  u64(slot: number): bigint;
  /** 16 bytes of slot `slot` as a view that is valid until the next call. */
  bytes(slot: number): Uint8Array;
  /** The result goes to slot 0. */
  returnU32(value: number): void;
  returnU64(value: bigint): void;
  returnBytes(low: bigint, high: bigint): void;
}

export interface Cpu {
  readonly args: HelperArgs;
  /** All of linear memory; the state of this processor begins at `base` (see `ir/state.ts`). */
  readonly view: DataView;
  readonly base: number;

  /** Current state fields by byte offset (`SLOT`). */
  read16(slot: number): number;
  read32(slot: number): number;
  read64(slot: number): bigint;
  write16(slot: number, value: number): void;
  write32(slot: number, value: number): void;
  write64(slot: number, value: bigint): void;

  /** In a control helper the address of the next instruction; assigning it jumps (the engine is left). */
  rip: bigint;
  /** Start of the current instruction. */
  readonly instructionRip: bigint;
  /** Architectural RFLAGS, composed and taken apart. */
  rflags: bigint;
  readonly cpl: number;
  /** 64 in 64-bit mode, else the code segment's default size. */
  readonly codeSize: 16 | 32 | 64;

  /** Throws; delivers the exception at the current instruction. `error` only for vectors that push one. */
  raise(vector: number, error?: number): never;
  /** Leave the engine after this instruction: modes, mappings or pending interrupts may have changed. */
  leave(): void;

  /** Linear memory accesses with the current privilege; they raise #PF, reach devices, and mark code pages. `bytes` 1, 2, 4, 8. */
  load(linear: bigint, bytes: number): bigint;
  store(linear: bigint, bytes: number, value: bigint): void;
  /** The same as the supervisor that the processor itself is: descriptor tables, TSS, implicit accesses. */
  loadSystem(linear: bigint, bytes: number): bigint;
  storeSystem(linear: bigint, bytes: number, value: bigint): void;
  /** Raises unless `bytes` bytes can be written (read): for helpers with several accesses. */
  probe(linear: bigint, bytes: number, write: boolean): void;
  /** Linear address of an offset in segment `seg`, checked as the current mode demands. */
  linear(seg: number, offset: bigint, bytes: number, write: boolean): bigint;

  /** I/O ports, checked against IOPL and the I/O permission bitmap by the caller. */
  portRead(port: number, bytes: 1 | 2 | 4): number;
  portWrite(port: number, bytes: 1 | 2 | 4, value: number): void;
}

export type HelperFunction = (cpu: Cpu) => void;
const helpers: { name: string; run: HelperFunction }[] = [];
/** All helpers, indexed by `HelperRef.index`. The order is that of module evaluation, so one build has one numbering. */
export const allHelpers: readonly { readonly name: string; readonly run: HelperFunction }[] = helpers;

/** Declares a helper; names are unique and read `mnemonic` or `mnemonic.part`. */
export function helper(name: string, run: HelperFunction): HelperRef {
  if (helpers.some((h) => h.name === name)) throw new Error(`two helpers are called ${name}`);
  return { name, index: helpers.push({ name, run }) - 1 };
}
