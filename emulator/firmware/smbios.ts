// SPDX-License-Identifier: MIT
/**
 * @fileoverview SMBIOS 2.8 tables: what the machine calls itself (DMTF DSP0134 2.8, chapters 5 to 7).
 *
 * The entry point lies in segment F0000 after the RSDP, on a paragraph, where kernels search for it; the structures follow.
 * Memory devices are at most 16 GiB each, as in QEMU. Left out: slots, cache and on-board devices, which an emulated machine has
 * nothing to say about.
 */

import { BootImageError } from './bootError.ts';
import { alignUp, ByteWriter, checksum, concatBytes, cString } from './bytes.ts';
import type { GuestRam } from './guestRam.ts';
import { FOUR_GIB, GIB, memoryLayout } from './memoryMap.ts';

export interface SmbiosPlatform {
  ramSize: number;
  cpus: number;
  /** Signature and feature bits as CPUID leaf 1 gives them in EAX and EDX. */
  cpuSignature: number;
  cpuFeatures: number;
  /** The machine's UUID as `isUuid` wants it; without one it is all zeros, "not present" (7.2.1), as QEMU has it without `-uuid`. */
  uuid?: string;
}

export const SMBIOS_ADDRESS = 0xf_0040;
const SMBIOS_LIMIT = 0x10_0000;
const ENTRY_POINT_SIZE = 0x1f;
const DIMM_MAX = 16 * GIB;
const MANUFACTURER = 'Diorama';
const PRODUCT = 'Standard PC (Q35 + ICH9, 2009)';

const HANDLE_BIOS = 0x0000;
const HANDLE_SYSTEM = 0x0100;
const HANDLE_CHASSIS = 0x0300;
const HANDLE_PROCESSOR = 0x0400;
const HANDLE_MEMORY_ARRAY = 0x1000;
const HANDLE_MEMORY_DEVICE = 0x1100;
const HANDLE_MAPPED_ADDRESS = 0x1300;
const HANDLE_BOOT = 0x2000;
const HANDLE_END = 0x7f00;
/** "This processor has no cache information", "no error information", "serial number not given" and so on. */
const NONE16 = 0xffff;
const NO_ERROR_INFORMATION = 0xfffe;
const NO_STRING = 0;

/** A UUID as people write it (RFC 9562, section 4): 8-4-4-4-12 hexadecimal digits. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Writes entry point and structures; returns the address of the entry point. */
export function placeSmbiosTables(ram: GuestRam, platform: SmbiosPlatform): number {
  const list = structures(platform);
  const table = concatBytes(list);
  const tableAddress = alignUp(SMBIOS_ADDRESS + ENTRY_POINT_SIZE, 16);
  if (tableAddress + table.length > SMBIOS_LIMIT)
    throw new BootImageError(`processors: ${platform.cpus} do not fit into SMBIOS tables`);
  ram.write(tableAddress, table);
  const largest = Math.max(...list.map((structure) => structure.length));
  ram.write(SMBIOS_ADDRESS, entryPoint(tableAddress, table.length, list.length, largest));
  return SMBIOS_ADDRESS;
}

function entryPoint(tableAddress: number, tableLength: number, count: number, largest: number): Uint8Array {
  const INTERMEDIATE_OFFSET = 16;
  const entry = new ByteWriter().text('_SM_').u8(0, ENTRY_POINT_SIZE, 2, 8).u16(largest).u8(0).zeros(5);
  entry.text('_DMI_').u8(0).u16(tableLength).u32(tableAddress).u16(count).u8(0x28);
  entry.patch8(INTERMEDIATE_OFFSET + 5, checksum(entry.finish().subarray(INTERMEDIATE_OFFSET)));
  return entry.patch8(4, checksum(entry.finish())).finish();
}

function structures(platform: SmbiosPlatform): Uint8Array[] {
  const { lowTop, highTop } = memoryLayout(platform.ramSize);
  const ranges = [{ base: 0, end: lowTop }, ...(highTop > FOUR_GIB ? [{ base: FOUR_GIB, end: highTop }] : [])];
  const devices = Math.ceil(platform.ramSize / DIMM_MAX);
  return [
    biosInformation(),
    systemInformation(platform.uuid),
    chassis(),
    ...Array.from({ length: platform.cpus }, (_, index) => processor(platform, index)),
    memoryArray(platform.ramSize, devices),
    ...Array.from({ length: devices }, (_, index) =>
      memoryDevice(index, Math.min(DIMM_MAX, platform.ramSize - index * DIMM_MAX)),
    ),
    ...ranges.map(({ base, end }, index) => mappedAddress(index, base, end, devices)),
    structure(32, HANDLE_BOOT, new ByteWriter().zeros(6).u8(0)), // no errors detected
    structure(127, HANDLE_END, new ByteWriter()),
  ];
}

/** A structure: header, formatted area, strings in the order of their numbers, an empty string at the end. */
function structure(type: number, handle: number, body: ByteWriter, ...strings: string[]): Uint8Array {
  const header = new ByteWriter().u8(type, 4 + body.length).u16(handle);
  const text = strings.length ? concatBytes(strings.map(cString)) : cString('');
  return concatBytes([header.finish(), body.finish(), text, cString('')]);
}

