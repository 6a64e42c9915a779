// SPDX-License-Identifier: MIT
/**
 * @fileoverview What multiboot 1 and 2 share: finding the header, placing an image by its address fields, the machine's words for
 * memory and screen.
 *
 * Images are ELF of either width, or anything at all if the header carries load addresses (the "a.out kludge"). The kernel
 * starts in flat 32-bit protected mode without paging.
 */

import { BootImageError, formatAddress } from './bootError.ts';
import { type BootMemory, MIB } from './bootMemory.ts';
import { ByteReader } from './bytes.ts';
import { isElf, loadSegments, parseElf, toPhysical } from './elf.ts';
import { E820_USABLE, EBDA_BASE } from './memoryMap.ts';

/** A file handed to the kernel beside it. */
export interface BootModule {
  contents: Uint8Array;
  commandLine?: string;
}

export interface MultibootOptions {
  commandLine?: string;
  /** The first word of the kernel's command line, where legacy GRUB and QEMU put its path. Empty: none, as GRUB 2 has it. */
  imageName?: string;
  modules?: BootModule[];
}

/** The address fields of either header; all physical. */
export interface AddressFields {
  header: number;
  load: number;
  /** 0: to the end of the file. */
  loadEnd: number;
  /** 0: no bss. */
  bssEnd: number;
}

export const LOADER_NAME = 'Diorama';

/** VGA text mode, the only framebuffer there is without a graphics adapter. */
export const TEXT_FRAMEBUFFER = { address: 0xb_8000, pitch: 160, width: 80, height: 25, bitsPerPixel: 16, type: 2 };

/** The offset of the first header within `limit` bytes: `magic`, aligned, whose words sum to zero. */
export function findHeader(
  image: Uint8Array,
  magic: number,
  words: number,
  alignment: number,
  limit: number,
): number | undefined {
  const reader = new ByteReader(image, 'multiboot header');
  const end = Math.min(image.length, limit) - words * 4;
  for (let offset = 0; offset <= end; offset += alignment) {
    if (reader.u32(offset) !== magic) continue;
    let sum = 0;
    for (let word = 0; word < words; word++) sum = (sum + reader.u32(offset + word * 4)) >>> 0;
    if (sum === 0) return offset;
  }
  return undefined;
}

/** Loads an image whose header, at `headerOffset` of the file, carries its load addresses. */
export function loadByAddressFields(memory: BootMemory, image: Uint8Array, headerOffset: number, fields: AddressFields): void {
  const start = headerOffset - (fields.header - fields.load);
  if (fields.load > fields.header || start < 0) {
    throw new BootImageError(
      `multiboot kernel: load address ${formatAddress(fields.load)} does not fit the header's place in the file`,
    );
  }
  const loadEnd = fields.loadEnd === 0 ? fields.load + (image.length - start) : fields.loadEnd;
  if (loadEnd < fields.load || (fields.bssEnd !== 0 && fields.bssEnd < loadEnd)) {
    throw new BootImageError('multiboot kernel: load addresses out of order');
  }
  const contents = new ByteReader(image, 'multiboot kernel').slice(start, loadEnd - fields.load);
  const end = fields.bssEnd === 0 ? loadEnd : fields.bssEnd;
  memory.claim(fields.load, end - fields.load, 'multiboot kernel');
  memory.ram.write(fields.load, contents);
  memory.zero(loadEnd, end - loadEnd);
}

/** Loads an ELF image; returns its entry point, which kernels give as a physical or as a virtual address. */
export function loadElf(memory: BootMemory, image: Uint8Array): number {
  if (!isElf(image)) throw new BootImageError('multiboot kernel: neither ELF nor load addresses in the header');
  const elf = parseElf(image);
  loadSegments(memory, elf);
  return toPhysical(elf, elf.entry) ?? Number(elf.entry);
}

/** Refuses an entry point where nothing was loaded: better one line than a triple fault. */
export function checkEntry(memory: BootMemory, entry: number): void {
  if (!memory.isClaimed(entry)) {
    throw new BootImageError(`multiboot kernel: entry point ${formatAddress(entry)} is outside the image`);
  }
}

export function kernelCommandLine({ imageName = 'kernel', commandLine = '' }: MultibootOptions): string {
  return [imageName, commandLine].filter((part) => part !== '').join(' ');
}

/** KiB of RAM from 0 and from 1 MiB on, the latter up to the first hole. */
export function basicMemory(memory: BootMemory): { lower: number; upper: number } {
  const upper = memory.map.find(({ base, type }) => base === MIB && type === E820_USABLE);
  return { lower: EBDA_BASE >> 10, upper: Math.floor((upper?.length ?? 0) / 1024) };
}
