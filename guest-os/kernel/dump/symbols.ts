// SPDX-License-Identifier: MIT
/**
 * @fileoverview The symbols that a dump carries (its `ksyms`, unix.N when it has been expanded): an ELF64 file with nothing but a symbol table. Its functions
 * are those of the image's tables. What a debugger needs to know of data is there by names of ours ({@link nameData}): objects by their
 * addresses, and, as absolute symbols, offsets of fields and other constants. All of it is in the kernel that wrote the dump, so it is never that of another build.
 *
 * Writing them allocates nothing.
 */
import { ImageSymbol, ImageTables } from 'layout/image';
import { KERNEL_BASE, WINDOW } from 'machine/addresses';
import { imageTables } from 'machine/stubs';
import { collectInto, endCollecting, put, put32, put64 } from './writer';

const HEADER: u64 = 64;
const SECTION: u64 = 64;
const SECTIONS: u64 = 4;
const SYMBOL: u64 = 24;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHN_ABS: u32 = 0xfff1;
/** Global: a function, an object, a number without a type. */
const FUNCTION: u32 = 0x12;
const OBJECT: u32 = 0x11;
const NUMBER: u32 = 0x10;
/** 64-bit, little-endian, current; ET_EXEC for x86-64. */
const IDENT: u64 = 0x00010102464c457f;
const EXECUTABLE_X86_64: u32 = 0x003e0002;
const SECTION_NAMES: string = '\0.symtab\0.strtab\0.shstrtab\0';

class Named {
  constructor(
    public readonly name: string,
    public readonly value: u64,
    public readonly size: u64,
    public readonly kind: u32,
  ) {}
}
const named: Named[] = [];

/** Before a dump: an object of the kernel by its pointer. */
export function nameData(name: string, at: usize, size: u64): void {
  named.push(new Named(name, WINDOW + at, size, OBJECT));
}
/** The same: an offset, or another number. */
export function nameNumber(name: string, value: u64): void {
  named.push(new Named(name, value, 0, NUMBER));
}

/** Constants of the image lie in the window where they lie in memory. */
function pointerTo(at: u64): usize {
  return <usize>(at - KERNEL_BASE);
}
function tables(): ImageTables {
  return changetype<ImageTables>(pointerTo(imageTables()));
}
function symbolAt(i: u32): ImageSymbol {
  return changetype<ImageSymbol>(pointerTo(tables().symbols) + <usize>i * ImageSymbol.SIZE);
}
function lengthOf(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length)) length++;
  return length;
}

/** Bytes of the names of functions: the image's, as they are, up to the last that a symbol has. */
function imageNames(): u64 {
  const names = pointerTo(tables().names);
  let end: usize = 1;
  for (let i: u32 = 0; i < tables().symbolCount; i++) {
    const name = symbolAt(i).name;
    if (name >= end) end = name + lengthOf(names + name) + 1;
  }
  return end;
}

/** Writes it; its length. */
export function writeSymbols(): u64 {
  const functions = tables().symbolCount;
  const symbols = (1 + <u64>functions + <u64>named.length) * SYMBOL;
  const ownNames = imageNames();
  let names = ownNames;
  for (let i = 0; i < named.length; i++) names += <u64>named[i].name.length + 1;
  const at = HEADER + SECTIONS * SECTION;
  writeHeader();
  writeSection(0, 0, 0, 0, 0, 0);
  writeSection(1, SHT_SYMTAB, at, symbols, 2, SYMBOL);
  writeSection(9, SHT_STRTAB, at + symbols, names, 0, 0);
  writeSection(17, SHT_STRTAB, at + symbols + names, <u64>SECTION_NAMES.length, 0, 0);
  writeSymbol(0, 0, 0, 0, 0);
  const text = tables().text;
  for (let i: u32 = 0; i < functions; i++) {
    const symbol = symbolAt(i);
    writeSymbol(symbol.name, FUNCTION, SHN_ABS, text + symbol.start, symbol.size);
  }
  let name = <u32>ownNames;
  for (let i = 0; i < named.length; i++) {
    writeSymbol(name, named[i].kind, SHN_ABS, named[i].value, named[i].size);
    name += <u32>named[i].name.length + 1;
  }
  put(pointerTo(tables().names), <usize>ownNames);
  for (let i = 0; i < named.length; i++) writeText(named[i].name, true);
  writeText(SECTION_NAMES, false);
  return at + symbols + names + <u64>SECTION_NAMES.length;
}

function writeHeader(): void {
  put64(IDENT);
  put64(0);
  put32(EXECUTABLE_X86_64);
  put32(1);
  put64(0);
  put64(0);
  put64(HEADER);
  put32(0);
  // Sizes and counts: this header, program headers (none), section headers, which of them has their names.
  put32(<u32>HEADER);
  put32((<u32>SECTION) << 16);
  put32(<u32>SECTIONS | ((<u32>SECTIONS - 1) << 16));
}

function writeSection(name: u32, type: u32, offset: u64, size: u64, link: u32, entry: u64): void {
  put32(name);
  put32(type);
  put64(0);
  put64(0);
  put64(offset);
  put64(size);
  put32(link);
  // Of a symbol table: where the global symbols begin.
  put32(type == SHT_SYMTAB ? 1 : 0);
  put64(type == SHT_SYMTAB ? 8 : 1);
  put64(entry);
}

function writeSymbol(name: u32, kind: u32, section: u32, value: u64, size: u64): void {
  put32(name);
  put32(kind | (section << 16));
  put64(value);
  put64(size);
}

function writeText(text: string, ends: bool): void {
  for (let i = 0; i < text.length; i++) {
    store<u8>(letter, <u8>text.charCodeAt(i));
    put(letter, 1);
  }
  store<u8>(letter, 0);
  if (ends) put(letter, 1);
}
const letter: usize = memory.data(1);

/** The same file in memory, for who reads it from a running kernel. */
export function symbolFile(): StaticArray<u8> {
  collectInto(0, 0);
  const length = writeSymbols();
  endCollecting();
  const file = new StaticArray<u8>(<i32>length);
  collectInto(changetype<usize>(file), length);
  writeSymbols();
  endCollecting();
  return file;
}
