// SPDX-License-Identifier: MIT
/**
 * @fileoverview The static ACPI tables, and where all tables go (ACPI 6.3, chapter 5; IA-PC HPET 1.0a, 3.2.4; PCI Firmware 3.2, 4.1.2).
 *
 * Values are those of QEMU's q35: power management block at ports 600h (status and enable, control, timer, general events), SCI
 * on interrupt 9, reset by writing 0Fh to port CF9h, the switch to ACPI mode by writing 2 to the APM port B2h. All tables but
 * the RSDP lie in the reserved tail of low RAM; the RSDP lies in segment F0000, where kernels search for it, and points to an RSDT
 * and to an XSDT with the same entries.
 */

import { BootImageError } from '../bootError.ts';
import { alignUp, ByteWriter, checksum } from '../bytes.ts';
import type { GuestRam } from '../guestRam.ts';
import { ACPI_AREA_SIZE, ECAM_BASE, HPET_BASE, IOAPIC_BASE, LAPIC_BASE, memoryLayout } from '../memoryMap.ts';
import { dsdtBody } from './dsdt.ts';
import type { AcpiPlatform } from './platform.ts';

export const RSDP_ADDRESS = 0xf_0000;
const OEM_ID = 'DIORAM';
const OEM_TABLE_ID = 'DIORAMA ';
const CREATOR_ID = 'DIOR';
const REVISION = 1;
/** Local APIC ids from 255 on need x2APIC entries. */
const MAX_CPUS = 255;

const PM_BASE = 0x600;
const SCI = 9;
const APM_PORT = 0xb2;
const RESET_PORT = 0xcf9;

/** Builds all tables and leaves them in RAM. Returns the address of the RSDP. */
export function placeAcpiTables(ram: GuestRam, platform: AcpiPlatform): number {
  if (!(Number.isInteger(platform.cpus) && platform.cpus >= 1 && platform.cpus <= MAX_CPUS)) {
    throw new BootImageError(`processors: ${platform.cpus} is outside 1 to ${MAX_CPUS}`);
  }
  const areaEnd = memoryLayout(platform.ramSize).lowTop;
  let next = areaEnd - ACPI_AREA_SIZE;
  const put = (table: Uint8Array): number => {
    // The FACS must be aligned to 64 bytes; the others gain nothing from less.
    const address = alignUp(next, 64);
    next = address + table.length;
    if (next > areaEnd) throw new Error('ACPI tables outgrew their area');
    ram.write(address, table);
    return address;
  };

  const facsAddress = put(facs());
  const dsdtAddress = put(table('DSDT', 2, dsdtBody(platform)));
  const entries = [fadt(facsAddress, dsdtAddress), madt(platform.cpus), hpet(), mcfg(), waet()].map(put);
  const rsdt = put(table('RSDT', 1, new ByteWriter().u32(...entries).finish()));
  const xsdt = put(table('XSDT', 1, new ByteWriter().u64(...entries).finish()));
  ram.write(RSDP_ADDRESS, rsdp(rsdt, xsdt));
  return RSDP_ADDRESS;
}

/** A system description table: the common header, the body, and a checksum over both. */
export function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const CHECKSUM_OFFSET = 9;
  const HEADER_SIZE = 36;
  const writer = new ByteWriter().text(signature, 4).u32(HEADER_SIZE + body.length);
  writer.u8(revision, 0).text(OEM_ID, 6).text(OEM_TABLE_ID, 8).u32(REVISION).text(CREATOR_ID, 4).u32(REVISION).bytes(body);
  return writer.patch8(CHECKSUM_OFFSET, checksum(writer.finish())).finish();
}

function rsdp(rsdt: number, xsdt: number): Uint8Array {
  const ACPI_1_SIZE = 20;
  const writer = new ByteWriter().text('RSD PTR ').u8(0).text(OEM_ID, 6).u8(2).u32(rsdt, 36).u64(xsdt).u8(0).zeros(3);
  writer.patch8(8, checksum(writer.finish().subarray(0, ACPI_1_SIZE)));
  return writer.patch8(32, checksum(writer.finish())).finish();
}

function facs(): Uint8Array {
  return new ByteWriter().text('FACS').u32(64).zeros(56).finish();
}

/** Generic Address Structure in I/O space. Its access size is left undefined, as in QEMU: bit width decides. */
function ioAddress(port: number, bits: number): Uint8Array {
  const SYSTEM_IO = 1;
  return new ByteWriter().u8(SYSTEM_IO, bits, 0, 0).u64(port).finish();
}

