// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a device is, and all it may touch.
 *
 * A device knows its registers and nothing of where they sit: `machine/` maps its register blocks onto ports and physical
 * addresses, connects its interrupt lines and hands it the clock and the memory it may use for DMA. A device never sees the
 * host: no Date, no Math.random, no timers of JavaScript. Everything it does is a function of register accesses, of clock
 * callbacks and of inputs that enter through its documented input methods (a key, a byte on a serial line, a packet), which the
 * machine calls at recorded instruction counts. So a run can be repeated exactly.
 *
 * Guest input never crashes the host: every offset, size and value is legal; what hardware ignores is ignored, and unassigned
 * registers read as zeros or ones as the specification says.
 */

/** Snapshot fields of one device: JSON-like, plus bigint and Uint8Array. Names are the register names of the specification. */
export type StateValue = number | bigint | boolean | string | null | Uint8Array | StateValue[] | { [name: string]: StateValue };
export interface DeviceState {
  /** Raised whenever a field changes its meaning; `load` refuses a version it does not know by throwing an Error with one clear line. */
  version: number;
  [field: string]: StateValue;
}

export interface Device {
  /** Unique in the machine, e.g. 'serial0'; names the device in snapshots, traces and error messages. */
  readonly name: string;
  /** Power-on or RESET# state. */
  reset(): void;
  /** All architectural state, enough to continue exactly. */
  save(): DeviceState;
  load(state: DeviceState): void;
}

/** Access size in bytes; values are unsigned 32-bit numbers. The buses split 8-byte accesses into two of 4, low half first. */
export type AccessSize = 1 | 2 | 4;

/** A block of registers, addressed by byte offset from its start. Used for ports and for memory-mapped registers alike. */
export interface RegisterBlock {
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
}

/** One interrupt wire. Level semantics: the device holds it; edges are the listener's business. */
export interface IrqLine {
  set(level: boolean): void;
}

/** Delivers a message-signalled interrupt: a write of 32-bit `data` to physical `address` (SDM vol. 3, 11.11). */
export type MsiSink = (address: number, data: number) => void;

/**
 * Virtual time. `now` is in nanoseconds since power-on, an integer below 2^53; it advances by retired instructions, not by the
 * wall clock, and is exact inside a register access.
 */
export interface Clock {
  now(): number;
  /** Creates a disarmed timer; creation order breaks ties between equal deadlines. `name` is unique in the machine. */
  timer(name: string, fire: () => void): Timer;
}
export interface Timer {
  /** Fires once when `now() >= deadline`. Re-arming replaces the deadline. */
  arm(deadlineNs: number): void;
  cancel(): void;
  /** The armed deadline, or undefined. Devices save it in their state and arm it again in `load`. */
  readonly deadline: number | undefined;
}

/** Guest-physical memory as a bus master sees it. Accesses outside RAM read as ones and are dropped, as on real buses. */
export interface DmaMemory {
  read8(address: number): number;
  read16(address: number): number;
  read32(address: number): number;
  read64(address: number): bigint;
  write8(address: number, value: number): void;
  write16(address: number, value: number): void;
  write32(address: number, value: number): void;
  write64(address: number, value: bigint): void;
  readBytes(address: number, into: Uint8Array): void;
  writeBytes(address: number, from: Uint8Array): void;
  /**
   * Memory itself at these addresses, for a transfer in one piece: undefined where it is not one stretch of RAM. `write`: all of it is about to be
   * written. Good until the device returns.
   */
  stretch(address: number, length: number, write: boolean): Uint8Array | undefined;
}

/** Random numbers for devices (virtio-rng) and RDRAND: a deterministic generator seeded by the machine, so that runs repeat. */
export interface Entropy {
  fill(into: Uint8Array): void;
}
