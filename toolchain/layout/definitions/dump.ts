// SPDX-License-Identifier: MIT
/**
 * @fileoverview A crash dump on its device and in vmdump.N and vmcore.N, as illumos's <sys/dumphdr.h> and <sys/dump.h> have it, version 10.
 *
 * The first header lies {@link DUMP_OFFSET} bytes into the device, the last one, followed by the data header, as far before its end. Between them,
 * each aligned to a page: the symbols (an ELF file), the translations ({@link memVtop}, by address space and address), the page numbers in the dump
 * (u64, ascending), and the pages, each as a u32 that counts the bytes of lzjb that follow (4096: the page as it is); a zero ends them.
 */
import { array, i64, layout, u8, u16, u32, u64 } from '../layout.ts';

const SYS_NMLN = 257;

export const dumpHeader = layout(
  'DumpHeader',
  { size: 1912, at: { panicString: 1598, crashTime: 1800, uuid: 1868 } },
  {
    magic: u32,
    version: u32,
    flags: u32,
    wordSize: u32,
    start: u64,
    symbols: u64,
    pfns: u64,
    map: u64,
    data: u64,
    sysname: array(u8, SYS_NMLN),
    nodename: array(u8, SYS_NMLN),
    release: array(u8, SYS_NMLN),
    versionName: array(u8, SYS_NMLN),
    machine: array(u8, SYS_NMLN),
    platform: array(u8, SYS_NMLN),
    panicString: array(u8, 200),
    crashTime: i64,
    pageShift: u64,
    pageSize: u64,
    hashMask: u64,
    translations: u64,
    pages: u64,
    symbolsSize: u64,
    symbolsStored: u64,
    faultManagement: u32,
    uuid: array(u8, 37),
  },
);

export const dumpDataHeader = layout(
  'DumpDataHeader',
  { size: 32 },
  {
    magic: u32,
    version: u32,
    stored: u64,
    mostStored: u32,
    mostRange: u32,
    streams: u16,
    level: u16,
    metrics: u32,
  },
);

export const memVtop = layout('MemVtop', { size: 24, comment: 'A page of an address space.' }, { space: u64, at: u64, pfn: u64 });

export const dumpMap = layout(
  'DumpMap',
  { size: 40, comment: 'A cell of the hash table in vmcore.N that finds pages by address space and address.' },
  { first: u64, next: u64, data: u64, space: u64, at: u64 },
);

export const elf64Symbol = layout(
  'Elf64Symbol',
  { size: 24, comment: 'Of a symbol table (System V ABI, chapter 4).' },
  { name: u32, info: u8, other: u8, section: u16, value: u64, size: u64 },
);

export const layouts = [dumpHeader, dumpDataHeader, memVtop, dumpMap, elf64Symbol];
