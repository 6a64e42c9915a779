// SPDX-License-Identifier: MIT
/** @fileoverview The structures of /dev/smbios (DMTF DSP0134 3.4, chapters 6 and 7): headers, fields and texts. */
import * as calls from './calls';
import { O_RDONLY, openFile, readAll } from './io';

export const BIOS: i32 = 0;
export const SYSTEM: i32 = 1;
export const BASEBOARD: i32 = 2;
export const CHASSIS: i32 = 3;
export const PROCESSOR: i32 = 4;
export const MEMORY_DEVICE: i32 = 17;
const END: i32 = 127;

export class Structure {
  readonly type: i32;
  readonly handle: i32;
  private readonly texts: string[] = [];
  /** All bytes, texts too. */
  readonly size: i32;

  constructor(
    private readonly bytes: string,
    private readonly at: i32,
  ) {
    this.type = bytes.charCodeAt(at);
    this.handle = <i32>this.number(2, 2);
    let place = at + this.length;
    while (place < bytes.length && bytes.charCodeAt(place)) {
      const end = bytes.indexOf('\0', place);
      if (end < 0) break;
      this.texts.push(bytes.substring(place, end));
      place = end + 1;
    }
    // The list ends with an empty text; an empty list is two zeros.
    this.size = place - at + (this.texts.length ? 1 : 2);
  }

  /** Of the fixed part. */
  get length(): i32 {
    return this.bytes.charCodeAt(this.at + 1);
  }
  /** A little-endian field; 0 where the structure is too short for it. */
  number(offset: i32, size: i32): u64 {
    if (offset + size > this.length || this.at + offset + size > this.bytes.length) return 0;
    let value: u64 = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | <u64>this.bytes.charCodeAt(this.at + offset + i);
    return value;
  }
  byte(offset: i32): i32 {
    return <i32>this.number(offset, 1);
  }
  /** The text whose number is at `offset`; empty where there is none. */
  text(offset: i32): string {
    const number = this.byte(offset);
    return number && number <= this.texts.length ? this.texts[number - 1].trim() : '';
  }
  /**
   * A UUID as 7.2.1 orders it: three little-endian numbers, then bytes; or byte by byte. All zeros, or all ones, where the machine has none. Empty: the
   * structure has no room for it.
   */
  uuid(offset: i32, asBytes: bool = false): string {
    if (offset + 16 > this.length) return '';
    const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let text = '';
    for (let i = 0; i < 16; i++) {
      const byte = this.byte(offset + (asBytes ? i : order[i]));
      text += (i == 4 || i == 6 || i == 8 || i == 10 ? '-' : '') + ('0' + byte.toString(16)).slice(-2);
    }
    return text;
  }
}

/** MAJOR.MINOR of the tables that {@link smbiosStructures} found. */
export let smbiosVersion: string = '';

/** All structures in order; null: the firmware has none, or they are not for the caller. */
export function smbiosStructures(): Structure[] | null {
  const descriptor = openFile('/dev/smbios', O_RDONLY);
  if (descriptor < 0) return null;
  const bytes = readAll(descriptor);
  calls.close(descriptor);
  if (bytes.length < 32) return null;
  const versionAt = bytes.startsWith('_SM3_') ? 7 : 6;
  smbiosVersion = bytes.charCodeAt(versionAt).toString() + '.' + bytes.charCodeAt(versionAt + 1).toString();
  const list: Structure[] = [];
  for (let at = 32; at + 4 <= bytes.length; ) {
    const structure = new Structure(bytes, at);
    if (structure.length < 4) break;
    list.push(structure);
    if (structure.type == END) break;
    at += structure.size;
  }
  return list;
}

/** The first of a type; null: there is none. */
export function firstOf(list: Structure[], type: i32): Structure | null {
  for (let i = 0; i < list.length; i++) if (list[i].type == type) return list[i];
  return null;
}

/** Size of a memory device in bytes (7.18.4); 0: nothing is in the socket, or its size is not known. */
export function memorySize(device: Structure): u64 {
  const size = device.number(0x0c, 2);
  if (size == 0 || size == 0xffff) return 0;
  if (size == 0x7fff) return (device.number(0x1c, 4) & 0x7fffffff) << 20;
  return size & 0x8000 ? (size & 0x7fff) << 10 : size << 20;
}