const NO_ADDRESS = new Uint8Array(12);

/** Fixed ACPI Description Table, revision 3 (ACPI 2.0 to 3.0). */
function fadt(facsAddress: number, dsdtAddress: number): Uint8Array {
  const ACPI_ENABLE = 2;
  const ACPI_DISABLE = 3;
  const C_STATE_UNSUPPORTED = 0xfff;
  const CMOS_CENTURY = 0x32;
  const BOOT_8042 = 1 << 1;
  /** WBINVD, C1, no fixed sleep button, RTC wakes from S4, reset register, platform timer preferred. The power button is fixed. */
  const FLAGS = (1 << 0) | (1 << 2) | (1 << 5) | (1 << 7) | (1 << 10) | (1 << 15);
  const RESET_VALUE = 0x0f;
  const events = PM_BASE;
  const control = PM_BASE + 4;
  const timer = PM_BASE + 8;
  const generalEvents = PM_BASE + 0x20;

  const body = new ByteWriter();
  body.u32(facsAddress, dsdtAddress);
  body.u8(1, 0); // reserved (interrupt model of ACPI 1.0), preferred profile unspecified
  body.u16(SCI).u32(APM_PORT).u8(ACPI_ENABLE, ACPI_DISABLE, 0, 0);
  body.u32(events, 0, control, 0, 0, timer, generalEvents, 0);
  body.u8(4, 2, 0, 4, 16, 0, 0, 0); // lengths of the blocks, in the same order
  body.u16(C_STATE_UNSUPPORTED, C_STATE_UNSUPPORTED, 0, 0);
  body.u8(0, 0, 0, 0, CMOS_CENTURY);
  body.u16(BOOT_8042).u8(0).u32(FLAGS);
  body.bytes(ioAddress(RESET_PORT, 8)).u8(RESET_VALUE).zeros(3);
  body.u64(0, dsdtAddress); // only one of the FACS addresses may be given
  body.bytes(ioAddress(events, 32)).bytes(NO_ADDRESS);
  body.bytes(ioAddress(control, 16)).bytes(NO_ADDRESS);
  body.bytes(NO_ADDRESS).bytes(ioAddress(timer, 32));
  body.bytes(ioAddress(generalEvents, 128)).bytes(NO_ADDRESS);
  return table('FACP', 3, body.finish());
}

/** Multiple APIC Description Table: the old ISA interrupts keep their numbers but 0, which the 8254 drives into pin 2. */
function madt(cpus: number): Uint8Array {
  const PCAT_COMPAT = 1;
  const LOCAL_APIC_ENABLED = 1;
  const ACTIVE_HIGH_LEVEL = 0x0d;
  const ALL_PROCESSORS = 0xff;
  const body = new ByteWriter().u32(LAPIC_BASE, PCAT_COMPAT);
  for (let id = 0; id < cpus; id++) body.u8(0, 8, id, id).u32(LOCAL_APIC_ENABLED);
  body.u8(1, 12, 0, 0).u32(IOAPIC_BASE, 0);
  const override = (source: number, gsi: number, flags: number) => body.u8(2, 10, 0, source).u32(gsi).u16(flags);
  override(0, 2, 0);
  for (const line of [5, 9, 10, 11]) override(line, line, ACTIVE_HIGH_LEVEL);
  body.u8(4, 6, ALL_PROCESSORS).u16(0).u8(1); // LINT1 is NMI
  return table('APIC', 1, body.finish());
}

function hpet(): Uint8Array {
  /** Vendor 8086h, legacy replacement capable, 64-bit counter, three comparators, revision 1: the low half of the ID register. */
  const HPET_ID = 0x8086_a201;
  const SYSTEM_MEMORY = 0;
  const body = new ByteWriter().u32(HPET_ID).u8(SYSTEM_MEMORY, 0, 0, 0).u64(HPET_BASE).u8(0).u16(0).u8(0);
  return table('HPET', 1, body.finish());
}

function mcfg(): Uint8Array {
  return table('MCFG', 1, new ByteWriter().zeros(8).u64(ECAM_BASE).u16(0).u8(0, 0xff).zeros(4).finish());
}

/** Windows ACPI Emulated devices Table: the timer may be read once instead of until two reads agree. */
function waet(): Uint8Array {
  const PM_TIMER_ONE_READ = 1 << 1;
  return table('WAET', 1, new ByteWriter().u32(PM_TIMER_ONE_READ).finish());
}
