// SPDX-License-Identifier: MIT
/**
 * @fileoverview Checksums of blocks, over the bytes as they lie on disk. Each is four 64-bit words.
 *
 * - fletcher2: two interleaved lanes of 64-bit words, first and second order sums.
 * - fletcher4: 32-bit words into four cascaded 64-bit sums (J. Fletcher, 1982).
 * - sha256: FIPS 180-4; the digest's words in big-endian order.
 */
import { sha256 } from './sha256';

export const CHECKSUM_INHERIT: u32 = 0;
export const CHECKSUM_ON: u32 = 1;
export const CHECKSUM_OFF: u32 = 2;
export const CHECKSUM_LABEL: u32 = 3;
export const CHECKSUM_GANG_HEADER: u32 = 4;
export const CHECKSUM_ZILOG: u32 = 5;
export const CHECKSUM_FLETCHER_2: u32 = 6;
export const CHECKSUM_FLETCHER_4: u32 = 7;
export const CHECKSUM_SHA256: u32 = 8;
export const CHECKSUM_ZILOG2: u32 = 9;
/** Algorithms that pool version 28 knows are below this. */
export const CHECKSUM_FUNCTIONS: u32 = 10;

/** The words at `to`; the algorithm is one that is not embedded. */
export function checksum(algorithm: u32, from: usize, bytes: usize, to: usize): void {
  if (algorithm == CHECKSUM_FLETCHER_4 || algorithm == CHECKSUM_ON) fletcher4(from, bytes, to);
  else if (algorithm == CHECKSUM_SHA256) sha256(from, bytes, to);
  else if (algorithm == CHECKSUM_FLETCHER_2) fletcher2(from, bytes, to);
  else memory.fill(to, 0, 32);
}

export function fletcher2(from: usize, bytes: usize, to: usize): void {
  let a0: u64 = 0;
  let a1: u64 = 0;
  let b0: u64 = 0;
  let b1: u64 = 0;
  const end = from + bytes;
  for (let at = from; at < end; at += 16) {
    a0 += load<u64>(at);
    a1 += load<u64>(at, 8);
    b0 += a0;
    b1 += a1;
  }
  store<u64>(to, a0);
  store<u64>(to, a1, 8);
  store<u64>(to, b0, 16);
  store<u64>(to, b1, 24);
}

/** Four words with two loads, as long as there are so many: a load costs more than what is done with it. */
export function fletcher4(from: usize, bytes: usize, to: usize): void {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  let at = from;
  for (const end = from + (bytes & ~15); at < end; at += 16) {
    const two = load<u64>(at);
    a += two & 0xffffffff;
    b += a;
    c += b;
    d += c;
    a += two >> 32;
    b += a;
    c += b;
    d += c;
    const more = load<u64>(at, 8);
    a += more & 0xffffffff;
    b += a;
    c += b;
    d += c;
    a += more >> 32;
    b += a;
    c += b;
    d += c;
  }
  for (const end = from + bytes; at < end; at += 4) {
    a += <u64>load<u32>(at);
    b += a;
    c += b;
    d += c;
  }
  store<u64>(to, a);
  store<u64>(to, b, 8);
  store<u64>(to, c, 16);
  store<u64>(to, d, 24);
}

export function sameChecksum(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) &&
    load<u64>(a, 8) == load<u64>(b, 8) &&
    load<u64>(a, 16) == load<u64>(b, 16) &&
    load<u64>(a, 24) == load<u64>(b, 24)
  );
}
