// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the boot loader says, by either protocol, as the same few facts: usable memory, command line, the first module, ACPI's root.
 *
 * PVH: start info version 1 (Xen, public/arch-x86/hvm/start_info.h). Multiboot2: the tags of section 3.6. What either gives is physical and lies
 * in the window; its memory is usable too, so texts are copied before any is given to the allocator.
 */
import {
  Multiboot2Information,
  Multiboot2MemoryMap,
  Multiboot2MemoryMapEntry,
  Multiboot2Module,
  Multiboot2Tag,
  PvhMemoryMapEntry,
  PvhModule,
  PvhStartInfo,
} from 'layout/boot';
import { LOW_PAGES } from 'machine/addresses';
import { imageEnd } from 'machine/stubs';
import { addMemory } from 'runtime/frames';

const MULTIBOOT2_BOOTED: u32 = 0x36d76289;
const USABLE: u32 = 1;
const TAG_COMMAND_LINE: u32 = 1;
const TAG_MODULE: u32 = 3;
const TAG_MEMORY_MAP: u32 = 6;
const TAG_ACPI_OLD: u32 = 14;
const TAG_ACPI_NEW: u32 = 15;
/** Below this lie the real mode's tables and video memory. */
const LOW_MEMORY: u64 = 0x100000;

/** Where the command line is, a text that ends with a zero; 0: there is none. */
export let commandLineAt: usize = 0;
/** The first module: an initial RAM disk, or whatever the user gave. Both 0 if there is none. */
export let moduleStart: usize = 0;
export let moduleEnd: usize = 0;
/** ACPI's root pointer, 0 if the loader did not say. Multiboot2 gives a copy of it. */
export let rootPointer: u64 = 0;

/** What a loader's physical address is in the window: page 0 is readable elsewhere only. */
function at(physical: u64): usize {
  return <usize>physical < 4096 ? <usize>physical + LOW_PAGES : <usize>physical;
}

let isMultiboot2 = false;
/** What the loader's magic came with, in the window. */
let information: usize = 0;

/** Reads all but memory, given the loader's magic and what it points at. */
export function readBootInformation(magic: u32, physical: usize): void {
  isMultiboot2 = magic == MULTIBOOT2_BOOTED;
  information = at(physical);
  if (isMultiboot2) readMultiboot2();
  else readPvh();
}
/** Calls a function for each range of usable memory. What it gives to the allocator may hold the loader's texts. */
export function eachUsable(visit: (start: u64, end: u64) => void): void {
  if (isMultiboot2) visitMultiboot2(visit);
  else visitPvh(visit);
}

// ---- PVH

function readPvh(): void {
  const info = changetype<PvhStartInfo>(information);
  if (info.commandLine) commandLineAt = at(info.commandLine);
  rootPointer = info.rsdp;
  if (info.moduleCount) {
    const module = changetype<PvhModule>(at(info.modules));
    moduleStart = <usize>module.address;
    moduleEnd = moduleStart + <usize>module.size;
  }
}
function visitPvh(visit: (start: u64, end: u64) => void): void {
  const info = changetype<PvhStartInfo>(information);
  for (let i: u32 = 0; i < info.memoryMapEntries; i++) {
    const entry = changetype<PvhMemoryMapEntry>(at(info.memoryMap + <u64>i * PvhMemoryMapEntry.SIZE));
    if (entry.type == USABLE) visit(entry.address, entry.address + entry.size);
  }
}

// ---- Multiboot2

function readMultiboot2(): void {
  for (let tag = firstTag(); tag.pointer < end(); tag = nextTag(tag)) {
    const content = tag.pointer + Multiboot2Tag.SIZE;
    if (tag.type == TAG_COMMAND_LINE) commandLineAt = content;
    if (tag.type == TAG_ACPI_NEW || (tag.type == TAG_ACPI_OLD && !rootPointer)) rootPointer = content;
    if (tag.type == TAG_MODULE && !moduleStart) {
      moduleStart = changetype<Multiboot2Module>(tag.pointer).start;
      moduleEnd = changetype<Multiboot2Module>(tag.pointer).end;
    }
  }
}
function visitMultiboot2(visit: (start: u64, end: u64) => void): void {
  const last = end();
  for (let tag = firstTag(); tag.pointer < last; tag = nextTag(tag)) {
    if (tag.type != TAG_MEMORY_MAP) continue;
    const map = changetype<Multiboot2MemoryMap>(tag.pointer);
    const mapEnd = tag.pointer + tag.size;
    for (let place = tag.pointer + Multiboot2MemoryMap.SIZE; place < mapEnd; place += map.entrySize) {
      const entry = changetype<Multiboot2MemoryMapEntry>(place);
      if (entry.type == USABLE) visit(entry.address, entry.address + entry.length);
    }
  }
}

function firstTag(): Multiboot2Tag {
  return changetype<Multiboot2Tag>(information + Multiboot2Information.SIZE);
}
function nextTag(tag: Multiboot2Tag): Multiboot2Tag {
  return changetype<Multiboot2Tag>(tag.pointer + ((<usize>tag.size + 7) & ~7));
}
function end(): usize {
  return information + changetype<Multiboot2Information>(information).totalSize;
}

// ---- memory

/** Gives a usable range to the allocator, less the image and the module. */
export function addUsable(start: u64, end: u64): void {
  let from = max(start, max(LOW_MEMORY, imageEnd()));
  if (moduleStart && from < moduleEnd && end > moduleStart) {
    addMemory(from, moduleStart);
    from = moduleEnd;
  }
  addMemory(from, end);
}
