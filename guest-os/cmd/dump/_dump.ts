// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the commands about crash dumps share: requests of /dev/dump, files of the savecore directory, and a dump, on its device or in
 * vmdump.N, as a file that is read part by part.
 */
import { DumpDataHeader, DumpHeader } from 'layout/dump';
import * as calls from '../../lib/calls';
import { O_RDONLY, openFile, readAll } from '../../lib/io';
import { pathOf, zeroTerminated } from '../../lib/text';

export const CONFIG: string = '/etc/dumpadm.conf';

/** <sys/dumpadm.h> */
export const DIOCGETDUMPSIZE: i32 = 0xdd10;
export const DIOCGETCONF: i32 = 0xdd11;
export const DIOCSETCONF: i32 = 0xdd12;
export const DIOCGETDEV: i32 = 0xdd13;
export const DIOCSETDEV: i32 = 0xdd14;
export const DIOCTRYDEV: i32 = 0xdd15;
export const DIOCDUMP: i32 = 0xdd16;
export const DIOCRMDEV: i32 = 0xdd19;

export const DUMP_MAGIC: u32 = 0xdefec8ed;
export const DUMP_VERSION: u32 = 10;
export const DATA_MAGIC: u32 = 0x64686472;
export const DUMP_OFFSET: u64 = 65536;
export const PAGE: u64 = 4096;

export const DF_VALID: u32 = 1;
export const DF_COMPLETE: u32 = 2;
export const DF_LIVE: u32 = 4;
export const DF_COMPRESSED: u32 = 8;
export const DF_KERNEL: u32 = 0x10000;
export const DF_ALL: u32 = 0x20000;
export const DF_CURPROC: u32 = 0x40000;

const place: usize = memory.data(256, 8);

/** Bytes of the file system that a path is in: free for others than root, or all. */
export function freeSpace(path: string, all: bool): u64 {
  if (calls.statvfs(pathOf(path), place) < 0) return 0;
  // statvfs_t: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail.
  return load<u64>(place, 8) * (all ? load<u64>(place, 16) : load<u64>(place, 32));
}

/** The number that a file holds; `otherwise`: there is none. */
export function numberIn(path: string, otherwise: i64): i64 {
  const from = openFile(path, O_RDONLY);
  if (from < 0) return otherwise;
  const text = readAll(from).trim();
  calls.close(from);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return otherwise;
  return text.length && text.length < 18 ? I64.parseInt(text) : otherwise;
}

/** The header's text fields. */
export function panicString(header: DumpHeader): string {
  return zeroTerminated(header.pointer + DumpHeader.panicStringOffset);
}
export function textAt(header: DumpHeader, offset: usize): string {
  return zeroTerminated(header.pointer + offset);
}

/** A file read from place to place; what cannot be read is told by `error`, a negative errno or 0. */
export class Source {
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(65536);
  private from: u64 = 0;
  private count: u64 = 0;
  error: i64 = 0;

  constructor(public readonly descriptor: i32) {}

  /** False: there are not so many bytes, or they cannot be read. */
  read(at: u64, to: usize, count: usize): bool {
    let done: usize = 0;
    while (done < count) {
      const wanted = at + done;
      if (wanted < this.from || wanted >= this.from + this.count) {
        const got = calls.pread(this.descriptor, changetype<usize>(this.buffer), 65536, wanted & ~(PAGE - 1));
        if (got < 0) this.error = got;
        this.from = wanted & ~(PAGE - 1);
        this.count = got < 0 ? 0 : <u64>got;
        if (wanted >= this.from + this.count) return false;
      }
      const part = <usize>min<u64>(<u64>count - <u64>done, this.from + this.count - wanted);
      memory.copy(to + done, changetype<usize>(this.buffer) + <usize>(wanted - this.from), part);
      done += part;
    }
    return true;
  }
}

/** Two headers and a data header, in memory of their own. */
export class Headers {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(3904);

  /** The last one, which says that there is a dump. */
  get last(): DumpHeader {
    return changetype<DumpHeader>(changetype<usize>(this.bytes));
  }
  get first(): DumpHeader {
    return changetype<DumpHeader>(changetype<usize>(this.bytes) + 1912);
  }
  get data(): DumpDataHeader {
    return changetype<DumpDataHeader>(changetype<usize>(this.bytes) + 3824);
  }
}
