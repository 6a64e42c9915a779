// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the ACPI tables depend on.
 */

/** What the tables say of the machine beyond what every q35 has. */
export interface AcpiPlatform {
  ramSize: number;
  /** Processors, with local APIC ids 0 to cpus - 1. */
  cpus: number;
  /** COM1 and COM2: 0 to 2. */
  serialPorts: number;
  pvpanic: boolean;
  fwCfg: boolean;
}
