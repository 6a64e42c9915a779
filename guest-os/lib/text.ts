// SPDX-License-Identifier: MIT
/**
 * @fileoverview Byte strings: text in which each code unit is one byte, 0 to 255, as in the C locale. Names, files and arguments pass
 * through programs unchanged whatever their encoding is; what a source says literally is ASCII.
 */

/** The bytes with a zero behind them. */
export function bytesOf(text: string): StaticArray<u8> {
  const bytes = new StaticArray<u8>(text.length + 1);
  for (let i = 0; i < text.length; i++) store<u8>(changetype<usize>(bytes) + i, <u8>text.charCodeAt(i));
  return bytes;
}

/** For system calls: the address of the bytes. What holds them must live until the call is over. */
export function pathOf(text: string): u64 {
  return changetype<usize>(bytesOf(text));
}

export function textOf(from: usize, count: i32): string {
  const text = changetype<string>(__new((<usize>count) << 1, idof<string>()));
  for (let i = 0; i < count; i++) store<u16>(changetype<usize>(text) + ((<usize>i) << 1), <u16>load<u8>(from + i));
  return text;
}

/** The text up to a zero. */
export function zeroTerminated(from: usize): string {
  let count = 0;
  while (load<u8>(from + count)) count++;
  return textOf(from, count);
}

/** A decimal number, or -1 where the text is none. */
export function parseNumber(text: string): i64 {
  if (!text.length || text.length > 18) return -1;
  let value: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Up to 15 hexadecimal digits, with or without 0x; -1: that is no such number. */
export function parseHex(text: string): i64 {
  const digits = text.startsWith('0x') ? text.substring(2) : text;
  if (!digits.length || digits.length > 15) return -1;
  let value: i64 = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = '0123456789abcdef'.indexOf(digits.charAt(i).toLowerCase());
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

export function padLeft(text: string, width: i32): string {
  return text.length >= width ? text : ' '.repeat(width - text.length) + text;
}
export function padRight(text: string, width: i32): string {
  return text.length >= width ? text : text + ' '.repeat(width - text.length);
}
/** To the right in a column, with a blank in front however long it is: figures of neighbours stay apart. */
export function inColumn(text: string, width: i32): string {
  return text.length >= width ? ' ' + text : padLeft(text, width);
}
