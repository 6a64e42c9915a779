// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where RAM and everything else lies in physical memory: QEMU's q35, and the e820 map that tells kernels of it.
 *
 *   0 - 9FBFF               RAM, 639 KiB; the last KiB below A0000 is the extended BIOS data area
 *   A0000 - BFFFF           VGA memory
 *   C0000 - FFFFF           firmware: option ROMs, SMBIOS and RSDP in the segment F0000
 *   1 MiB - lowTop          RAM; its last 128 KiB hold the ACPI tables
 *   lowTop - AFFFFFFF       PCI memory
 *   B0000000 - BFFFFFFF     PCI Express configuration space (ECAM), 256 buses
 *   C0000000 - FEBFFFFF     PCI memory
 *   FEC00000, FED00000, FEE00000   I/O APIC, HPET, local APICs
 *   FFFC0000 - FFFFFFFF     firmware flash
 *   4 GiB - highTop         the rest of RAM
 *   highTop up, aligned     PCI memory of 64-bit BARs, 32 GiB
 *
 * q35 gives RAM up to B0000000 as long as all of it fits there; from 2.75 GiB on it splits at 80000000, which leaves room for
 * large 32-bit BARs.
 */

import { BootImageError, formatSize } from './bootError.ts';
import { alignUp } from './bytes.ts';

/** Address range types of INT 15h E820h (ACPI 6.3, 15.1), which Linux, PVH and multiboot all share. */
export const E820_USABLE = 1;
export const E820_RESERVED = 2;

export interface MemoryRange {
  base: number;
  length: number;
  type: number;
}

export const GIB = 0x4000_0000;
export const FOUR_GIB = 0x1_0000_0000;
export const EBDA_BASE = 0x9_fc00;
export const ECAM_BASE = 0xb000_0000;
export const ECAM_SIZE = 0x1000_0000;
export const IOAPIC_BASE = 0xfec0_0000;
export const HPET_BASE = 0xfed0_0000;
export const LAPIC_BASE = 0xfee0_0000;
/** Top of the 32-bit PCI window: below the I/O APIC. */
export const PCI_WINDOW_END = 0xfec0_0000;
export const PCI_WINDOW64_SIZE = 32 * GIB;

/** The tail of low RAM that ACPI tables live in; 128 KiB as QEMU reserves. */
export const ACPI_AREA_SIZE = 0x2_0000;
const FLASH_BASE = 0xfffc_0000;
/** Less than this has no room for the tables and the smallest kernel. */
const MINIMUM_RAM = 0x20_0000;
/** One GiB below 1 TiB, where AMD processors have a hole for HyperTransport; larger machines are not laid out here. */
const MAXIMUM_RAM = 0xfc_0000_0000;

export interface MemoryLayout {
  /** End of RAM below 4 GiB. */
  lowTop: number;
  /** End of RAM above 4 GiB; 4 GiB where there is none. */
  highTop: number;
  /** Start of the PCI window for 64-bit BARs. */
  pciWindow64: number;
}

/** Lays out `ramSize` bytes. Throws BootImageError for sizes that make no machine. */
export function memoryLayout(ramSize: number): MemoryLayout {
  if (!(ramSize >= MINIMUM_RAM && ramSize <= MAXIMUM_RAM)) {
    throw new BootImageError(
      `memory: ${formatSize(ramSize)} is outside ${formatSize(MINIMUM_RAM)} to ${formatSize(MAXIMUM_RAM)}`,
    );
  }
  if (ramSize % 0x1000 !== 0) throw new BootImageError(`memory: ${ramSize} bytes is no multiple of 4 KiB`);
  const lowLimit = ramSize >= ECAM_BASE ? 0x8000_0000 : ECAM_BASE;
  const lowTop = Math.min(ramSize, lowLimit);
  const highTop = FOUR_GIB + (ramSize - lowTop);
  return { lowTop, highTop, pciWindow64: highTop === FOUR_GIB ? FOUR_GIB : alignUp(highTop, GIB) };
}

/** The e820 map, ascending, without overlaps; holes are not listed. */
export function e820Map(ramSize: number): MemoryRange[] {
  const { lowTop, highTop } = memoryLayout(ramSize);
  const ranges = [
    range(0, EBDA_BASE, E820_USABLE),
    range(EBDA_BASE, 0xa_0000, E820_RESERVED),
    range(0xf_0000, 0x10_0000, E820_RESERVED),
    range(0x10_0000, lowTop - ACPI_AREA_SIZE, E820_USABLE),
    range(lowTop - ACPI_AREA_SIZE, lowTop, E820_RESERVED),
    range(ECAM_BASE, ECAM_BASE + ECAM_SIZE, E820_RESERVED),
    range(FLASH_BASE, FOUR_GIB, E820_RESERVED),
  ];
  if (highTop > FOUR_GIB) ranges.push(range(FOUR_GIB, highTop, E820_USABLE));
  return ranges;
}

function range(base: number, end: number, type: number): MemoryRange {
  return { base, length: end - base, type };
}
