// SPDX-License-Identifier: MIT
/**
 * @fileoverview zle: runs of zeros. A byte below 64 says that so many bytes plus one follow as they are; from 64 on, that so many less
 * 63 zeros do.
 */
const LITERALS: u32 = 64;
const ZEROS: u32 = 256 - LITERALS;

/** Bytes written at `to`; `bytes` if they would be more than `room`. */
export function zleCompress(from: usize, to: usize, bytes: usize, room: usize): usize {
  let at = from;
  const end = from + bytes;
  let out = to;
  const outEnd = to + room;
  while (at < end) {
    const first = at;
    if (load<u8>(at) == 0) {
      while (at < end && at - first < <usize>ZEROS && load<u8>(at) == 0) at++;
      if (out >= outEnd) return bytes;
      store<u8>(out++, <u8>(LITERALS - 1 + <u32>(at - first)));
    } else {
      // Two zeros in a row are worth a run.
      while (at < end && at - first < <usize>LITERALS) {
        if (load<u8>(at) == 0 && at + 1 < end && load<u8>(at, 1) == 0) break;
        at++;
      }
      const count = at - first;
      if (out + 1 + count > outEnd) return bytes;
      store<u8>(out, <u8>(count - 1));
      memory.copy(out + 1, first, count);
      out += 1 + count;
    }
  }
  return out - to;
}

/** False: not what a compressor wrote. */
export function zleExpand(from: usize, to: usize, bytes: usize, size: usize): bool {
  let at = from;
  const end = from + bytes;
  let out = to;
  const outEnd = to + size;
  while (out < outEnd) {
    if (at >= end) return false;
    const code = <u32>load<u8>(at++);
    if (code < LITERALS) {
      const count = <usize>code + 1;
      if (at + count > end || out + count > outEnd) return false;
      memory.copy(out, at, count);
      at += count;
      out += count;
    } else {
      const count = <usize>(code - LITERALS + 1);
      if (out + count > outEnd) return false;
      memory.fill(out, 0, count);
      out += count;
    }
  }
  return true;
}
