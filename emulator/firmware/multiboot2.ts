// SPDX-License-Identifier: MIT
/**
 * @fileoverview Multiboot2 specification 2.0, for the i386 architecture. Xen, FreeBSD-like loaders, Rust and teaching kernels,
 * and our own kernel boot this way under GRUB.
 *
 * The header's tags are demands on us; a demand that we cannot meet is refused unless the kernel marked it optional. The image
 * is loaded where it is linked, which a relocatable image allows, too. Left out: ELF symbols, EFI, network, VBE, APM, SMBIOS tag.
 */

import { BootImageError } from './bootError.ts';
import type { BootMemory } from './bootMemory.ts';
import { alignUp, ByteReader, ByteWriter, cString } from './bytes.ts';
import { type CpuEntry, protectedModeEntry } from './cpuEntry.ts';
import {
  type AddressFields,
  basicMemory,
  checkEntry,
  findHeader,
  kernelCommandLine,
  LOADER_NAME,
  loadByAddressFields,
  loadElf,
  type MultibootOptions,
  TEXT_FRAMEBUFFER,
} from './multiboot.ts';

const HEADER_MAGIC = 0xe852_50d6;
const LOADER_MAGIC = 0x36d7_6289;
const SEARCH_LIMIT = 32768;
const ARCHITECTURE_I386 = 0;

/** Header tags. */
const END = 0;
const INFORMATION_REQUEST = 1;
const ADDRESS = 2;
const ENTRY_ADDRESS = 3;
const CONSOLE_FLAGS = 4;
const FRAMEBUFFER = 5;
const MODULE_ALIGNMENT = 6;
const EFI_ENTRY_I386 = 8;
const EFI_ENTRY_AMD64 = 9;
const RELOCATABLE = 10;
const OPTIONAL = 1;

/** Information tags. */
const INFO_COMMAND_LINE = 1;
const INFO_LOADER_NAME = 2;
const INFO_MODULE = 3;
const INFO_BASIC_MEMORY = 4;
const INFO_MEMORY_MAP = 6;
const INFO_FRAMEBUFFER = 8;
const INFO_ACPI_OLD = 14;
const INFO_ACPI_NEW = 15;
const INFO_LOAD_BASE = 21;
const PROVIDED = [
  INFO_COMMAND_LINE,
  INFO_LOADER_NAME,
  INFO_MODULE,
  INFO_BASIC_MEMORY,
  INFO_MEMORY_MAP,
  INFO_FRAMEBUFFER,
  INFO_ACPI_OLD,
  INFO_ACPI_NEW,
  INFO_LOAD_BASE,
];

export interface Multiboot2Options extends MultibootOptions {
  /** The bytes of the RSDP, revision 2: the kernel gets copies. */
  rsdpBytes?: Uint8Array;
}

interface Header {
  addresses?: AddressFields;
  entry?: number;
  relocatable: boolean;
}

export function isMultiboot2(image: Uint8Array): boolean {
  return findHeader(image, HEADER_MAGIC, 4, 8, SEARCH_LIMIT) !== undefined;
}

export function loadMultiboot2(memory: BootMemory, image: Uint8Array, options: Multiboot2Options = {}): CpuEntry {
  const offset = findHeader(image, HEADER_MAGIC, 4, 8, SEARCH_LIMIT);
  if (offset === undefined) throw new BootImageError('kernel: no multiboot2 header');
  const header = parseHeader(image, offset);

  let entry: number;
  let loadBase: number | undefined;
  if (header.addresses) {
    if (header.entry === undefined) throw new BootImageError('multiboot2 kernel: load addresses but no entry address');
    loadByAddressFields(memory, image, offset, header.addresses);
    entry = header.entry;
    loadBase = header.addresses.load;
  } else {
    const elfEntry = loadElf(memory, image);
    entry = header.entry ?? elfEntry;
    loadBase = memory.lowestClaim;
  }
  checkEntry(memory, entry);

  const info = information(memory, options, header.relocatable ? loadBase : undefined);
  const rbx = memory.place(info, 'multiboot2 information', { alignment: 8 });
  return protectedModeEntry(memory, entry, { rax: LOADER_MAGIC, rbx });
}

