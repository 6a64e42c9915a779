// SPDX-License-Identifier: MIT
/**
 * @fileoverview The debug console of QEMU's `-device isa-debugcon` at port E9h: bytes written go to the host, reads give E9h, by which
 * guests recognise it. It holds no state.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Device, DeviceState, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const READBACK = 0xe9;

export class DebugPort implements Device {
  readonly name = 'debug-port';
  /** Port E9h. */
  readonly registers: RegisterBlock;

  constructor(output: (byte: number) => void) {
    this.registers = byteBlock(
      (offset) => (offset === 0 ? READBACK : 0xff),
      (offset, value) => {
        if (offset === 0) output(value);
      },
    );
  }

  reset(): void {}

  save(): DeviceState {
    return saveFields(VERSION, {});
  }

  load(state: DeviceState): void {
    loadFields(this.name, state, VERSION, {});
  }
}
