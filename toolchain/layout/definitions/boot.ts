// SPDX-License-Identifier: MIT
/**
 * @fileoverview What boot loaders hand over: PVH's start info (Xen, public/arch-x86/hvm/start_info.h, version 1) and the tags
 * of Multiboot2 (Multiboot2 Specification 2.0, section 3.6). All addresses in them are physical.
 */
import { layout, u32, u64 } from '../layout.ts';

export const pvhStartInfo = layout(
  'PvhStartInfo',
  { size: 56 },
  {
    magic: u32,
    version: u32,
    flags: u32,
    moduleCount: u32,
    modules: u64,
    commandLine: u64,
    rsdp: u64,
    memoryMap: u64,
    memoryMapEntries: u32,
    reserved: u32,
  },
);
export const pvhModule = layout('PvhModule', { size: 32 }, { address: u64, size: u64, commandLine: u64, reserved: u64 });
export const pvhMemoryMapEntry = layout(
  'PvhMemoryMapEntry',
  { size: 24, comment: 'Types are those of E820: 1 is usable.' },
  { address: u64, size: u64, type: u32, reserved: u32 },
);

export const multiboot2Information = layout('Multiboot2Information', { size: 8 }, { totalSize: u32, reserved: u32 });
export const multiboot2Tag = layout(
  'Multiboot2Tag',
  { size: 8, comment: 'Followed by its content, padded to 8.' },
  { type: u32, size: u32 },
);
export const multiboot2Module = layout('Multiboot2Module', { size: 16 }, { tag: multiboot2Tag, start: u32, end: u32 });
export const multiboot2MemoryMap = layout(
  'Multiboot2MemoryMap',
  { size: 16 },
  { tag: multiboot2Tag, entrySize: u32, entryVersion: u32 },
);
export const multiboot2MemoryMapEntry = layout(
  'Multiboot2MemoryMapEntry',
  { size: 24 },
  { address: u64, length: u64, type: u32, reserved: u32 },
);

export const layouts = [
  pvhStartInfo,
  pvhModule,
  pvhMemoryMapEntry,
  multiboot2Information,
  multiboot2Tag,
  multiboot2Module,
  multiboot2MemoryMap,
  multiboot2MemoryMapEntry,
];
