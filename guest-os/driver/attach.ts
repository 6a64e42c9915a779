// SPDX-License-Identifier: MIT
/** @fileoverview All drivers: those of pseudo devices, and those of PCI functions, which say by id what they take. */
import { attachMemory } from './memory';
import { attachPci } from './pci';
import { VirtioBlockDriver } from './virtioBlock';

export function attachDevices(): void {
  attachMemory();
  attachPci([new VirtioBlockDriver()]);
}
