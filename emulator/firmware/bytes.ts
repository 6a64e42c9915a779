// SPDX-License-Identifier: MIT
/**
 * @fileoverview Little-endian structures: a growing writer and a reader that cannot run off its end.
 *
 * Every table that firmware leaves in RAM and every image that it loads is a little-endian structure. `ByteWriter` builds the
 * former; `ByteReader` takes the latter apart. Images come from strangers, so the reader has no unchecked access: a field outside
 * the bytes throws `BootImageError`, whose message says which structure was cut short. Values of 64 bits are bigint.
 */

import { BootImageError } from './bootError.ts';

/** UTF-8 of a text. Written here because firmware imports neither DOM nor Node. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
  return Uint8Array.from(bytes);
}

/** A C string: UTF-8 up to the first NUL of `text`, and a NUL. */
export function cString(text: string): Uint8Array {
  const nul = text.indexOf('\0');
  return utf8((nul < 0 ? text : text.slice(0, nul)) + '\0');
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

export function alignDown(value: number, alignment: number): number {
  return Math.floor(value / alignment) * alignment;
}

/** The byte that makes the sum of all bytes zero modulo 256, as ACPI and SMBIOS demand. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

export class ByteWriter {
  private buffer = new Uint8Array(256);
  length = 0;

  u8(...values: number[]): this {
    for (const value of values) this.number(value, 1);
    return this;
  }
  u16(...values: number[]): this {
    for (const value of values) this.number(value, 2);
    return this;
  }
  u32(...values: number[]): this {
    for (const value of values) this.number(value, 4);
    return this;
  }
  u64(...values: (number | bigint)[]): this {
    for (const value of values) {
      const wide = BigInt.asUintN(64, BigInt(value));
      this.number(Number(wide & 0xffff_ffffn), 4);
      this.number(Number(wide >> 32n), 4);
    }
    return this;
  }
  /** Text without terminator, cut or filled with `fill` to exactly `width` bytes. */
  text(text: string, width = text.length, fill = 0): this {
    for (let i = 0; i < width; i++) this.number(i < text.length ? text.charCodeAt(i) : fill, 1);
    return this;
  }
  bytes(bytes: Uint8Array | readonly number[]): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }
  zeros(count: number): this {
    this.reserve(count);
    this.length += count;
    return this;
  }
  align(alignment: number): this {
    return this.zeros(alignUp(this.length, alignment) - this.length);
  }
  /** Overwrites bytes written before, e.g. a checksum or a length known only at the end. */
  patch32(offset: number, value: number): this {
    for (let i = 0; i < 4; i++) this.buffer[offset + i] = (value >>> (8 * i)) & 0xff;
    return this;
  }
  patch8(offset: number, value: number): this {
    this.buffer[offset] = value & 0xff;
    return this;
  }
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private number(value: number, size: number): void {
    this.reserve(size);
    for (let i = 0; i < size; i++) this.buffer[this.length++] = (value >>> (8 * i)) & 0xff;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + count));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}

/** Reads fields of `bytes` at absolute offsets; `what` names the structure in error messages. */
export class ByteReader {
  private readonly view: DataView;
  readonly bytes: Uint8Array;
  private readonly what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }
  u8(offset: number): number {
    return this.view.getUint8(this.at(offset, 1));
  }
  u16(offset: number): number {
    return this.view.getUint16(this.at(offset, 2), true);
  }
  u32(offset: number): number {
    return this.view.getUint32(this.at(offset, 4), true);
  }
  u64(offset: number): bigint {
    return this.view.getBigUint64(this.at(offset, 8), true);
  }
  /** A 64-bit file offset, address or size. Anything from 2^53 on cannot be meant and is refused. */
  size64(offset: number): number {
    const value = this.u64(offset);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new BootImageError(`${this.what}: impossible value 0x${value.toString(16)}`);
    return Number(value);
  }
  slice(offset: number, length: number): Uint8Array {
    this.at(offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  private at(offset: number, length: number): number {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.bytes.length)) {
      throw new BootImageError(`${this.what}: truncated: needs ${offset + length} bytes, has ${this.bytes.length}`);
    }
    return offset;
  }
}
