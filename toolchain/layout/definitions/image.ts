// SPDX-License-Identifier: MIT
/**
 * @fileoverview What an image carries to explain itself: symbols, source lines, probe sites, the build stamp.
 *
 * A kernel and a user program carry the same tables, so the kernel can name the place where a program failed. They are found
 * through a note (name `Diorama`, type 1) whose descriptor is the address of an {@link imageTables}. Addresses are virtual;
 * offsets into the text are 32 bits.
 *
 * Lines: each symbol points at its own line program, which runs to the end of the function. It is a sequence of rows:
 * ULEB128 of (distance in text << 1 | a file follows), the file's index as ULEB128 if one follows, SLEB128 of the difference
 * in line; a distance of 0 with no file and a difference of 0 ends it. Line 0 means that nothing is known.
 */
import { layout, u32, u64 } from '../layout.ts';

export const IMAGE_MAGIC = 0x74626c44;
export const IMAGE_NOTE_NAME = 'Diorama';
export const IMAGE_NOTE_TYPE = 1;

export const imageTables = layout(
  'ImageTables',
  { size: 96 },
  {
    magic: u32,
    symbolCount: u32,
    text: u64,
    textEnd: u64,
    /** Array of ImageSymbol, ascending by start. */
    symbols: u64,
    lines: u64,
    /** Zero-terminated names; offsets in the other tables count from here. */
    names: u64,
    /** Array of u32: each file's name. */
    files: u64,
    /** Array of ImageProbe. */
    probes: u64,
    probeCount: u32,
    fileCount: u32,
    /** The commit's time, in seconds since 1970. */
    buildTime: u64,
    /** Name of the build. */
    build: u32,
    reserved: u32,
    /** Where the next byte after the image lies, physical for a kernel. */
    imageEnd: u64,
  },
);

export const imageSymbol = layout('ImageSymbol', { size: 16 }, { start: u32, size: u32, name: u32, lines: u32 });

/** A patchable place: five bytes of NOP at a function's entry, or before a return of it. */
export const imageProbe = layout('ImageProbe', { size: 12 }, { site: u32, symbol: u32, isReturn: u32 });

export const layouts = [imageTables, imageSymbol, imageProbe];
