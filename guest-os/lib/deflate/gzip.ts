// SPDX-License-Identifier: MIT
/** @fileoverview The gzip format (RFC 1952) from descriptor to descriptor, several members one after the other among them. */
import * as calls from '../calls';
import { writeAll } from '../io';
import { crc32 } from './checksum';
import { Deflater } from './deflate';
import { Inflater } from './inflate';
import { BAD_DATA, CUT, WINDOW } from './tables';

const INPUT: i32 = 32768;
const FHCRC: i32 = 2;
const FEXTRA: i32 = 4;
const FNAME: i32 = 8;
const FCOMMENT: i32 = 16;

/** What {@link expand} and {@link compress} give besides errors of deflate: something that is no gzip file; a system call failed. */
export const NO_GZIP: i32 = -10;
export const FAILED: i32 = -11;
/** Behind good members came something else: it was left out. */
export const TRAILING: i32 = -12;

/** Errno, negative, behind {@link FAILED}. */
export let gzipErrno: i64 = 0;
/** Bytes that went in and out, and what the last member says of its file. */
export let bytesIn: u64 = 0;
export let bytesOut: u64 = 0;
export let storedName: string = '';
export let storedTime: u32 = 0;

class Expander extends Inflater {
  private readonly inputBuffer: StaticArray<u8> = new StaticArray<u8>(INPUT);
  private readonly window: StaticArray<u8> = new StaticArray<u8>(2 * WINDOW);
  crc: u32 = 0;
  size: u32 = 0;
  failed: bool = false;
  private written: usize = 0;

  constructor(
    private readonly from: i32,
    private readonly to: i32,
  ) {
    super();
    this.restart();
  }

  restart(): void {
    const start = changetype<usize>(this.window);
    this.output = this.history = this.written = start;
    this.outputEnd = start + 2 * WINDOW;
    this.crc = 0;
    this.size = 0;
  }

  refill(): bool {
    const count = calls.read(this.from, changetype<usize>(this.inputBuffer), INPUT);
    if (count < 0) this.fail(count);
    if (count <= 0) return false;
    bytesIn += count;
    this.input = changetype<usize>(this.inputBuffer);
    this.inputEnd = this.input + <usize>count;
    return true;
  }

  private fail(error: i64): void {
    gzipErrno = error;
    this.failed = true;
  }

  /** Writes what is new. `to` below 0: only checks. */
  writeOut(): bool {
    const count = <i32>(this.output - this.written);
    this.crc = crc32(this.crc, this.written, count);
    this.size += count;
    bytesOut += count;
    if (this.to >= 0) {
      const error = writeAll(this.to, this.written, count);
      if (error < 0) {
        this.fail(error);
        return false;
      }
    }
    this.written = this.output;
    return true;
  }

  drain(): bool {
    if (!this.writeOut()) return false;
    const start = changetype<usize>(this.window);
    memory.copy(start, this.output - WINDOW, WINDOW);
    this.output = this.written = start + WINDOW;
    return true;
  }

  /** Little-endian, or -1 at the end. */
  number(bytes: i32): i64 {
    let value: i64 = 0;
    for (let i = 0; i < bytes; i++) {
      const byte = this.nextByte();
      if (byte < 0) return -1;
      value |= (<i64>byte) << (8 * <i64>i);
    }
    return value;
  }
}

/** Decompresses everything: 0 or an error. */
export function expand(from: i32, to: i32): i32 {
  bytesIn = bytesOut = 0;
  const work = new Expander(from, to);
  let members = 0;
  while (true) {
    const first = work.nextByte();
    if (first < 0) return work.failed ? FAILED : members ? 0 : CUT;
    if (first != 0x1f || work.nextByte() != 0x8b) {
      // Zeros behind an archive on tape are usual, other bytes worth a word.
      return members ? (first ? TRAILING : 0) : NO_GZIP;
    }
    const header = readHeader(work);
    if (header) return header;
    work.restart();
    const error = work.inflate();
    if (work.failed) return FAILED;
    // What was good before the error is given.
    if (error) return work.writeOut() ? error : FAILED;
    if (!work.writeOut()) return FAILED;
    const crc = work.number(4);
    const size = work.number(4);
    if (size < 0) return CUT;
    if (<u32>crc != work.crc || <u32>size != work.size) return BAD_DATA;
    members++;
  }
}

