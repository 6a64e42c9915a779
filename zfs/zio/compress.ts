// SPDX-License-Identifier: MIT
/**
 * @fileoverview Compression of blocks: which algorithm a number stands for, and when it is worth it (an eighth saved, in sectors).
 */
import { zlibCompress, zlibDecompress } from '../../guest-os/lib/deflate/zlib';
import { lzjbCompress, lzjbExpand } from './lzjb';
import { zleCompress, zleExpand } from './zle';

export const COMPRESS_INHERIT: u32 = 0;
export const COMPRESS_ON: u32 = 1;
export const COMPRESS_OFF: u32 = 2;
export const COMPRESS_LZJB: u32 = 3;
export const COMPRESS_EMPTY: u32 = 4;
export const COMPRESS_GZIP_1: u32 = 5;
export const COMPRESS_GZIP_9: u32 = 13;
export const COMPRESS_ZLE: u32 = 14;
/** Algorithms that pool version 28 knows are below this. */
export const COMPRESS_FUNCTIONS: u32 = 15;

/** What a block of zeros is compressed to: it becomes a hole. */
export const NOTHING_LEFT: u32 = 0;

/** Compresses to `to`, which has room for `bytes`. The physical size, a multiple of 512; `bytes`: store it as it is. */
export function compress(algorithm: u32, from: usize, to: usize, bytes: u32): u32 {
  if (algorithm == COMPRESS_OFF) return bytes;
  if (isZero(from, bytes)) return NOTHING_LEFT;
  const room = bytes - (bytes >> 3);
  let size: u32 = bytes;
  if (algorithm == COMPRESS_LZJB || algorithm == COMPRESS_ON) size = <u32>lzjbCompress(from, to, bytes, room);
  else if (algorithm == COMPRESS_ZLE) size = <u32>zleCompress(from, to, bytes, room);
  else if (algorithm >= COMPRESS_GZIP_1 && algorithm <= COMPRESS_GZIP_9) {
    const packed = zlibCompress(from, bytes, to, room, <i32>(algorithm - COMPRESS_GZIP_1 + 1));
    if (packed > 0) size = <u32>packed;
  }
  const physical = (size + 511) & ~511;
  if (size > room || physical > room) return bytes;
  memory.fill(to + size, 0, physical - size);
  return physical;
}

/** False: an algorithm that is not known, or what no compressor wrote. */
export function expand(algorithm: u32, from: usize, to: usize, bytes: u32, size: u32): bool {
  if (algorithm == COMPRESS_LZJB || algorithm == COMPRESS_ON) return lzjbExpand(from, to, bytes, size);
  if (algorithm == COMPRESS_ZLE) return zleExpand(from, to, bytes, size);
  if (algorithm >= COMPRESS_GZIP_1 && algorithm <= COMPRESS_GZIP_9) {
    // What follows the stream is padding.
    return zlibDecompress(from, bytes, to, size) == <i32>size;
  }
  return false;
}

export function isZero(from: usize, bytes: u32): bool {
  for (let at: usize = 0; at < <usize>bytes; at += 8) if (load<u64>(from + at)) return false;
  return true;
}
