// SPDX-License-Identifier: MIT
/**
 * @fileoverview The exit port of QEMU's `-device isa-debug-exit`, by default at ports 501h-502h, in kernel test suites at F4h: a write of
 * `value` ends the machine with exit code `value * 2 + 1`. It reads as zeros and holds no state.
 */
import type { Device, DeviceState, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

const VERSION = 1;

export class DebugExit implements Device {
  readonly name = 'debug-exit';
  readonly registers: RegisterBlock;

  /** `exit` gets the process exit code, of which a host keeps the low eight bits. */
  constructor(exit: (code: number) => void) {
    this.registers = {
      read: () => 0,
      write: (_offset, _size, value) => exit(((value << 1) | 1) >>> 0),
    };
  }

  reset(): void {}

  save(): DeviceState {
    return saveFields(VERSION, {});
  }

  load(state: DeviceState): void {
    loadFields(this.name, state, VERSION, {});
  }
}
