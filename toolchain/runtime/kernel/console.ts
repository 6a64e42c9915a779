// SPDX-License-Identifier: MIT
/**
 * @fileoverview Text to the first serial port, polled, without allocating: usable in interrupt handlers and in a panic.
 *
 * 16550: transmitter holding register at +0, line status at +5, bit 5 of which says that the former is empty (TL16C550C data
 * sheet). Characters beyond ASCII are written as UTF-8; `\n` becomes CR LF.
 */
import { inb, outb } from 'machine/cpu';

/** Where text is shown besides, such as a screen; it is called from interrupt handlers and panics, too. */
let mirror: ((byte: u32) => void) | null = null;
export function setMirror(show: (byte: u32) => void): void {
  mirror = show;
}

/** The last of the text, for who asks later what the kernel has said. */
const LOG: u32 = 16384;
const log = memory.data(16384);
let logged: u32 = 0;

/** Bytes of text so far. The last {@link messageCapacity} of them can be read. */
export function messageLength(): u32 {
  return logged;
}
export function messageCapacity(): u32 {
  return LOG;
}
/** Where they are: a ring, byte n at n modulo the capacity. */
export function messageBuffer(): usize {
  return log;
}
export function messageByte(at: u32): u32 {
  return <u32>load<u8>(log + (at % LOG));
}

const COM1: u32 = 0x3f8;
const TRANSMITTER_EMPTY: u32 = 0x20;

export function putByte(byte: u32): void {
  while (!(inb(COM1 + 5) & TRANSMITTER_EMPTY)) {}
  outb(COM1, byte);
}

/** One byte of text: the terminal wants CR before LF. */
export function putText(byte: u32): void {
  if (byte == 0x0a) putByte(0x0d);
  putOut(byte);
}

/** A byte of text to the line, the mirror and the log. */
function putOut(byte: u32): void {
  putByte(byte);
  store<u8>(log + (logged++ % LOG), <u8>byte);
  const show = mirror;
  if (show) show(byte);
}

export function print(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = <u32>text.charCodeAt(i);
    if (unit < 0x80) {
      putText(unit);
    } else if (unit < 0x800) {
      putOut(0xc0 | (unit >> 6));
      putOut(0x80 | (unit & 0x3f));
    } else {
      putOut(0xe0 | (unit >> 12));
      putOut(0x80 | ((unit >> 6) & 0x3f));
      putOut(0x80 | (unit & 0x3f));
    }
  }
}

export function printHex(value: u64, digits: i32 = 1): void {
  let length = 16;
  while (length > digits && !(value >> (<u64>length * 4 - 4))) length--;
  for (let i = length - 1; i >= 0; i--) {
    const digit = <u32>(value >> ((<u64>i) << 2)) & 15;
    putOut(digit < 10 ? 48 + digit : 87 + digit);
  }
}

export function printDecimal(value: u64): void {
  if (value >= 10) printDecimal(value / 10);
  putOut(48 + <u32>(value % 10));
}
