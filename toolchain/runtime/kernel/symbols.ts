// SPDX-License-Identifier: MIT
/**
 * @fileoverview Names the places of code: address -> `function+offset (file:line)`, from the tables that an image carries
 * (layout/image). The tables may be the kernel's own or those of the user program in the current address space. Nothing in
 * the latter is trusted: every read goes through copyUser, which fails softly, stays below `limit`, and all loops are bounded.
 */
import { ImageSymbolAt, ImageTablesAt } from 'layout/image';
import { USER_END } from 'machine/addresses';
import { address } from 'machine/mem';
import { copyUser, imageTables } from 'machine/stubs';
import { print, printDecimal, printHex, putText } from 'runtime/console';

const MAGIC: u32 = 0x74626c44;
/** Longest name printed. */
const NAME_LIMIT: u64 = 80;
/** Most rows of a function followed: one with more is broken or hostile. */
const ROW_LIMIT: i32 = 100000;

const word = memory.data(8, 8);
/** No byte at or above this address is read. */
// @ts-ignore: decorator
@lazy let limit: u64 = u64.MAX_VALUE;

/** 64 bits at an address, 0 where nothing is mapped. */
export function peek64(at: u64): u64 {
  if (at >= limit || limit - at < 8 || copyUser(address(word), at, 8) < 0) return 0;
  return load<u64>(word);
}
function peek32(at: u64): u32 {
  if (at >= limit || limit - at < 4 || copyUser(address(word), at, 4) < 0) return 0;
  return load<u32>(word);
}
function peek8(at: u64): u32 {
  if (at >= limit || copyUser(address(word), at, 1) < 0) return 0;
  return load<u8>(word);
}

/** Prints `<address> name+offset (file:line)`; `tables` are the kernel's own, or a user program's. 0: only the address. */
export function printPlace(tables: u64, pc: u64): void {
  print('0x');
  printHex(pc, 8);
  limit = tables >= USER_END ? u64.MAX_VALUE : USER_END;
  const text = peek64(tables + ImageTablesAt.textOffset);
  if (!tables || peek32(tables) != MAGIC || pc < text || pc >= peek64(tables + ImageTablesAt.textEndOffset)) return;
  const symbol = findSymbol(tables, <u32>(pc - text));
  if (!symbol) return;
  const offset = <u32>(pc - text) - peek32(symbol + ImageSymbolAt.startOffset);
  print(' ');
  printName(tables, peek32(symbol + ImageSymbolAt.nameOffset));
  print('+0x');
  printHex(offset);
  printLine(tables, symbol, offset);
}

/** The kernel's own. */
// @ts-ignore: decorator
@inline export function kernelTables(): u64 {
  return imageTables();
}

/** The last symbol that starts at or before an offset in the text. */
function findSymbol(tables: u64, offset: u32): u64 {
  const symbols = peek64(tables + ImageTablesAt.symbolsOffset);
  let low: u32 = 0;
  let high = peek32(tables + ImageTablesAt.symbolCountOffset);
  while (low < high) {
    const middle = low + (high - low) / 2;
    if (peek32(symbols + <u64>middle * ImageSymbolAt.SIZE) <= offset) low = middle + 1;
    else high = middle;
  }
  return low ? symbols + (<u64>low - 1) * ImageSymbolAt.SIZE : 0;
}

function printName(tables: u64, name: u32): void {
  const at = peek64(tables + ImageTablesAt.namesOffset) + name;
  for (let i: u64 = 0; i < NAME_LIMIT; i++) {
    const byte = peek8(at + i);
    if (!byte) return;
    // A user program's names go to the console: control characters do not.
    putText(byte >= 0x20 && byte < 0x7f ? byte : 0x3f);
  }
}

// @ts-ignore: decorator
@lazy let cursor: u64 = 0;
function nextUnsigned(): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 32; shift += 7) {
    const byte = peek8(cursor++);
    value |= (byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  return value;
}
function nextSigned(): i32 {
  let value: i32 = 0;
  let shift: i32 = 0;
  while (shift < 32) {
    const byte = <i32>peek8(cursor++);
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (shift < 32 && byte & 0x40) value |= -1 << shift;
    break;
  }
  return value;
}

/** Runs the function's line program up to `offset`: see layout/definitions/image.ts for its form. */
function printLine(tables: u64, symbol: u64, offset: u32): void {
  const program = peek32(symbol + ImageSymbolAt.linesOffset);
  cursor = peek64(tables + ImageTablesAt.linesOffset) + program;
  let at: u32 = 0;
  let line: i32 = 0;
  let file: u32 = 0;
  for (let rows = 0; rows < ROW_LIMIT; rows++) {
    const head = nextUnsigned();
    const nextFile = head & 1 ? nextUnsigned() : file;
    const difference = nextSigned();
    if (!head && !difference && rows) break;
    if (at + (head >> 1) > offset) break;
    at += head >> 1;
    file = nextFile;
    line += difference;
  }
  if (line <= 0 || file >= peek32(tables + ImageTablesAt.fileCountOffset)) return;
  print(' (');
  printName(tables, peek32(peek64(tables + ImageTablesAt.filesOffset) + ((<u64>file) << 2)));
  print(':');
  printDecimal(line);
  print(')');
}

/** Return addresses from a frame pointer up. A return address is printed as the call before it. */
export function printStack(tables: u64, framePointer: u64): void {
  const user = tables < USER_END;
  for (let depth = 0; depth < 32; depth++) {
    limit = user ? USER_END : u64.MAX_VALUE;
    const returnAddress = peek64(framePointer + 8);
    const up = peek64(framePointer);
    if (!returnAddress) return;
    print('  at ');
    printPlace(tables, returnAddress - 1);
    print('\n');
    if (up <= framePointer) return;
    framePointer = up;
  }
  print('  …\n');
}