function biosInformation(): Uint8Array {
  const START_SEGMENT = 0xe800;
  const CHARACTERISTICS_NOT_SUPPORTED = 1 << 3;
  /** Extension byte 2: targeted content distribution and "is a virtual machine". */
  const VIRTUAL_MACHINE = (1 << 2) | (1 << 4);
  const body = new ByteWriter().u8(1, 2).u16(START_SEGMENT).u8(3, 0).u64(CHARACTERISTICS_NOT_SUPPORTED);
  body.u8(0, VIRTUAL_MACHINE, 0, 1, 0xff, 0xff);
  return structure(0, HANDLE_BIOS, body, MANUFACTURER, '0.1', '01/01/2025');
}

function systemInformation(uuid = '0'.repeat(32)): Uint8Array {
  const WAKE_POWER_SWITCH = 6;
  const digits = uuid.replaceAll('-', '');
  const bytes = Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
  // 7.2.1: the first three fields are little-endian.
  const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const body = new ByteWriter()
    .u8(1, 2, 3, NO_STRING, ...ORDER.map((index) => bytes[index]))
    .u8(WAKE_POWER_SWITCH, NO_STRING, NO_STRING);
  return structure(1, HANDLE_SYSTEM, body, MANUFACTURER, PRODUCT, '0.1');
}

function chassis(): Uint8Array {
  const TYPE_OTHER = 1;
  const SAFE = 3;
  const UNKNOWN = 2;
  const body = new ByteWriter()
    .u8(1, TYPE_OTHER, 2, NO_STRING, NO_STRING, SAFE, SAFE, SAFE, UNKNOWN)
    .u32(0)
    .u8(0, 0, 0, 0, NO_STRING);
  return structure(3, HANDLE_CHASSIS, body, MANUFACTURER, '0.1');
}

function processor(platform: SmbiosPlatform, index: number): Uint8Array {
  const CENTRAL_PROCESSOR = 3;
  const FAMILY_OTHER = 1;
  const POPULATED_ENABLED = 0x41;
  const UPGRADE_OTHER = 1;
  const body = new ByteWriter().u8(1, CENTRAL_PROCESSOR, FAMILY_OTHER, 2).u32(platform.cpuSignature, platform.cpuFeatures);
  // Voltage, external clock, maximum and current speed: unknown.
  body.u8(3, 0).u16(0, 0, 0).u8(POPULATED_ENABLED, UPGRADE_OTHER).u16(NONE16, NONE16, NONE16);
  body.u8(NO_STRING, NO_STRING, NO_STRING, 1, 1, 1).u16(0, FAMILY_OTHER, 1, 1, 1);
  return structure(4, HANDLE_PROCESSOR + index, body, `CPU ${index}`, MANUFACTURER, '0.1');
}

function memoryArray(ramSize: number, devices: number): Uint8Array {
  const LOCATION_OTHER = 1;
  const USE_SYSTEM = 3;
  const ECC_MULTI_BIT = 6;
  const EXTENDED = 0x8000_0000;
  const kib = ramSize / 1024;
  const fits = kib < EXTENDED;
  const body = new ByteWriter()
    .u8(LOCATION_OTHER, USE_SYSTEM, ECC_MULTI_BIT)
    .u32(fits ? kib : EXTENDED)
    .u16(NO_ERROR_INFORMATION);
  body.u16(devices).u64(fits ? 0 : ramSize);
  return structure(16, HANDLE_MEMORY_ARRAY, body);
}

function memoryDevice(index: number, size: number): Uint8Array {
  const FORM_DIMM = 9;
  const TYPE_RAM = 7;
  const DETAIL_OTHER = 1 << 1;
  const mib = Math.floor(size / 2 ** 20);
  const body = new ByteWriter().u16(HANDLE_MEMORY_ARRAY, NO_ERROR_INFORMATION, NONE16, NONE16, mib);
  body.u8(FORM_DIMM, 0, 1, NO_STRING, TYPE_RAM).u16(DETAIL_OTHER, 0).u8(2, NO_STRING, NO_STRING, NO_STRING, 0);
  body.u32(0).u16(0, 0, 0, 0);
  return structure(17, HANDLE_MEMORY_DEVICE + index, body, `DIMM ${index}`, MANUFACTURER);
}

/** Addresses are in KiB, both inclusive; machines that need the 64-bit form have it beside. */
function mappedAddress(index: number, base: number, end: number, devices: number): Uint8Array {
  const lastKib = end / 1024 - 1;
  const wide = lastKib >= 2 ** 32 - 1;
  const body = new ByteWriter()
    .u32(wide ? 0xffff_ffff : base / 1024, wide ? 0xffff_ffff : lastKib)
    .u16(HANDLE_MEMORY_ARRAY)
    .u8(devices);
  body.u64(wide ? base : 0, wide ? end - 1 : 0);
  return structure(19, HANDLE_MAPPED_ADDRESS + index, body);
}
