// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory of user programs, and text across the border.
 *
 * Every address is a u64 and goes through copyUser, which fails softly. File systems copy with {@link copy} and do not care
 * whether the other side is a user or the kernel (`address(pointer)`): system calls check the user's range with
 * {@link isUser} first.
 *
 * Text in the kernel is a byte string: each code unit holds one byte, 0 to 255, so a name survives unchanged whatever its
 * encoding is.
 */
import { USER_END } from 'machine/addresses';
import { address } from 'machine/mem';
import { copyUser } from 'machine/stubs';
import { EFAULT, ENAMETOOLONG, setError, setFailure } from './errno';

/** Longest path, its final zero included (<limits.h>, PATH_MAX). */
export const PATH_MAX: i32 = 1024;

const word = memory.data(8, 8);
const chunk = memory.data(PATH_MAX);

export function isUser(at: u64, count: u64): bool {
  return at < USER_END && count <= USER_END - at;
}

/** 0 or -EFAULT; what was copied before the fault stays. */
export function copy(to: u64, from: u64, count: u64): i32 {
  return copyUser(to, from, count) < 0 ? setError(EFAULT) : 0;
}

export function copyIn(to: usize, from: u64, count: usize): i32 {
  return isUser(from, count) ? copy(address(to), from, count) : setError(EFAULT);
}
export function copyOut(to: u64, from: usize, count: usize): i32 {
  return isUser(to, count) ? copy(to, address(from), count) : setError(EFAULT);
}

/** A user's 64 or 32 bits at {@link fetched}: 0, or -EFAULT. */
export function fetch64(from: u64): i32 {
  return copyIn(word, from, 8);
}
export function fetch32(from: u64): i32 {
  store<u64>(word, 0);
  return copyIn(word, from, 4);
}
export function fetched(): u64 {
  return load<u64>(word);
}
export function put64(to: u64, value: u64): i32 {
  store<u64>(word, value);
  return copyOut(to, word, 8);
}
export function put32(to: u64, value: u32): i32 {
  store<u32>(word, value);
  return copyOut(to, word, 4);
}

/** Bytes as a byte string. */
export function textOf(from: usize, count: i32): string {
  const text = changetype<string>(__new((<usize>count) << 1, idof<string>()));
  for (let i = 0; i < count; i++) store<u16>(changetype<usize>(text) + ((<usize>i) << 1), <u16>load<u8>(from + i));
  return text;
}

/** Stores a byte string's bytes, no zero behind them. */
export function storeText(to: usize, text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
}

/** A zero-terminated user string of up to `limit` bytes; null: EFAULT or ENAMETOOLONG. */
export function fetchText(from: u64, limit: i32 = PATH_MAX): string | null {
  let text = '';
  for (let done = 0; done < limit; ) {
    // Up to the end of a page at a time: what lies behind the string may not be mapped.
    const part = min(min(limit - done, PATH_MAX), 4096 - (<i32>(from + done) & 4095));
    if (copyIn(chunk, from + done, part) < 0) {
      setFailure(EFAULT);
      return null;
    }
    for (let i = 0; i < part; i++) if (!load<u8>(chunk + i)) return text + textOf(chunk, i);
    text += textOf(chunk, part);
    done += part;
  }
  setFailure(ENAMETOOLONG);
  return null;
}
