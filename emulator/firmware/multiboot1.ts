// SPDX-License-Identifier: MIT
/**
 * @fileoverview Multiboot 0.6.96, the "multiboot 1" of GRUB legacy, Xen, memtest86+ and most teaching kernels.
 *
 * Left out, as their flags in the information structure say: boot device, symbols, drives, BIOS tables, VBE. A kernel that asks
 * for a graphics mode gets text, which the specification allows.
 */

import { BootImageError } from './bootError.ts';
import type { BootMemory } from './bootMemory.ts';
import { ByteReader, ByteWriter, cString } from './bytes.ts';
import { type CpuEntry, protectedModeEntry } from './cpuEntry.ts';
import {
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

const HEADER_MAGIC = 0x1bad_b002;
const LOADER_MAGIC = 0x2bad_b002;
const SEARCH_LIMIT = 8192;

/** Header flags. Bits 15:0 are demands: a loader that does not know one must refuse. Modules are always page-aligned here. */
const KNOWN_DEMANDS = 0x0000_0007;
const DEMAND_VIDEO = 1 << 2;
const ADDRESS_FIELDS = 1 << 16;

/** Flags of the information structure: which fields are valid. */
const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_FRAMEBUFFER = 1 << 12;

export function isMultiboot1(image: Uint8Array): boolean {
  return findHeader(image, HEADER_MAGIC, 3, 4, SEARCH_LIMIT) !== undefined;
}

export function loadMultiboot1(memory: BootMemory, image: Uint8Array, options: MultibootOptions = {}): CpuEntry {
  const offset = findHeader(image, HEADER_MAGIC, 3, 4, SEARCH_LIMIT);
  if (offset === undefined) throw new BootImageError('kernel: no multiboot header');
  const header = new ByteReader(image, 'multiboot header');
  const flags = header.u32(offset + 4);
  const unknown = flags & 0xffff & ~KNOWN_DEMANDS;
  if (unknown) throw new BootImageError(`multiboot kernel: demands unknown features 0x${unknown.toString(16)}`);

  let entry: number;
  if (flags & ADDRESS_FIELDS) {
    const [headerAddress, load, loadEnd, bssEnd] = [12, 16, 20, 24].map((field) => header.u32(offset + field));
    entry = header.u32(offset + 28);
    loadByAddressFields(memory, image, offset, { header: headerAddress, load, loadEnd, bssEnd });
  } else {
    entry = loadElf(memory, image);
  }
  checkEntry(memory, entry);

  const info = information(memory, options, (flags & DEMAND_VIDEO) !== 0);
  const rbx = memory.place(info, 'multiboot information', { alignment: 16 });
  return protectedModeEntry(memory, entry, { rax: LOADER_MAGIC, rbx });
}

function information(memory: BootMemory, options: MultibootOptions, wantsVideo: boolean): Uint8Array {
  const string = (text: string, what: string) => memory.place(cString(text), what, { alignment: 16 });
  const modules = new ByteWriter();
  for (const { contents, commandLine } of options.modules ?? []) {
    const start = memory.place(contents, 'module', { prefer: 'top' });
    modules.u32(start, start + contents.length, string(commandLine ?? '', 'module command line'), 0);
  }
  // Each entry is preceded by its size, which does not count itself.
  const map = new ByteWriter();
  for (const { base, length, type } of memory.map) map.u32(20).u64(base, length).u32(type);

  const { lower, upper } = basicMemory(memory);
  const valid = INFO_MEMORY | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME;
  const info = new ByteWriter();
  info.u32(valid | (wantsVideo ? INFO_FRAMEBUFFER : 0));
  info.u32(lower, upper);
  info.u32(0); // boot_device
  info.u32(string(kernelCommandLine(options), 'command line'));
  info.u32(options.modules?.length ?? 0, modules.length ? memory.place(modules.finish(), 'module list', { alignment: 16 }) : 0);
  info.zeros(16); // syms
  info.u32(map.length, memory.place(map.finish(), 'memory map', { alignment: 16 }));
  info.zeros(12); // drives, config_table
  info.u32(string(LOADER_NAME, 'loader name'));
  info.zeros(4 + 16); // apm_table, VBE
  if (wantsVideo) {
    const { address, pitch, width, height, bitsPerPixel, type } = TEXT_FRAMEBUFFER;
    info.u64(address).u32(pitch, width, height).u8(bitsPerPixel, type).zeros(6);
  }
  return info.finish();
}