function parseHeader(image: Uint8Array, offset: number): Header {
  const whole = new ByteReader(image, 'multiboot2 header');
  const architecture = whole.u32(offset + 4);
  if (architecture !== ARCHITECTURE_I386)
    throw new BootImageError(`multiboot2 kernel: for architecture ${architecture}, not i386`);
  const reader = new ByteReader(whole.slice(offset, whole.u32(offset + 8)), 'multiboot2 header');

  const header: Header = { relocatable: false };
  for (let at = 16; ; ) {
    const type = reader.u16(at);
    const size = reader.u32(at + 4);
    if (size < 8) throw new BootImageError(`multiboot2 header: tag of ${size} bytes`);
    if (type === END) return header;
    const optional = (reader.u16(at + 2) & OPTIONAL) !== 0;
    const words: number[] = [];
    for (let field = at + 8; field + 4 <= at + size; field += 4) words.push(reader.u32(field));
    applyTag(header, type, words, optional);
    at += alignUp(size, 8);
  }
}

function applyTag(header: Header, type: number, words: number[], optional: boolean): void {
  const need = (count: number) => {
    if (words.length < count) throw new BootImageError(`multiboot2 header: tag ${type} is too short`);
  };
  switch (type) {
    case INFORMATION_REQUEST: {
      const missing = words.filter((request) => !PROVIDED.includes(request));
      if (missing.length && !optional)
        throw new BootImageError(`multiboot2 kernel: demands unknown information ${missing.join(', ')}`);
      return;
    }
    case ADDRESS:
      need(4);
      header.addresses = { header: words[0], load: words[1], loadEnd: words[2], bssEnd: words[3] };
      return;
    case ENTRY_ADDRESS:
      need(1);
      header.entry = words[0];
      return;
    case RELOCATABLE:
      header.relocatable = true;
      return;
    // A text console and page-aligned modules are what everyone gets; the EFI entries are for EFI machines.
    case CONSOLE_FLAGS:
    case FRAMEBUFFER:
    case MODULE_ALIGNMENT:
    case EFI_ENTRY_I386:
    case EFI_ENTRY_AMD64:
      return;
    default:
      if (!optional) throw new BootImageError(`multiboot2 kernel: demands unknown feature ${type}`);
  }
}

function information(memory: BootMemory, options: Multiboot2Options, loadBase: number | undefined): Uint8Array {
  const info = new ByteWriter().u32(0, 0);
  const tag = (type: number, body: ByteWriter) => {
    info
      .u32(type, 8 + body.length)
      .bytes(body.finish())
      .align(8);
  };
  tag(INFO_COMMAND_LINE, new ByteWriter().bytes(cString(kernelCommandLine(options))));
  tag(INFO_LOADER_NAME, new ByteWriter().bytes(cString(LOADER_NAME)));
  for (const module of options.modules ?? []) {
    const start = memory.place(module.contents, 'module', { prefer: 'top' });
    tag(INFO_MODULE, new ByteWriter().u32(start, start + module.contents.length).bytes(cString(module.commandLine ?? '')));
  }
  const { lower, upper } = basicMemory(memory);
  tag(INFO_BASIC_MEMORY, new ByteWriter().u32(lower, upper));

  const ENTRY_SIZE = 24;
  const ENTRY_VERSION = 0;
  const map = new ByteWriter().u32(ENTRY_SIZE, ENTRY_VERSION);
  for (const { base, length, type } of memory.map) map.u64(base, length).u32(type, 0);
  tag(INFO_MEMORY_MAP, map);

  const { address, pitch, width, height, bitsPerPixel, type } = TEXT_FRAMEBUFFER;
  tag(INFO_FRAMEBUFFER, new ByteWriter().u64(address).u32(pitch, width, height).u8(bitsPerPixel, type, 0, 0));

  if (options.rsdpBytes) {
    const RSDP1_SIZE = 20;
    tag(INFO_ACPI_OLD, new ByteWriter().bytes(options.rsdpBytes.subarray(0, RSDP1_SIZE)));
    tag(INFO_ACPI_NEW, new ByteWriter().bytes(options.rsdpBytes));
  }
  if (loadBase !== undefined) tag(INFO_LOAD_BASE, new ByteWriter().u32(loadBase));
  tag(END, new ByteWriter());
  return info.patch32(0, info.length).finish();
}
