// SPDX-License-Identifier: MIT
/**
 * @fileoverview A crash dump read by the format's own documentation (illumos's <sys/dumphdr.h>, <sys/dump.h>), by nobody's code but this: from a volume whose
 * blocks OpenZFS's zdb finds on the disk, or from a file.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export const DUMP_MAGIC = 0xdefec8ed;
export const DF_VALID = 1;
export const DF_COMPLETE = 2;
export const DF_COMPRESSED = 8;
export const DF_KERNEL = 0x10000;
export const DF_ALL = 0x20000;
const DUMP_OFFSET = 65536;
/** sizeof (dumphdr_t) for 64 bits, fields at natural alignment. */
const HEADER_SIZE = 1912;
const SYS_NMLN = 257;
/** Labels and boot block before what offsets of a vdev count from. */
const VDEV_START = 4 << 20;

/** Bytes of a dump device or file. */
export interface Medium {
  readonly size: number;
  read(at: number, length: number): Buffer;
}

export function fileMedium(path: string, size: number): Medium {
  return {
    size,
    read(at, length) {
      const bytes = Buffer.alloc(length);
      const descriptor = openSync(path, 'r');
      readSync(descriptor, bytes, 0, length, at);
      closeSync(descriptor);
      return bytes;
    },
  };
}

/** A volume in a pool of one disk: `listing` is what `zdb -ddddd POOL/VOLUME 1` says of its blocks, all of one size and none of them compressed. */
export function volumeMedium(disk: string, size: number, listing: string): Medium {
  const whole = fileMedium(disk, size);
  const blocks = new Map<number, number>();
  let blockSize = 0;
  for (const [, at, place, logical, physical] of listing.matchAll(
    /^\s*([0-9a-f]+)\s+L0 0:([0-9a-f]+):[0-9a-f]+ ([0-9a-f]+)L\/([0-9a-f]+)P/gm,
  )) {
    if (logical !== physical) throw new Error('a block is compressed');
    blockSize = Number.parseInt(logical, 16);
    blocks.set(Number.parseInt(at, 16), VDEV_START + Number.parseInt(place, 16));
  }
  return {
    size: blocks.size * blockSize,
    read(at, length) {
      const parts: Buffer[] = [];
      for (let done = 0; done < length; ) {
        const within = (at + done) % blockSize;
        const place = blocks.get(at + done - within);
        if (place === undefined) throw new Error(`no block at ${at + done}`);
        const part = Math.min(blockSize - within, length - done);
        parts.push(whole.read(place + within, part));
        done += part;
      }
      return Buffer.concat(parts);
    },
  };
}

export interface DumpHeader {
  readonly magic: number;
  readonly version: number;
  readonly flags: number;
  readonly wordSize: number;
  readonly start: number;
  readonly ksyms: number;
  readonly pfn: number;
  readonly map: number;
  readonly data: number;
  /** sysname, nodename, release, version, machine. */
  readonly utsname: readonly string[];
  readonly platform: string;
  readonly panicString: string;
  readonly crashTime: number;
  readonly pageSize: number;
  readonly nvtop: number;
  readonly npages: number;
  readonly ksymsSize: number;
  readonly bytes: Buffer;
}

function parseHeader(bytes: Buffer): DumpHeader {
  const text = (at: number, length: number): string => bytes.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  const long = (at: number): number => Number(bytes.readBigInt64LE(at));
  const names = 4 * 4 + 5 * 8;
  const platform = names + 5 * SYS_NMLN;
  const panic = platform + SYS_NMLN;
  // time_t is aligned to 8.
  const time = (panic + 200 + 7) & ~7;
  return {
    magic: bytes.readUInt32LE(0),
    version: bytes.readUInt32LE(4),
    flags: bytes.readUInt32LE(8),
    wordSize: bytes.readUInt32LE(12),
    start: long(16),
    ksyms: long(24),
    pfn: long(32),
    map: long(40),
    data: long(48),
    utsname: [0, 1, 2, 3, 4].map((i) => text(names + i * SYS_NMLN, SYS_NMLN)),
    platform: text(platform, SYS_NMLN),
    panicString: text(panic, 200),
    crashTime: long(time),
    pageSize: long(time + 16),
    nvtop: long(time + 32),
    npages: long(time + 40),
    ksymsSize: long(time + 48),
    bytes,
  };
}

/** The last header: what tells whether there is a dump. */
export function lastHeader(medium: Medium): DumpHeader {
  return parseHeader(medium.read(lastAt(medium), HEADER_SIZE));
}
export function firstHeader(medium: Medium, last: DumpHeader): DumpHeader {
  return parseHeader(medium.read(last.start, HEADER_SIZE));
}
function lastAt(medium: Medium): number {
  return Math.floor((medium.size - DUMP_OFFSET) / DUMP_OFFSET) * DUMP_OFFSET;
}

export function symbolFile(medium: Medium, header: DumpHeader): Buffer {
  return medium.read(header.ksyms, header.ksymsSize);
}

/** Numbers of the pages that are there, in the order in which they are stored. */
export function pageNumbers(medium: Medium, header: DumpHeader): number[] {
  const table = medium.read(header.pfn, header.npages * 8);
  return Array.from({ length: header.npages }, (_, i) => Number(table.readBigUInt64LE(i * 8)));
}

/** Calls for each page in order; the data must end as the data header says. */
export function eachPage(medium: Medium, header: DumpHeader, visit: (index: number, page: Buffer) => void): void {
  const stored = Number(medium.read(lastAt(medium) + HEADER_SIZE + 8, 8).readBigUInt64LE(0));
  const data = medium.read(header.data, stored);
  let at = 0;
  for (let i = 0; i < header.npages; i++) {
    const size = data.readUInt32LE(at);
    const packed = data.subarray(at + 4, at + 4 + size);
    visit(i, size === header.pageSize ? packed : lzjb(packed, header.pageSize));
    at += 4 + size;
  }
  if (data.readUInt32LE(at) !== 0) throw new Error('the data does not end behind its last page');
}

/** lzjb as it is known: a byte says of the next eight items which are two bytes that copy, 6 bits of length less 3 and 10 of distance. */
function lzjb(from: Uint8Array, size: number): Buffer {
  const out = Buffer.alloc(size);
  let at = 0;
  let to = 0;
  while (to < size) {
    const map = from[at++];
    for (let bit = 1; bit < 256 && to < size; bit <<= 1) {
      if (!(map & bit)) {
        out[to++] = from[at++];
        continue;
      }
      const length = (from[at] >> 2) + 3;
      const distance = ((from[at] & 3) << 8) | from[at + 1];
      at += 2;
      for (let i = 0; i < length && to < size; i++, to++) out[to] = out[to - distance];
    }
  }
  return out;
}

/** A page table: address space, address, page number. */
export function translations(medium: Medium, header: DumpHeader): { space: bigint; address: bigint; page: number }[] {
  const table = medium.read(header.map, header.nvtop * 24);
  return Array.from({ length: header.nvtop }, (_, i) => ({
    space: table.readBigUInt64LE(i * 24),
    address: table.readBigUInt64LE(i * 24 + 8),
    page: Number(table.readBigUInt64LE(i * 24 + 16)),
  }));
}
