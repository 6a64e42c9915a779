// SPDX-License-Identifier: MIT
/**
 * @fileoverview Byte strings: text in which each code unit is one byte, so that names pass through whatever their encoding is.
 */
export function textOf(from: usize, count: usize): string {
  const text = changetype<string>(__new(count << 1, idof<string>()));
  for (let i: usize = 0; i < count; i++) store<u16>(changetype<usize>(text) + (i << 1), <u16>load<u8>(from + i));
  return text;
}

/** The text up to a zero, or `limit` bytes. */
export function zeroTerminated(from: usize, limit: usize): string {
  let count: usize = 0;
  while (count < limit && load<u8>(from + count)) count++;
  return textOf(from, count);
}

export function putText(text: string, to: usize): void {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
}

/** Are the bytes up to a zero this text? */
export function equalsText(from: usize, text: string): bool {
  const count = text.length;
  for (let i = 0; i < count; i++) if (<u32>load<u8>(from + i) != <u32>text.charCodeAt(i)) return false;
  return load<u8>(from + count) == 0;
}

export function hex(value: u64): string {
  return value.toString(16);
}

/** A hexadecimal number; what is no digit ends it. */
export function parseHex(text: string): u64 {
  let value: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
    if (<u32>digit > 15) break;
    value = (value << 4) | <u64>digit;
  }
  return value;
}

// @ts-ignore: decorator
@inline export function roundUp(value: u64, unit: u64): u64 {
  return (value + unit - 1) & ~(unit - 1);
}

/** Position of the highest bit plus one; 0 of 0. */
// @ts-ignore: decorator
@inline export function highBit(value: u64): i32 {
  return 64 - <i32>clz(value);
}
