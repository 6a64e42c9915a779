// SPDX-License-Identifier: MIT
/**
 * @fileoverview Executable ELF images for x86, 32 and 64 bits (System V gABI, chapters 4 and 5): program headers and notes.
 *
 * Only what a loader needs: loadable segments go to their physical addresses; notes tell of boot protocols. Sections, symbols
 * and relocations are not looked at, so stripped kernels load like any other. Every offset and size is checked against the file.
 */

import { BootImageError, formatAddress } from './bootError.ts';
import type { BootMemory } from './bootMemory.ts';
import { alignUp, ByteReader } from './bytes.ts';

export interface ElfSegment {
  virtualAddress: number | bigint;
  physicalAddress: number;
  memorySize: number;
  contents: Uint8Array;
}

export interface ElfNote {
  name: string;
  type: number;
  description: Uint8Array;
}

export interface ElfImage {
  bits: 32 | 64;
  /** Virtual address of the entry point. */
  entry: number | bigint;
  segments: ElfSegment[];
  notes: ElfNote[];
}

const ELF_MAGIC = 0x464c_457f;
const CLASS32 = 1;
const CLASS64 = 2;
const LITTLE_ENDIAN = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** More program headers or notes than any kernel has; bounds the work that a hostile file can cause. */
const MAX_ENTRIES = 1024;

export function isElf(image: Uint8Array): boolean {
  return image.length >= 4 && new ByteReader(image, 'ELF').u32(0) === ELF_MAGIC;
}

export function parseElf(image: Uint8Array): ElfImage {
  if (!isElf(image)) throw new BootImageError('kernel: no ELF image');
  const reader = new ByteReader(image, 'ELF kernel');
  const elfClass = reader.u8(4);
  if (elfClass !== CLASS32 && elfClass !== CLASS64) throw new BootImageError(`ELF kernel: unknown class ${elfClass}`);
  if (reader.u8(5) !== LITTLE_ENDIAN) throw new BootImageError('ELF kernel: not little-endian');
  const machine = reader.u16(18);
  if (machine !== EM_386 && machine !== EM_X86_64) throw new BootImageError(`ELF kernel: for machine type ${machine}, not x86`);
  const type = reader.u16(16);
  if (type !== ET_EXEC && type !== ET_DYN) throw new BootImageError('ELF kernel: not an executable');

  const wide = elfClass === CLASS64;
  const entry = wide ? reader.u64(24) : reader.u32(24);
  const tableOffset = wide ? reader.size64(32) : reader.u32(28);
  const entrySize = reader.u16(wide ? 54 : 42);
  const count = reader.u16(wide ? 56 : 44);
  if (count > MAX_ENTRIES) throw new BootImageError(`ELF kernel: ${count} program headers`);
  if (count > 0 && entrySize < (wide ? 56 : 32)) throw new BootImageError(`ELF kernel: program headers of ${entrySize} bytes`);

  const elf: ElfImage = { bits: wide ? 64 : 32, entry, segments: [], notes: [] };
  for (let i = 0; i < count; i++) parseProgramHeader(reader, tableOffset + i * entrySize, elf);
  return elf;
}

/** Writes all segments to their physical addresses and zeroes what the file does not fill. */
export function loadSegments(memory: BootMemory, elf: ElfImage): void {
  if (elf.segments.length === 0) throw new BootImageError('ELF kernel: nothing to load');
  for (const { physicalAddress, memorySize, contents } of elf.segments) {
    memory.claim(physicalAddress, memorySize, 'ELF kernel');
    memory.ram.write(physicalAddress, contents);
    memory.zero(physicalAddress + contents.length, memorySize - contents.length);
  }
}

/** The physical address of a virtual one, as the segments map it; undefined outside them. */
export function toPhysical(elf: ElfImage, virtual: number | bigint): number | undefined {
  for (const { virtualAddress, physicalAddress, memorySize } of elf.segments) {
    const offset = BigInt(virtual) - BigInt(virtualAddress);
    if (offset >= 0n && offset < BigInt(memorySize)) return physicalAddress + Number(offset);
  }
  return undefined;
}

function parseProgramHeader(reader: ByteReader, at: number, elf: ElfImage): void {
  const wide = elf.bits === 64;
  const type = reader.u32(at);
  if (type !== PT_LOAD && type !== PT_NOTE) return;
  const offset = wide ? reader.size64(at + 8) : reader.u32(at + 4);
  const fileSize = wide ? reader.size64(at + 32) : reader.u32(at + 16);
  const contents = reader.slice(offset, fileSize);
  if (type === PT_NOTE) {
    const alignment = wide ? reader.u64(at + 48) : reader.u32(at + 28);
    parseNotes(contents, BigInt(alignment) === 8n ? 8 : 4, elf.notes);
    return;
  }
  const memorySize = wide ? reader.size64(at + 40) : reader.u32(at + 20);
  if (memorySize === 0) return;
  const physicalAddress = wide ? reader.size64(at + 24) : reader.u32(at + 12);
  if (memorySize < fileSize) {
    throw new BootImageError(`ELF kernel: segment at ${formatAddress(physicalAddress)} is larger in the file than in memory`);
  }
  elf.segments.push({ virtualAddress: wide ? reader.u64(at + 16) : reader.u32(at + 8), physicalAddress, memorySize, contents });
}

function parseNotes(bytes: Uint8Array, alignment: number, notes: ElfNote[]): void {
  const reader = new ByteReader(bytes, 'ELF kernel: note');
  for (let at = 0; at + 12 <= bytes.length && notes.length < MAX_ENTRIES; ) {
    const nameSize = reader.u32(at);
    const descriptionSize = reader.u32(at + 4);
    const descriptionAt = at + alignUp(12 + nameSize, alignment);
    const name = String.fromCharCode(...reader.slice(at + 12, Math.min(nameSize, 64))).replace(/\0.*$/s, '');
    notes.push({ name, type: reader.u32(at + 8), description: reader.slice(descriptionAt, descriptionSize) });
    at = alignUp(descriptionAt + descriptionSize, alignment);
  }
}
