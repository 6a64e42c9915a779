// SPDX-License-Identifier: MIT
/**
 * @fileoverview lzjb, after its format: a byte of eight flags, least significant first, then for each either a literal byte or two
 * bytes: 6 bits of length less 3, 10 bits of distance.
 */
const MATCH_BITS: u32 = 6;
const MATCH_MIN: u32 = 3;
const MATCH_MAX: u32 = (1 << MATCH_BITS) + (MATCH_MIN - 1);
const OFFSET_MASK: u32 = (1 << (16 - MATCH_BITS)) - 1;
const SLOTS: u32 = 1024;
/** For each hash of three bytes, where they were last seen, counted from the source's begin; it may be stale, so it is checked. */
const recent = memory.data(4 << 10, 16);

/** Bytes written at `to`; `bytes` if they would be more than `room`: store it as it is. */
export function lzjbCompress(from: usize, to: usize, bytes: usize, room: usize): usize {
  memory.fill(recent, 0, SLOTS << 2);
  let out = to;
  const outEnd = to + room;
  let at = from;
  const end = from + bytes;
  let flagAt: usize = 0;
  let flag: u32 = 1 << 8;
  while (at < end) {
    if (flag == 1 << 8) {
      // The flags and all that they may stand for.
      if (out + 17 > outEnd) return bytes;
      flag = 1;
      flagAt = out++;
      store<u8>(flagAt, 0);
    }
    if (end - at < <usize>MATCH_MAX) {
      store<u8>(out++, load<u8>(at++));
      flag <<= 1;
      continue;
    }
    // Four bytes, of which three count. More than that follow, and what was seen lies before.
    const now = load<u32>(at);
    let hash = bswap<u32>(now) >> 8;
    hash += hash >> 9;
    hash += hash >> 5;
    const slot = recent + ((<usize>(hash & (SLOTS - 1))) << 2);
    const seen = from + load<u32>(slot);
    store<u32>(slot, <u32>(at - from));
    const distance = <u32>(at - seen);
    if (distance && distance <= OFFSET_MASK && !((load<u32>(seen) ^ now) << 8)) {
      const length = matchLength(at, seen);
      store<u8>(flagAt, <u8>(<u32>load<u8>(flagAt) | flag));
      store<u8>(out, <u8>(((length - MATCH_MIN) << (8 - MATCH_BITS)) | (distance >> 8)));
      store<u8>(out + 1, <u8>distance);
      out += 2;
      at += length;
    } else {
      store<u8>(out++, load<u8>(at++));
    }
    flag <<= 1;
  }
  return out - to;
}

/** How many bytes agree, of which the first are known to: metadata is mostly zeros, so eight at a time. No byte behind the longest match is read. */
function matchLength(at: usize, seen: usize): u32 {
  let length = MATCH_MIN;
  while (length + 8 <= MATCH_MAX) {
    const difference = load<u64>(at + length) ^ load<u64>(seen + length);
    if (difference) return length + (<u32>ctz(difference) >> 3);
    length += 8;
  }
  while (length < MATCH_MAX && load<u8>(at + length) == load<u8>(seen + length)) length++;
  return length;
}

/** False: not what a compressor wrote. */
export function lzjbExpand(from: usize, to: usize, bytes: usize, size: usize): bool {
  let at = from;
  const end = from + bytes;
  let out = to;
  const outEnd = to + size;
  let flags: u32 = 0;
  let flag: u32 = 1 << 8;
  while (out < outEnd) {
    if (flag == 1 << 8) {
      if (at >= end) return false;
      flag = 1;
      flags = <u32>load<u8>(at++);
    }
    if (flags & flag) {
      if (at + 2 > end) return false;
      const first = <u32>load<u8>(at);
      let length = (first >> (8 - MATCH_BITS)) + MATCH_MIN;
      const distance = ((first << 8) | <u32>load<u8>(at, 1)) & OFFSET_MASK;
      at += 2;
      let source = out - distance;
      if (!distance || source < to) return false;
      while (length-- && out < outEnd) store<u8>(out++, load<u8>(source++));
    } else {
      if (at >= end) return false;
      store<u8>(out++, load<u8>(at++));
    }
    flag <<= 1;
  }
  return true;
}
