// SPDX-License-Identifier: MIT
/**
 * @fileoverview The A20 gate: closed, it holds bit 20 of every address that processors put out at 0, so that the second megabyte is the
 * first once more, as on an 8086. It is open after reset, and follows whoever wrote last, the keyboard controller's output port or port
 * 92h, as in QEMU. DMA does not go through it.
 */
import type { Device, DeviceState } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const powerOn = () => ({ open: true });

export class A20Gate implements Device {
  readonly name = 'a20-gate';
  private state = powerOn();
  private readonly apply: (open: boolean) => void;

  /** `apply` tells the processors. */
  constructor(apply: (open: boolean) => void) {
    this.apply = apply;
  }

  set(open: boolean): void {
    this.state.open = open;
    this.apply(open);
  }

  reset(): void {
    this.set(true);
  }

  save(): DeviceState {
    return saveFields(VERSION, this.state);
  }

  load(state: DeviceState): void {
    this.state = loadFields(this.name, state, VERSION, powerOn());
    this.apply(this.state.open);
  }
}
