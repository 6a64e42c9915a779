// SPDX-License-Identifier: MIT
/**
 * @fileoverview Members of tar archives: the header of 512 bytes and pax records (POSIX.1-2017, XCU pax, "ustar Interchange Format"
 * and "pax Interchange Format").
 */
import { textOf } from '../../lib/text';

export const BLOCK: i32 = 512;
export const NAME: i32 = 0;
export const MODE: i32 = 100;
export const UID: i32 = 108;
export const GID: i32 = 116;
export const SIZE: i32 = 124;
export const TIME: i32 = 136;
export const SUM: i32 = 148;
export const TYPE: i32 = 156;
export const LINK: i32 = 157;
export const MAGIC: i32 = 257;
export const USER: i32 = 265;
export const GROUP: i32 = 297;
export const MAJOR: i32 = 329;
export const MINOR: i32 = 337;
export const PREFIX: i32 = 345;

export class Member {
  name: string = '';
  mode: u32 = 0;
  uid: u32 = 0;
  gid: u32 = 0;
  user: string = '';
  group: string = '';
  size: u64 = 0;
  time: i64 = 0;
  type: string = '0';
  link: string = '';
  major: u32 = 0;
  minor: u32 = 0;
}

export function fieldText(block: usize, at: i32, size: i32): string {
  let count = 0;
  while (count < size && load<u8>(block + at + count)) count++;
  return textOf(block + at, count);
}

/** Octal with spaces or zeros around; or, with the highest bit set, a binary number, as GNU has it. */
export function fieldNumber(block: usize, at: i32, size: i32): u64 {
  let value: u64 = 0;
  if (load<u8>(block + at) & 0x80) {
    for (let i = 1; i < size; i++) value = (value << 8) | <u64>load<u8>(block + at + i);
    return value;
  }
  for (let i = 0; i < size; i++) {
    const c = <u32>load<u8>(block + at + i);
    if (c - 0x30 < 8) value = value * 8 + <u64>(c & 7);
    else if (c != 0x20 || value) {
      if (c != 0x20 || i) break;
    }
  }
  return value;
}

export function putText(block: usize, at: i32, size: i32, text: string): void {
  for (let i = 0; i < min(text.length, size); i++) store<u8>(block + at + i, <u8>text.charCodeAt(i));
}

/** Octal with a zero behind; false where it does not fit. */
export function putNumber(block: usize, at: i32, size: i32, value: u64): bool {
  const digits = value.toString(8);
  if (digits.length >= size) return false;
  putText(block, at, size, '0'.repeat(size - 1 - digits.length) + digits);
  return true;
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
export function sumOf(block: usize): u32 {
  let sum: u32 = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= SUM && i < SUM + 8 ? 0x20 : <u32>load<u8>(block + i);
  return sum;
}

/** Signed bytes, as some old programs summed them. */
export function signedSumOf(block: usize): i32 {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= SUM && i < SUM + 8 ? 0x20 : <i32>load<i8>(block + i);
  return sum;
}

/** A pax record: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ' ' + key + '=' + value + '\n';
  let length = rest.length;
  while (length != rest.length + length.toString().length) length = rest.length + length.toString().length;
  return length.toString() + rest;
}
