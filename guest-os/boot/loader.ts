// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the boot loader says, by either protocol, as the same few facts: memory, command line, the archive, ACPI's root.
 *
 * PVH: start info version 1 (Xen, public/arch-x86/hvm/start_info.h). Multiboot2: the tags of section 3.6. All of it is physical and is
 * copied out at once, since its memory is free afterwards; the archive's is not given to the allocator.
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
import { countFrames, noteRam } from '../kernel/memory/frames';
import { textOf } from '../kernel/memory/user';
import { main } from './main';

const MULTIBOOT2_BOOTED: u32 = 0x36d76289;
const USABLE: u32 = 1;
const TAG_COMMAND_LINE: u32 = 1;
const TAG_MODULE: u32 = 3;
const TAG_MEMORY_MAP: u32 = 6;
const TAG_ACPI_OLD: u32 = 14;
const TAG_ACPI_NEW: u32 = 15;
/** Below this lie the real mode's tables and video memory. */
const LOW_MEMORY: u64 = 0x100000;

let line: string = '';
let archive: usize = 0;
let archiveEnd_: usize = 0;
let rsdp_: u64 = 0;
let installed: u64 = 0;

export function commandLine(): string {
  return line;
}
/** The value of `name=value` on the command line, the last if there are several; empty: it is not there. */
export function bootOption(name: string): string {
  const words = line.split(' ');
  for (let i = words.length - 1; i >= 0; i--) if (words[i].startsWith(name + '=')) return words[i].substring(name.length + 1);
  return '';
}
/** The boot archive in memory; 0 if the loader gave none. */
export function bootArchive(): usize {
  return archive;
}
export function bootArchiveEnd(): usize {
  return archiveEnd_;
}
/** ACPI's root pointer, 0 if the loader did not say. Multiboot2 gives a copy of it. */
export function rootPointer(): u64 {
  return rsdp_;
}
/** Bytes of usable memory that the loader told of. */
export function installedMemory(): u64 {
  return installed;
}

function at(physical: u64): usize {
  return <usize>physical < 4096 ? <usize>physical + LOW_PAGES : <usize>physical;
}

/** Called by the entry stub with the loader's magic and what it points at. */
export function kernelStart(magic: u32, information: usize): void {
  if (magic == MULTIBOOT2_BOOTED) readMultiboot2(information);
  else readPvh(information);
  countFrames();
  main();
}

function readPvh(information: usize): void {
  const info = changetype<PvhStartInfo>(at(information));
  if (info.commandLine) line = zeroTerminated(at(info.commandLine));
  rsdp_ = info.rsdp;
  if (info.moduleCount) {
    const module = changetype<PvhModule>(at(info.modules));
    archive = <usize>module.address;
    archiveEnd_ = archive + <usize>module.size;
  }
  for (let i: u32 = 0; i < info.memoryMapEntries; i++) {
    const entry = changetype<PvhMemoryMapEntry>(at(info.memoryMap + <u64>i * PvhMemoryMapEntry.SIZE));
    if (entry.type == USABLE) addUsable(entry.address, entry.address + entry.size);
  }
}

function readMultiboot2(physical: usize): void {
  const information = at(physical);
  const end = information + changetype<Multiboot2Information>(information).totalSize;
  for (let tag = firstTag(information); tag.pointer < end; tag = nextTag(tag)) {
    const content = tag.pointer + Multiboot2Tag.SIZE;
    if (tag.type == TAG_COMMAND_LINE) line = zeroTerminated(content);
    if (tag.type == TAG_ACPI_NEW || (tag.type == TAG_ACPI_OLD && !rsdp_)) rsdp_ = content;
    if (tag.type == TAG_MODULE && !archive) {
      archive = changetype<Multiboot2Module>(tag.pointer).start;
      archiveEnd_ = changetype<Multiboot2Module>(tag.pointer).end;
    }
  }
  for (let tag = firstTag(information); tag.pointer < end; tag = nextTag(tag)) {
    if (tag.type != TAG_MEMORY_MAP) continue;
    const map = changetype<Multiboot2MemoryMap>(tag.pointer);
    const mapEnd = tag.pointer + tag.size;
    for (let place = tag.pointer + Multiboot2MemoryMap.SIZE; place < mapEnd; place += map.entrySize) {
      const entry = changetype<Multiboot2MemoryMapEntry>(place);
      if (entry.type == USABLE) addUsable(entry.address, entry.address + entry.length);
    }
  }
}

function firstTag(information: usize): Multiboot2Tag {
  return changetype<Multiboot2Tag>(information + Multiboot2Information.SIZE);
}
function nextTag(tag: Multiboot2Tag): Multiboot2Tag {
  return changetype<Multiboot2Tag>(tag.pointer + ((<usize>tag.size + 7) & ~7));
}

function zeroTerminated(text: usize): string {
  let length = 0;
  while (load<u8>(text + length)) length++;
  return textOf(text, length);
}

/** Usable memory less the image and the archive. */
function addUsable(start: u64, end: u64): void {
  installed += end - start;
  noteRam(start, end);
  let from = max(start, max(LOW_MEMORY, imageEnd()));
  if (archive && from < archiveEnd_ && end > archive) {
    addMemory(from, archive);
    from = archiveEnd_;
  }
  addMemory(from, end);
}
