// SPDX-License-Identifier: MIT
/** @fileoverview The zlib format (RFC 1950) from memory to memory: what ZFS stores for compression=gzip-N. */
import { adler32 } from './checksum';
import { Deflater } from './deflate';
import { Inflater } from './inflate';
import { BAD_DATA, CUT, NO_ROOM } from './tables';

let deflater: Deflater | null = null;
let inflater: Inflater | null = null;

/** Levels 1 to 9. The compressed size, or {@link NO_ROOM} where it would be more than `room`. */
export function zlibCompress(from: usize, count: i32, to: usize, room: i32, level: i32): i32 {
  if (room < 6) return NO_ROOM;
  if (!deflater) deflater = new Deflater();
  const work = deflater!;
  // 32 KiB window; the second byte tells the level and makes both divisible by 31.
  store<u8>(to, 0x78);
  store<u8>(to, level < 2 ? 0x01 : level < 6 ? 0x5e : level == 6 ? 0x9c : 0xda, 1);
  work.window = from;
  work.at = 0;
  work.end = count;
  work.output = to + 2;
  work.outputEnd = to + room - 4;
  const error = work.deflate(level);
  if (error) return error;
  store<u32>(work.output, bswap(adler32(1, from, count)));
  return <i32>(work.output - to) + 4;
}

/** The size of what was compressed, or an error below 0. */
export function zlibDecompress(from: usize, count: i32, to: usize, room: i32): i32 {
  if (count < 6) return CUT;
  const header = ((<u32>load<u8>(from)) << 8) | <u32>load<u8>(from, 1);
  // Deflate with a window of at most 32 KiB, no preset dictionary.
  if ((header & 0x0f00) != 0x0800 || header >> 12 > 7 || header % 31 || header & 0x20) return BAD_DATA;
  if (!inflater) inflater = new Inflater();
  const work = inflater!;
  work.reset();
  work.input = from + 2;
  work.inputEnd = from + count;
  work.output = to;
  work.outputEnd = to + room;
  work.history = to;
  const error = work.inflate();
  if (error) return error;
  const size = <i32>(work.output - to);
  let sum: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const byte = work.nextByte();
    if (byte < 0) return CUT;
    sum = (sum << 8) | <u32>byte;
  }
  return sum == adler32(1, to, size) ? size : BAD_DATA;
}
