// SPDX-License-Identifier: MIT
/**
 * @fileoverview Text to the first serial port, polled, without allocating: usable in interrupt handlers and in a panic.
 *
 * 16550: transmitter holding register at +0, line status at +5, bit 5 of which says that the former is empty (TL16C550C data
 * sheet). Characters beyond ASCII are written as UTF-8; `\n` becomes CR LF.
 */
import { inb, outb } from 'machine/cpu';

const COM1: u32 = 0x3f8;
const TRANSMITTER_EMPTY: u32 = 0x20;

export function putByte(byte: u32): void {
  while (!(inb(COM1 + 5) & TRANSMITTER_EMPTY)) {}
  outb(COM1, byte);
}

/** One byte of text: the terminal wants CR before LF. */
export function putText(byte: u32): void {
  if (byte == 0x0a) putByte(0x0d);
  putByte(byte);
}

export function print(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = <u32>text.charCodeAt(i);
    if (unit < 0x80) {
      putText(unit);
    } else if (unit < 0x800) {
      putByte(0xc0 | (unit >> 6));
      putByte(0x80 | (unit & 0x3f));
    } else {
      putByte(0xe0 | (unit >> 12));
      putByte(0x80 | ((unit >> 6) & 0x3f));
      putByte(0x80 | (unit & 0x3f));
    }
  }
}

export function printHex(value: u64, digits: i32 = 1): void {
  let length = 16;
  while (length > digits && !(value >> (<u64>length * 4 - 4))) length--;
  for (let i = length - 1; i >= 0; i--) {
    const digit = <u32>(value >> ((<u64>i) << 2)) & 15;
    putByte(digit < 10 ? 48 + digit : 87 + digit);
  }
}

export function printDecimal(value: u64): void {
  if (value >= 10) printDecimal(value / 10);
  putByte(48 + <u32>(value % 10));
}
