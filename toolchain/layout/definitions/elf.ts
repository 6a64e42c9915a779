// SPDX-License-Identifier: MIT
/** @fileoverview ELF64 (System V ABI, chapters 4 and 5, and the AMD64 supplement): what a kernel needs to load a program. */
import { array, layout, u8, u16, u32, u64 } from '../layout.ts';

export const elf64Header = layout(
  'Elf64Header',
  { size: 64 },
  {
    ident: array(u8, 16),
    type: u16,
    machine: u16,
    version: u32,
    entry: u64,
    phoff: u64,
    shoff: u64,
    flags: u32,
    ehsize: u16,
    phentsize: u16,
    phnum: u16,
    shentsize: u16,
    shnum: u16,
    shstrndx: u16,
  },
);

export const elf64ProgramHeader = layout(
  'Elf64ProgramHeader',
  { size: 56 },
  { type: u32, flags: u32, offset: u64, vaddr: u64, paddr: u64, filesz: u64, memsz: u64, align: u64 },
);

export const elf64Note = layout('Elf64Note', { size: 12 }, { namesz: u32, descsz: u32, type: u32 });

export const layouts = [elf64Header, elf64ProgramHeader, elf64Note];
