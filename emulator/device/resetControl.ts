// SPDX-License-Identifier: MIT
/**
 * @fileoverview The ICH9's two ways to reset, and its fast A20 gate: reset control at port CF9h (ICH9 data sheet, 13.7.5) and port 92h (13.7.3).
 *
 * CF9h resets when bit 2 is written as one; bits 1 (system reset) and 3 (full reset) only say how, and here all resets are alike. Port
 * 92h resets when bit 0 rises and drives A20 from bit 1. As in QEMU, A20 follows whoever wrote last, this port or the keyboard
 * controller.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Device, DeviceState, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const RST_CPU = 0x04;
const CF9_KEPT = 0x0a;
const PORT92_RESET = 0x01;
const PORT92_A20 = 0x02;

function powerOn() {
  return { cf9: 0, port92: 0 };
}

export class ResetControl implements Device {
  readonly name = 'reset-control';
  /** Port CF9h. */
  readonly cf9: RegisterBlock;
  /** Port 92h. */
  readonly port92: RegisterBlock;
  private state = powerOn();

  /** `requestReset` is RESET# for the whole machine; `setA20` opens or closes the gate, whose state the receiver keeps. */
  constructor(requestReset: () => void, setA20: (open: boolean) => void) {
    this.cf9 = byteBlock(
      (offset) => (offset === 0 ? this.state.cf9 : 0xff),
      (offset, value) => {
        if (offset !== 0) return;
        this.state.cf9 = value & CF9_KEPT;
        if (value & RST_CPU) requestReset();
      },
    );
    this.port92 = byteBlock(
      (offset) => (offset === 0 ? this.state.port92 : 0xff),
      (offset, value) => {
        if (offset !== 0) return;
        const rises = value & ~this.state.port92 & PORT92_RESET;
        this.state.port92 = value;
        setA20((value & PORT92_A20) !== 0);
        if (rises) requestReset();
      },
    );
  }

  reset(): void {
    this.state = powerOn();
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
  }
}
