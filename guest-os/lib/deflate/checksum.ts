// SPDX-License-Identifier: MIT
/** @fileoverview The check sums that go with deflate: CRC-32 of gzip (RFC 1952, section 8) and Adler-32 of zlib (RFC 1950, section 9). */
const POLYNOMIAL: u32 = 0xedb88320;
const table = new StaticArray<u32>(256);
for (let i = 0; i < 256; i++) {
  let value = <u32>i;
  for (let k = 0; k < 8; k++) value = value & 1 ? (value >> 1) ^ POLYNOMIAL : value >> 1;
  table[i] = value;
}

/** Begin with 0, go on with the result. */
export function crc32(crc: u32, from: usize, count: usize): u32 {
  crc = ~crc;
  for (let i: usize = 0; i < count; i++) crc = unchecked(table[(crc ^ <u32>load<u8>(from + i)) & 0xff]) ^ (crc >> 8);
  return ~crc;
}

const BASE: u32 = 65521;
/** As many bytes as can be added up before 32 bits overflow. */
const RUN: usize = 5552;

/** Begin with 1, go on with the result. */
export function adler32(adler: u32, from: usize, count: usize): u32 {
  let low = adler & 0xffff;
  let high = adler >> 16;
  for (let done: usize = 0; done < count; ) {
    const end = min(done + RUN, count);
    for (; done < end; done++) {
      low += <u32>load<u8>(from + done);
      high += low;
    }
    low %= BASE;
    high %= BASE;
  }
  return (high << 16) | low;
}
