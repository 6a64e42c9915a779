// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes ELF64 executables: program headers for loaders, sections and symbols for debuggers.
 *
 * System V ABI, chapters 4 and 5; AMD64 supplement. A segment's offset in the file is congruent to its address modulo the
 * page size, so it can be mapped; headers come first, then segments in their order, then the symbol table. Each segment also
 * gets a section header of its name: debuggers look for code by section.
 */
import { elf64Header, elf64ProgramHeader } from '../layout/definitions/elf.ts';
import { create, view } from '../layout/host.ts';
import { layout, u8, u16, u32, u64 } from '../layout/layout.ts';
import type { LinkedSegment, LinkedSymbol } from './link.ts';

const elf64SectionHeader = layout(
  'Elf64SectionHeader',
  { size: 64 },
  { name: u32, type: u32, flags: u64, addr: u64, offset: u64, size: u64, link: u32, info: u32, addralign: u64, entsize: u64 },
);
const elf64Symbol = layout('Elf64Symbol', { size: 24 }, { name: u32, info: u8, other: u8, shndx: u16, value: u64, size: u64 });

export interface ElfInput {
  readonly entry: bigint;
  readonly segments: readonly LinkedSegment[];
  readonly symbols: readonly LinkedSymbol[];
  /** Ranges that PT_NOTE headers point at; they lie in segments. */
  readonly notes?: readonly { readonly address: bigint; readonly size: number }[];
}

const ET_EXEC = 2;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_STACK = 0x6474e551;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHF_WRITE = 1n;
const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;
const STB_LOCAL = 0;
const STB_GLOBAL = 1;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const PAGE = 4096;

