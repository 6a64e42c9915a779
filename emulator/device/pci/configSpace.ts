// SPDX-License-Identifier: MIT
/**
 * @fileoverview The 256 bytes of configuration space of one PCI function, as storage (PCI Local Bus 3.0, chapter 6).
 *
 * Every bit is one of three kinds, given by two masks: read-only (neither mask), writable, or write-one-to-clear. That is all a
 * configuration write needs to know, and it makes the sizing of base address registers fall out by itself: the low bits of a BAR
 * are read-only, so writing all ones reads back as the size. Meaning (decoding, interrupts) belongs to function.ts.
 *
 * Capabilities are linked as QEMU links them: a new one goes to the head of the list.
 *
 * Omitted: the extended space from 0x100. Functions on bus 0 are conventional ones; ECAM reads ones there, as QEMU does.
 */
import type { AccessSize } from '../../bus/device.ts';

export const CONFIG_SIZE = 256;

/** Register offsets of the type 0 header. */
export const VENDOR_ID = 0x00;
export const DEVICE_ID = 0x02;
export const COMMAND = 0x04;
export const STATUS = 0x06;
export const REVISION_ID = 0x08;
export const CLASS_CODE = 0x09;
export const CACHE_LINE_SIZE = 0x0c;
export const HEADER_TYPE = 0x0e;
export const BAR0 = 0x10;
export const SUBSYSTEM_VENDOR_ID = 0x2c;
export const SUBSYSTEM_ID = 0x2e;
export const CAPABILITIES_POINTER = 0x34;
export const INTERRUPT_LINE = 0x3c;
export const INTERRUPT_PIN = 0x3d;

export const COMMAND_IO = 0x0001;
export const COMMAND_MEMORY = 0x0002;
export const COMMAND_MASTER = 0x0004;
export const COMMAND_SERR = 0x0100;
export const COMMAND_INTX_DISABLE = 0x0400;

export const STATUS_INTERRUPT = 0x0008;
export const STATUS_CAPABILITIES = 0x0010;
/** Parity, abort and system error bits: set by hardware, cleared by writing ones. */
export const STATUS_ERRORS = 0xf900;

export const CAPABILITY_MSI = 0x05;
export const CAPABILITY_VENDOR = 0x09;
export const CAPABILITY_MSIX = 0x11;

export class ConfigSpace {
  readonly bytes = new Uint8Array(CONFIG_SIZE);
  readonly writable = new Uint8Array(CONFIG_SIZE);
  readonly clearable = new Uint8Array(CONFIG_SIZE);

  /** Guest read; bytes beyond the end read as ones. */
  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | (offset + i < CONFIG_SIZE ? this.bytes[offset + i] : 0xff);
    return value >>> 0;
  }

  /** Guest write, through the masks. */
  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size && offset + i < CONFIG_SIZE; i++) {
      const at = offset + i;
      const byte = (value >>> (8 * i)) & 0xff;
      const stored = (this.bytes[at] & ~this.writable[at]) | (byte & this.writable[at]);
      this.bytes[at] = stored & ~(byte & this.clearable[at]);
    }
  }

  /** The device's own view of its registers: no masks. */
  get(offset: number, size: AccessSize): number {
    return this.read(offset, size);
  }

  set(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.bytes[offset + i] = value >>> (8 * i);
  }

  allowWrites(offset: number, size: AccessSize, mask: number): void {
    for (let i = 0; i < size; i++) this.writable[offset + i] = mask >>> (8 * i);
  }

  allowClears(offset: number, size: AccessSize, mask: number): void {
    for (let i = 0; i < size; i++) this.clearable[offset + i] = mask >>> (8 * i);
  }

  /** Links a capability at `offset` to the head of the list. `body` is what follows the id and next bytes. */
  addCapability(id: number, offset: number, body: ArrayLike<number>): void {
    this.bytes[offset] = id;
    this.bytes[offset + 1] = this.bytes[CAPABILITIES_POINTER];
    this.bytes.set(body, offset + 2);
    this.bytes[CAPABILITIES_POINTER] = offset;
    this.bytes[STATUS] |= STATUS_CAPABILITIES;
  }

  touches(offset: number, size: number, register: number, length: number): boolean {
    return offset < register + length && register < offset + size;
  }
}
