// SPDX-License-Identifier: MIT
/** @fileoverview Arguments and results of helpers in the scratch slots of state. */
import { SLOT } from '../ir/state.ts';
import type { HelperArgs } from '../isa/helper.ts';

export class ScratchArguments implements HelperArgs {
  private readonly view: DataView;
  private readonly at: number;
  private readonly slots: Uint8Array[];

  constructor(view: DataView, base: number) {
    this.view = view;
    this.at = base + SLOT.SCRATCH;
    this.slots = Array.from({ length: 8 }, (_, i) => new Uint8Array(view.buffer, this.at + 16 * i, 16));
  }
  u32(slot: number): number {
    return this.view.getUint32(this.at + 16 * slot, true);
  }
  i32(slot: number): number {
    return this.view.getInt32(this.at + 16 * slot, true);
  }
  u64(slot: number): bigint {
    return this.view.getBigUint64(this.at + 16 * slot, true);
  }
  bytes(slot: number): Uint8Array {
    return this.slots[slot];
  }
  returnU32(value: number): void {
    this.view.setInt32(this.at, value, true);
  }
  returnU64(value: bigint): void {
    this.view.setBigUint64(this.at, BigInt.asUintN(64, value), true);
  }
  returnBytes(low: bigint, high: bigint): void {
    this.view.setBigUint64(this.at, BigInt.asUintN(64, low), true);
    this.view.setBigUint64(this.at + 8, BigInt.asUintN(64, high), true);
  }
}
