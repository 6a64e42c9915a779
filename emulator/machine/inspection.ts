// SPDX-License-Identifier: MIT
/**
 * @fileoverview What `inspect.ts` tells: plain data, which structured clone carries from a worker to its page. Apart from it, so that a page need not
 * load the machine in order to draw it.
 */

export interface ProcessorInspection {
  index: number;
  rip: bigint;
  rflags: bigint;
  /** Current privilege level. */
  cpl: number;
  mode: 'real' | 'protected' | 'virtual-8086' | 'compatibility' | '64-bit';
  /** HLT, and nothing has woken it yet. */
  halted: boolean;
  /** Waiting for another processor to start it. */
  parked: boolean;
  /** Retired since power-on. */
  instructions: number;
  /** Those of them that compiled code has retired since this machine was made, and how many regions there are of it. */
  compiled: number;
  regions: number;
  /** How many of them were compiled on another thread. */
  elsewhere: number;
  /** RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15. */
  registers: bigint[];
  control: { CR0: bigint; CR2: bigint; CR3: bigint; CR4: bigint; EFER: bigint };
  segments: { name: string; selector: number; base: bigint; limit: number; attributes: number }[];
}

/** A stretch of the physical address space. */
export interface MemoryRegion {
  /** `ram`, or the name of the device behind it. */
  name: string;
  base: number;
  length: number;
}

export interface DeviceInspection {
  name: string;
  ports: { base: number; length: number }[];
  addresses: { base: number; length: number }[];
  /** Accesses by processors. */
  reads: number;
  writes: number;
}

export interface InterruptInspection {
  /** How often each of the global system interrupts 0-23 was raised. */
  lines: number[];
  /** For each processor, how often it was interrupted through each of the vectors 0-255. */
  vectors: number[][];
}

/** ISA interrupts and those of PCI as the chipset wires them (`board.ts`, `bus/irq.ts`). */
export const LINE_NAMES: readonly string[] = Array.from(
  { length: 24 },
  (_, n) =>
    ({ 0: 'timer', 1: 'keyboard', 3: 'serial1', 4: 'serial0', 8: 'rtc', 9: 'acpi', 12: 'mouse' })[n] ?? (n >= 16 ? 'pci' : ''),
);

/** What a block of RAM holds. */
export const BLOCK_EMPTY = 0;
export const BLOCK_USED = 1;
/** Some of it has been executed lately. */
export const BLOCK_CODE = 2;
