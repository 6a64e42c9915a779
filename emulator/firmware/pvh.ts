// SPDX-License-Identifier: MIT
/**
 * @fileoverview PVH: an ELF image that names a 32-bit physical entry point in a Xen note (Xen, docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h). Linux' vmlinux, NetBSD, Xen itself and our own kernel boot this way.
 *
 * The kernel starts in flat 32-bit protected mode without paging, EBX pointing to hvm_start_info: modules (the initrd is the
 * first), command line, RSDP and memory map.
 */

import { BootImageError, formatAddress } from './bootError.ts';
import type { BootMemory } from './bootMemory.ts';
import { ByteReader, ByteWriter, cString } from './bytes.ts';
import { type CpuEntry, protectedModeEntry } from './cpuEntry.ts';
import { type ElfImage, isElf, loadSegments, parseElf } from './elf.ts';
import type { BootModule } from './multiboot.ts';

const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const HVM_START_MAGIC = 0x336e_c578;
const START_INFO_VERSION = 1;

export interface PvhOptions {
  commandLine?: string;
  modules?: BootModule[];
  rsdp?: number;
}

export function isPvh(image: Uint8Array): boolean {
  return isElf(image) && pvhEntry(parseElf(image)) !== undefined;
}

export function loadPvh(memory: BootMemory, image: Uint8Array, options: PvhOptions = {}): CpuEntry {
  const elf = parseElf(image);
  const entry = pvhEntry(elf);
  if (entry === undefined) throw new BootImageError('ELF kernel: no PVH entry point (Xen note 18)');
  loadSegments(memory, elf);
  if (!memory.isClaimed(entry))
    throw new BootImageError(`ELF kernel: PVH entry point ${formatAddress(entry)} is outside the image`);

  const modules = (options.modules ?? []).map(({ contents, commandLine }) => ({
    address: memory.place(contents, 'initrd', { prefer: 'top' }),
    size: contents.length,
    commandLine: commandLine ? memory.place(cString(commandLine), 'module command line', { alignment: 16 }) : 0,
  }));
  const moduleList = new ByteWriter();
  for (const { address, size, commandLine } of modules) moduleList.u64(address, size, commandLine, 0);
  const map = new ByteWriter();
  for (const { base, length, type } of memory.map) map.u64(base, length).u32(type, 0);

  const startInfo = new ByteWriter()
    .u32(HVM_START_MAGIC, START_INFO_VERSION, 0, modules.length)
    .u64(modules.length ? memory.place(moduleList.finish(), 'module list', { alignment: 16 }) : 0)
    .u64(memory.place(cString(options.commandLine ?? ''), 'command line', { alignment: 16 }))
    .u64(options.rsdp ?? 0)
    .u64(memory.place(map.finish(), 'memory map', { alignment: 16 }))
    .u32(memory.map.length, 0)
    .finish();
  const rbx = memory.place(startInfo, 'start info', { alignment: 16 });
  return protectedModeEntry(memory, entry, { rbx });
}

/** The note's description is the entry point as a native word; only its low 32 bits can be entered. */
function pvhEntry(elf: ElfImage): number | undefined {
  const note = elf.notes.find(({ name, type }) => name === 'Xen' && type === XEN_ELFNOTE_PHYS32_ENTRY);
  if (!note) return undefined;
  return new ByteReader(note.description, 'ELF kernel: PVH note').u32(0);
}