function readHeader(work: Expander): i32 {
  if (work.nextByte() != 8) return NO_GZIP;
  const flags = work.nextByte();
  const time = work.number(4);
  const rest = work.number(2);
  if (flags < 0 || rest < 0) return CUT;
  if (flags & 0xe0) return NO_GZIP;
  storedTime = <u32>time;
  storedName = '';
  if (flags & FEXTRA) {
    const count = work.number(2);
    if (count < 0) return CUT;
    for (let i: i64 = 0; i < count; i++) if (work.nextByte() < 0) return CUT;
  }
  if (flags & FNAME) {
    let c = work.nextByte();
    for (; c > 0; c = work.nextByte()) storedName += String.fromCharCode(c);
    if (c < 0) return CUT;
  }
  if (flags & FCOMMENT) {
    let c = work.nextByte();
    while (c > 0) c = work.nextByte();
    if (c < 0) return CUT;
  }
  if (flags & FHCRC && work.number(2) < 0) return CUT;
  return 0;
}

class Compressor extends Deflater {
  private readonly input: StaticArray<u8> = new StaticArray<u8>(3 * WINDOW);
  private readonly outputBuffer: StaticArray<u8> = new StaticArray<u8>(INPUT);
  crc: u32 = 0;
  size: u32 = 0;
  failed: bool = false;

  constructor(
    private readonly from: i32,
    private readonly to: i32,
  ) {
    super();
    this.window = changetype<usize>(this.input);
    this.output = changetype<usize>(this.outputBuffer);
    this.outputEnd = this.output + INPUT;
  }

  refill(): bool {
    if (this.end > 2 * WINDOW) {
      memory.copy(this.window, this.window + WINDOW, <usize>(this.end - WINDOW));
      this.slide();
    }
    const to = this.window + this.end;
    const room = 3 * WINDOW - this.end;
    const count = calls.read(this.from, to, room);
    if (count < 0) this.fail(count);
    if (count <= 0) return false;
    this.crc = crc32(this.crc, this.window + this.end, <usize>count);
    this.size += <u32>count;
    bytesIn += count;
    this.end += <i32>count;
    return true;
  }

  private fail(error: i64): void {
    gzipErrno = error;
    this.failed = true;
  }

  drain(): bool {
    const start = changetype<usize>(this.outputBuffer);
    const count = <i32>(this.output - start);
    const error = writeAll(this.to, start, count);
    if (error < 0) {
      this.fail(error);
      return false;
    }
    bytesOut += count;
    this.output = start;
    return true;
  }

  byteOut(value: u32): void {
    if (this.output == this.outputEnd && !this.drain()) return;
    store<u8>(this.output++, <u8>value);
  }
  numberOut(value: u32): void {
    for (let i = 0; i < 4; i++) this.byteOut(value >> (8 * i));
  }
}

/** Compresses everything: 0 or an error. An empty name and time 0 are left out. */
export function compress(from: i32, to: i32, level: i32, name: string, time: u32): i32 {
  bytesIn = bytesOut = 0;
  const work = new Compressor(from, to);
  work.byteOut(0x1f);
  work.byteOut(0x8b);
  work.byteOut(8);
  work.byteOut(name.length ? FNAME : 0);
  work.numberOut(time);
  work.byteOut(level == 9 ? 2 : level == 1 ? 4 : 0);
  // Unix.
  work.byteOut(3);
  for (let i = 0; i < name.length; i++) work.byteOut(name.charCodeAt(i));
  if (name.length) work.byteOut(0);
  const error = work.deflate(level);
  if (work.failed) return FAILED;
  if (error) return error;
  work.numberOut(work.crc);
  work.numberOut(work.size);
  return work.drain() ? 0 : FAILED;
}