export function writeElf(input: ElfInput): Uint8Array {
  const notes = input.notes ?? [];
  const headers = elf64Header.size + (input.segments.length + notes.length + 1) * elf64ProgramHeader.size;
  const offsets: number[] = [];
  let at = headers;
  for (const segment of input.segments) {
    const wanted = Number(segment.address % BigInt(PAGE));
    at += (wanted - (at % PAGE) + PAGE) % PAGE;
    offsets.push(at);
    at += segment.bytes.length;
  }

  const strings = new StringTable();
  const symbolTable = symbolBytes(input, strings);
  const symbolOffset = alignUp(at, 8);
  const sectionNames = new StringTable();
  const names = [...input.segments.map(({ name }) => name), '.symtab', '.strtab', '.shstrtab'].map((name) =>
    sectionNames.add(name),
  );
  const stringOffset = symbolOffset + symbolTable.bytes.length;
  const stringBytes = strings.bytes();
  const namesOffset = stringOffset + stringBytes.length;
  const nameBytes = sectionNames.bytes();
  const sectionOffset = alignUp(namesOffset + nameBytes.length, 8);
  const sectionCount = input.segments.length + 4;
  const file = new Uint8Array(sectionOffset + sectionCount * elf64SectionHeader.size);

  const header = view(elf64Header, file);
  header.ident.bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.type = ET_EXEC;
  header.machine = EM_X86_64;
  header.version = 1;
  header.entry = input.entry;
  header.phoff = BigInt(elf64Header.size);
  header.shoff = BigInt(sectionOffset);
  header.ehsize = elf64Header.size;
  header.phentsize = elf64ProgramHeader.size;
  header.phnum = input.segments.length + notes.length + 1;
  header.shentsize = elf64SectionHeader.size;
  header.shnum = sectionCount;
  header.shstrndx = sectionCount - 1;

  let programHeader = elf64Header.size;
  const nextHeader = () => {
    const fields = view(elf64ProgramHeader, file, programHeader);
    programHeader += elf64ProgramHeader.size;
    return fields;
  };
  for (const [index, segment] of input.segments.entries()) {
    file.set(segment.bytes, offsets[index]);
    const fields = nextHeader();
    fields.type = PT_LOAD;
    fields.flags = PF_R | (segment.writable ? PF_W : 0) | (segment.executable ? PF_X : 0);
    fields.offset = BigInt(offsets[index]);
    fields.vaddr = segment.address;
    fields.paddr = segment.physical;
    fields.filesz = BigInt(segment.bytes.length);
    fields.memsz = segment.memorySize;
    fields.align = BigInt(PAGE);
  }
  for (const note of notes) {
    const index = input.segments.findIndex((s) => note.address >= s.address && note.address < s.address + BigInt(s.bytes.length));
    if (index < 0) throw new Error(`a note at 0x${note.address.toString(16)} lies in no segment`);
    const within = note.address - input.segments[index].address;
    const fields = nextHeader();
    fields.type = PT_NOTE;
    fields.flags = PF_R;
    fields.offset = BigInt(offsets[index]) + within;
    fields.vaddr = note.address;
    fields.paddr = input.segments[index].physical + within;
    fields.filesz = BigInt(note.size);
    fields.memsz = BigInt(note.size);
    fields.align = 4n;
  }
  // Without this header Linux makes the stack, and more, executable.
  const stack = nextHeader();
  stack.type = PT_GNU_STACK;
  stack.flags = PF_R | PF_W;
  stack.align = 16n;

  let section = sectionOffset + elf64SectionHeader.size;
  const nextSection = (name: number, type: number, offset: number, size: number) => {
    const fields = view(elf64SectionHeader, file, section);
    section += elf64SectionHeader.size;
    fields.name = name;
    fields.type = type;
    fields.offset = BigInt(offset);
    fields.size = BigInt(size);
    fields.addralign = 1n;
    return fields;
  };
  for (const [index, segment] of input.segments.entries()) {
    const fields = nextSection(names[index], SHT_PROGBITS, offsets[index], segment.bytes.length);
    fields.flags = SHF_ALLOC | (segment.writable ? SHF_WRITE : 0n) | (segment.executable ? SHF_EXECINSTR : 0n);
    fields.addr = segment.address;
    fields.addralign = 16n;
  }
  const count = input.segments.length;
  const table = nextSection(names[count], SHT_SYMTAB, symbolOffset, symbolTable.bytes.length);
  table.link = count + 2;
  table.info = symbolTable.firstGlobal;
  table.entsize = BigInt(elf64Symbol.size);
  table.addralign = 8n;
  nextSection(names[count + 1], SHT_STRTAB, stringOffset, stringBytes.length);
  nextSection(names[count + 2], SHT_STRTAB, namesOffset, nameBytes.length);
  file.set(symbolTable.bytes, symbolOffset);
  file.set(stringBytes, stringOffset);
  file.set(nameBytes, namesOffset);
  return file;
}

/** Local symbols come first, as the format wants it; index 0 is empty. */
function symbolBytes(input: ElfInput, strings: StringTable): { bytes: Uint8Array; firstGlobal: number } {
  const ordered = [...input.symbols.filter((symbol) => symbol.local), ...input.symbols.filter((symbol) => !symbol.local)];
  const bytes = new Uint8Array((ordered.length + 1) * elf64Symbol.size);
  for (const [index, symbol] of ordered.entries()) {
    const { bytes: entry, fields } = create(elf64Symbol);
    const segment = input.segments.findIndex((s) => symbol.address >= s.address && symbol.address <= s.address + s.memorySize);
    fields.name = strings.add(symbol.name);
    fields.info = ((symbol.local ? STB_LOCAL : STB_GLOBAL) << 4) | (symbol.kind === 'function' ? STT_FUNC : STT_OBJECT);
    fields.shndx = segment + 1;
    fields.value = symbol.address;
    fields.size = BigInt(symbol.size);
    bytes.set(entry, (index + 1) * elf64Symbol.size);
  }
  return { bytes, firstGlobal: 1 + ordered.filter((symbol) => symbol.local).length };
}

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

class StringTable {
  private readonly offsets = new Map<string, number>();
  private readonly chunks: number[] = [0];

  add(text: string): number {
    const known = this.offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.chunks.length;
    this.offsets.set(text, offset);
    for (const byte of new TextEncoder().encode(text)) this.chunks.push(byte);
    this.chunks.push(0);
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.chunks);
  }
}
