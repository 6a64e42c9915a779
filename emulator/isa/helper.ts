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

/**
 * What `cpu.raise` and faulting accesses throw. Fault-class: RIP is still the instruction's own when it is caught. `error` is there exactly for
 * the vectors that push one; #PF has set CR2 before.
 */
export class GuestFault {
  readonly vector: number;
  readonly error: number | undefined;
  constructor(vector: number, error?: number) {
    this.vector = vector;
    this.error = error;
  }
}

/**
 * The local APIC as its processor reaches it without a memory access. APIC_BASE itself is state (`SLOT.APIC_BASE`).
 * Register accesses by MSR fault with #GP(0) where undefined or false is returned.
 */
export interface ApicPort {
  /** Bits 7:4 of the task priority register. */
  taskPriority: number;
  /** x2APIC registers: MSR number 0x800 to 0x8ff. */
  readRegister(msr: number): bigint | undefined;
  writeRegister(msr: number, value: bigint): boolean;
  /** IA32_TSC_DEADLINE: an absolute value of the guest's time stamp counter, 0 when disarmed. */
  tscDeadline: bigint;
  /** TSC_OFFSET has changed: the deadline stands at another moment. */
  tscChanged(): void;
  /** APIC_BASE has changed: enabled, x2APIC mode, address. */
  baseChanged(): void;
}

/** What surrounds a processor, as far as instructions can tell. */
export interface Platform {
  readonly apic: ApicPort;
  /** Time stamp counter without TSC_OFFSET. */
  tsc(): bigint;
  /** RDRAND, RDSEED. */
  readonly entropy: { fill(into: Uint8Array): void };
  /** CPUID: which model, and where this processor sits. */
  readonly cpuModel: CpuModel;
  /** Number of this processor, which is also its APIC ID, and of all. */
  readonly index: number;
  readonly processors: number;
}
/** See `system/models.ts`. */
export interface CpuModel {
  readonly name: string;
  has(feature: string): boolean;
  /** EAX, EBX, ECX, EDX. */
  cpuid(leaf: number, subleaf: number, cpu: Cpu): readonly [number, number, number, number];
}

export interface Cpu {
  readonly platform: Platform;
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
  /** Assigns `rip` by halves. */
  jumpTo(low: number, high: number): void;
  /** From now on `SLOT.RIP` holds what `rip` says. */
  settleRip(): void;
  /** Start of the current instruction. */
  readonly instructionRip: bigint;
  /** Architectural RFLAGS, composed and taken apart: its lower 32 bits, which are all that there are, and as a bigint. */
  flags: number;
  rflags: bigint;
  readonly cpl: number;
  /** 64 in 64-bit mode, else the code segment's default size. */
  readonly codeSize: 16 | 32 | 64;

  /** Throws; delivers the exception at the current instruction. `error` only for vectors that push one. */
  raise(vector: number, error?: number): never;
  /** Leave the engine after this instruction: modes, mappings or pending interrupts may have changed. */
  leave(): void;

  /**
   * CR0, CR4, EFER, CS, SS, CPL or RFLAGS (IF, TF, AC) have changed: code and stack size, privilege, translation block, pending
   * interrupts and single-stepping are derived again. Leaves the engine.
   */
  modeChanged(): void;
  /** Forgets translations: all of them, or all but global ones. Leaves the engine. */
  flushTlb(keepGlobal: boolean): void;
  /** Forgets the translation of one linear address, global or not. */
  flushPage(linear: bigint): void;
  /** DR7 or the addresses it enables have changed. */
  breakpointsChanged(): void;
  /**
   * Whether the single-step trap follows this instruction, where that is not whether RFLAGS.TF was set when it began: INT n clears TF and is
   * not followed by one, SYSCALL and SYSRET go by the flag that they load.
   */
  singleStep(trap: boolean): void;
  /** A breakpoint that traps behind this instruction was hit: bits of DR6. */
  debugTrap(bits: number): void;
  /** HLT, MWAIT: no instruction after this one until an interrupt that is let through, NMI, INIT or RESET. */
  halt(): void;
  /** Triple fault. Throws. */
  shutdown(): never;
  /** An architectural feature that this machine does not have yet: counted, reported once, #UD. Throws. */
  missing(feature: string): never;

  /** Linear memory accesses with the current privilege; they raise #PF, reach devices, and mark code pages. `bytes` 1, 2, 4, 8. */
  load(linear: bigint, bytes: number): bigint;
  store(linear: bigint, bytes: number, value: bigint): void;
  /** The same as the supervisor that the processor itself is: descriptor tables, TSS, implicit accesses. */
  loadSystem(linear: bigint, bytes: number): bigint;
  storeSystem(linear: bigint, bytes: number, value: bigint): void;
  /**
   * The same without bigints, for what is done often. `linear` is a linear address in a number (`linearOf` in `system/bits.ts`); `system`: as the
   * supervisor that the processor is. A load returns the lower half (signed if there is an upper one) and leaves the upper in `upperHalf`.
   */
  loadHalves(linear: number, bytes: number, system: boolean): number;
  storeHalves(linear: number, bytes: number, low: number, high: number, system: boolean): void;
  readonly upperHalf: number;
  /**
   * Place in linear memory of `bytes` bytes that lie in one page and that the TLB has for accesses that nobody watches; else -1. To ask changes nothing.
   */
  knownPlace(linear: number, bytes: number, write: boolean, system: boolean): number;
  /** Raises unless `bytes` bytes can be written (read): for helpers with several accesses. */
  probe(linear: bigint, bytes: number, write: boolean): void;
  /**
   * For helpers that move much: where in `view` the `bytes` bytes at `linear` are, if they are RAM within one page, checked as an
   * access; else -1, and `load` and `store` have to do it. Valid until the next call of anything.
   */
  place(linear: bigint, bytes: number, write: boolean): number;
  /** Linear address of an offset in segment `seg`, checked as the current mode demands. */
  linear(seg: number, offset: bigint, bytes: number, write: boolean): bigint;

  /** Physical memory, for page directory pointers. */
  readPhysical64(address: number): bigint;

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
