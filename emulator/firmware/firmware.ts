// SPDX-License-Identifier: MIT
/**
 * @fileoverview Power-on without a BIOS: firmware written in TypeScript brings up the chipset, leaves in RAM what a BIOS would leave,
 * and starts a kernel as a boot loader would.
 *
 * Typical sequence: `prepareMachine` once after reset, then `loadBootImage` with the RSDP address it returned; the machine puts the
 * CpuEntry into its first processor and runs. The other processors wait for INIT and SIPI.
 *
 * What is left in low memory: interrupt vectors (all zero: there are no BIOS services to call), the BIOS data area, the extended
 * BIOS data area at 9FC00, the RSDP and SMBIOS tables in segment F0000; ACPI tables at the end of low RAM.
 */

import type { AcpiPlatform } from './acpi/platform.ts';
import { placeAcpiTables } from './acpi/tables.ts';
import { ByteWriter } from './bytes.ts';
import { initializeChipset, type PortAccess } from './chipset.ts';
import type { GuestRam } from './guestRam.ts';
import { EBDA_BASE } from './memoryMap.ts';
import { placeSmbiosTables, type SmbiosPlatform } from './smbios.ts';

export type Platform = AcpiPlatform & SmbiosPlatform;

export interface PreparedMachine {
  /** Address of the ACPI root pointer, for `loadBootImage`. */
  rsdp: number;
}

/** Throws BootImageError if the platform is impossible. The order matters: the tables lie in RAM that the chipset must reveal. */
export function prepareMachine(ram: GuestRam, ports: PortAccess, platform: Platform): PreparedMachine {
  initializeChipset(ports, platform.ramSize);
  placeBiosDataArea(ram, platform.serialPorts);
  placeSmbiosTables(ram, platform);
  return { rsdp: placeAcpiTables(ram, platform) };
}

/** The fields of the BIOS data area that kernels read: serial ports, EBDA, memory size, text mode (IBM PC/AT Technical Reference). */
export function placeBiosDataArea(ram: GuestRam, serialPorts: number): void {
  const INTERRUPT_VECTORS = 0x400;
  const EBDA_KIB = 1;
  const area = new ByteWriter().zeros(INTERRUPT_VECTORS);
  area.u16(serialPorts > 0 ? 0x3f8 : 0, serialPorts > 1 ? 0x2f8 : 0, 0, 0); // 40:00 COM ports
  area.u16(0, 0, 0, EBDA_BASE >> 4); // 40:08 printer ports; the last is the EBDA's segment
  area.u16(0x0020 | (serialPorts << 9)).u8(0); // 40:10 equipment: 80x25 colour, serial ports
  area.u16(EBDA_BASE >> 10); // 40:13 KiB of base memory
  area.zeros(0x449 - area.length).u8(3); // 40:49 video mode
  area.u16(80, 0x1000, 0).zeros(16).u16(0x0607).u8(0).u16(0x3d4); // 40:4A columns, page size, page start, cursors, shape, page, CRTC
  area
    .zeros(0x484 - area.length)
    .u8(24)
    .u16(16); // 40:84 last row, font height
  area.zeros(0x500 - area.length);
  ram.write(0, area.finish());
  ram.write(EBDA_BASE, new ByteWriter().u8(EBDA_KIB).zeros(1023).finish());
}
