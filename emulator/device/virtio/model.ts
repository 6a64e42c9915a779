// SPDX-License-Identifier: MIT
/**
 * @fileoverview The seam between a virtio transport and what the device does (virtio 1.2, chapters 2 and 5).
 *
 * A model declares its queues, features and configuration, and is told of kicks; a transport gives it queues and carries its
 * interrupts. `kick` is called only while the driver is ready (DRIVER_OK), the device may master the bus, and nothing has
 * failed. A model never throws for what a driver does: it answers with the status its protocol has, or calls `fail`, after which
 * it hears nothing until the driver resets it.
 */
import type { DeviceState, StateValue } from '../../bus/device.ts';
import type { VirtQueue } from './virtqueue.ts';

export interface Transport {
  readonly name: string;
  queue(index: number): VirtQueue;
  /** The driver accepted feature bit `bit`. */
  accepted(bit: number): boolean;
  /** DRIVER_OK, bus mastering, not failed. */
  readonly running: boolean;
  /** Runs what reaches into guest memory on the model's own initiative; `kick` is already run so. Nesting is allowed. */
  work(action: () => void): void;
  /** Interrupts if the driver wants to hear of what was pushed since the last time. */
  notifyUsed(queue: VirtQueue): void;
  /** The model's configuration has changed by itself. */
  notifyConfig(): void;
  /** Enters DEVICE_NEEDS_RESET. */
  fail(reason: string): void;
}

export abstract class VirtioModel {
  /** Virtio device ID (chapter 5): the PCI device ID is this + 1040h. */
  abstract readonly deviceId: number;
  /** PCI class code, as QEMU gives it. */
  abstract readonly classCode: number;
  abstract readonly queueSizes: readonly number[];
  /** Device-specific feature bits. */
  abstract readonly features: bigint;
  protected transport!: Transport;

  /** MSI-X vectors: one for configuration changes, one for each queue. */
  get vectors(): number {
    return this.queueSizes.length + 1;
  }

  connect(transport: Transport): void {
    this.transport = transport;
  }

  /** The device configuration as the driver sees it; reads beyond its end are ones. */
  abstract readConfig(): Uint8Array;
  writeConfig(_offset: number, _value: number): void {}

  /** The driver has made buffers available in queue `index`, or may have. */
  abstract kick(index: number): void;

  /** Back to the state before the driver was there. */
  reset(): void {}

  abstract save(): DeviceState;
  abstract load(state: DeviceState): void;
}

export function featureBits(...bits: number[]): bigint {
  return bits.reduce((all, bit) => all | (1n << BigInt(bit)), 0n);
}

/** A snapshot field that is a list of byte strings. */
export function byteStrings(device: string, field: string, value: StateValue | undefined): Uint8Array[] {
  if (!Array.isArray(value) || !value.every((item) => item instanceof Uint8Array)) {
    throw new Error(`${device}: snapshot field '${field}' is missing or malformed`);
  }
  return value.map((item) => item.slice());
}
