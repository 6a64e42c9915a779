// SPDX-License-Identifier: MIT
/**
 * @fileoverview The start of a small kernel: what the boot loader says, page frames, traps, then `kmain`; power-off after it.
 *
 * Both protocols are read into the same few facts: usable memory, the command line, the first module. PVH: start info version 1
 * (Xen, public/arch-x86/hvm/start_info.h); Multiboot2: the tags of section 3.6. What either gives is physical and lies
 * in the window.
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
import { cli, hlt, outw } from 'machine/cpu';
import { imageEnd } from 'machine/stubs';
import { addMemory } from 'runtime/frames';
import { initTraps } from 'runtime/trap';

// @ts-ignore: decorator
@external("ts", "kmain") declare function kmain(): void;

const MULTIBOOT2_BOOTED: u32 = 0x36d76289;
const USABLE: u32 = 1;
const TAG_COMMAND_LINE: u32 = 1;
const TAG_MODULE: u32 = 3;
const TAG_MEMORY_MAP: u32 = 6;
/** Below this lie the real mode's tables and video memory; nothing here needs them. */
const LOW_MEMORY: u64 = 0x100000;

let line = '';
let moduleStart: usize = 0;
let moduleEnd: usize = 0;

export function commandLine(): string {
  return line;
}
/** The first module: an initial RAM disk, or whatever the user gave. Both 0 if there is none. */
export function bootModule(): usize {
  return moduleStart;
}
export function bootModuleSize(): usize {
  return moduleEnd - moduleStart;
}

/** What a loader's physical address is in the window: page 0 is readable elsewhere only. */
function at(physical: u64): usize {
  return <usize>physical < 4096 ? <usize>physical + LOW_PAGES : <usize>physical;
}

/** Called by the entry stub with the loader's magic and what it points at. */
export function kernelStart(magic: u32, information: usize): void {
  if (magic == MULTIBOOT2_BOOTED) readMultiboot2(information);
  else readPvh(information);
  initTraps();
  kmain();
  powerOff();
}

function readPvh(information: usize): void {
  const info = changetype<PvhStartInfo>(at(information));
  if (info.commandLine) line = textAt(at(info.commandLine));
  if (info.moduleCount) {
    const module = changetype<PvhModule>(at(info.modules));
    moduleStart = <usize>module.address;
    moduleEnd = moduleStart + <usize>module.size;
  }
  for (let i: u32 = 0; i < info.memoryMapEntries; i++) {
    const entry = changetype<PvhMemoryMapEntry>(at(info.memoryMap + <u64>i * PvhMemoryMapEntry.SIZE));
    if (entry.type == USABLE) addUsable(entry.address, entry.address + entry.size);
  }
}

function readMultiboot2(physical: usize): void {
  const information = at(physical);
  const end = information + changetype<Multiboot2Information>(information).totalSize;
  // The module first: memory that it lies in is not free.
  for (let tag = firstTag(information); tag.pointer < end; tag = nextTag(tag)) {
    const content = tag.pointer + Multiboot2Tag.SIZE;
    if (tag.type == TAG_COMMAND_LINE) line = textAt(content);
    if (tag.type == TAG_MODULE && !moduleStart) {
      moduleStart = changetype<Multiboot2Module>(tag.pointer).start;
      moduleEnd = changetype<Multiboot2Module>(tag.pointer).end;
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

function textAt(text: usize): string {
  let length: usize = 0;
  while (load<u8>(text + length)) length++;
  return String.UTF8.decodeUnsafe(text, length);
}

/** Usable memory less the image and the module. */
function addUsable(start: u64, end: u64): void {
  let from = max(start, max(LOW_MEMORY, imageEnd()));
  if (moduleStart && from < moduleEnd && end > moduleStart) {
    addMemory(from, moduleStart);
    from = moduleEnd;
  }
  addMemory(from, end);
}

/** PM1a control of the ACPI block where QEMU's firmware puts it (port 0x604): sleep type 0, sleep enable. */
export function powerOff(): void {
  outw(0x604, 0x2000);
  for (;;) {
    cli();
    hlt();
  }
}
