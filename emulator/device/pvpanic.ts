// SPDX-License-Identifier: MIT
/**
 * @fileoverview The panic notification port of QEMU's `-device pvpanic` (QEMU's pvpanic specification), one port at 505h.
 *
 * The guest reads which events the host understands and writes those that happened: bit 0, it has panicked; bit 1, it has panicked and a
 * crash kernel takes over, so the machine runs on (where both are set, the first counts). It holds no state.
 */
import { byteBlock } from '../bus/byteBlock.ts';
import type { Device, DeviceState, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;
const PANICKED = 0x01;
const CRASH_LOADED = 0x02;

export class PvPanic implements Device {
  readonly name = 'pvpanic';
  /** Port 505h. */
  readonly registers: RegisterBlock;

  /** `crashed` is called once for each event the guest reports. */
  constructor(crashed: (event: 'panicked' | 'crash-loaded') => void) {
    this.registers = byteBlock(
      (offset) => (offset === 0 ? PANICKED | CRASH_LOADED : 0xff),
      (offset, value) => {
        if (offset !== 0) return;
        if (value & PANICKED) crashed('panicked');
        else if (value & CRASH_LOADED) crashed('crash-loaded');
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
