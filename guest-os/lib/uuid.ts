// SPDX-License-Identifier: MIT
/** @fileoverview UUIDs (RFC 9562) as text: 8-4-4-4-12 digits in lower case. */
import { randomBytes } from './random';

export function isUuid(text: string): bool {
  if (text.length != 36) return false;
  for (let i = 0; i < 36; i++) {
    const c = text.charCodeAt(i);
    const isDash = i == 8 || i == 13 || i == 18 || i == 23;
    const isDigit = (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66);
    if (isDash ? c != 0x2d : !isDigit) return false;
  }
  return true;
}

/** A random one (version 4). */
export function newUuid(): string {
  return uuidFrom(randomBytes(16));
}

/** The version 4 of 16 random bytes. */
export function uuidFrom(bytes: StaticArray<u8>): string {
  bytes[6] = <u8>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = <u8>((bytes[8] & 0x3f) | 0x80);
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += (<u32>bytes[i]).toString(16).padStart(2, '0');
  }
  return text;
}
