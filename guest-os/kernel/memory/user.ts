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
 *
 * A page of a user's may have to be read from a disk, and others run meanwhile: {@link copy} may sleep in its middle. Where the kernel's side is a
 * buffer that callers share, or a place that is right only now, one of three ways keeps callers apart: {@link copyShared}
 * (and {@link copyIn} and {@link copyOut}, which are that) uses the buffer in one go, before or after the sleep; {@link copyNow} does not sleep
 * and fails instead, and {@link bring} brings the pages before everything is looked at again.
 */
import { USER_END } from 'machine/addresses';
import { address } from 'machine/mem';
import { copyUser } from 'machine/stubs';
import { EFAULT, ENAMETOOLONG, setError, setFailure } from '../errno';
import { PAGE } from './frames';
import { current } from '../thread/thread';

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

/** The same without sleeping: -EFAULT also where a page would have to be brought ({@link bring}); how much has been copied then, nobody knows. */
export function copyNow(to: u64, from: u64, count: u64): i32 {
  const thread = current();
  thread.takesNoFaults = true;
  const result = copyUser(to, from, count);
  thread.takesNoFaults = false;
  return result < 0 ? setError(EFAULT) : 0;
}

/** Pages of a user's, or of nobody in particular, that somebody sleeps for at most while they are brought: 0, or -EFAULT. The kernel's are there. */
export function bring(at: u64, count: u64, write: bool): i32 {
  if (at >= USER_END || !count) return 0;
  const space = current().process!.space!;
  for (let page = at & ~(<u64>PAGE - 1); page < at + count; page += PAGE) {
    if (space.fault(page, write, false)) return setError(EFAULT);
  }
  return 0;
}

/** As {@link copy}, where one side is a buffer of the kernel's that others use, too: what it holds is this copy's, whoever runs meanwhile. */
export function copyShared(to: u64, from: u64, count: u64): i32 {
  if (!copyNow(to, from, count)) return 0;
  const own = new StaticArray<u8>(<i32>count);
  const place = address(changetype<usize>(own));
  const error =
    from >= USER_END
      ? copyNow(place, from, count) || copy(to, place, count)
      : copy(place, from, count) || copyNow(to, place, count);
  return error;
}

export function copyIn(to: usize, from: u64, count: usize): i32 {
  return isUser(from, count) ? copyShared(address(to), from, count) : setError(EFAULT);
}
export function copyOut(to: u64, from: usize, count: usize): i32 {
  return isUser(to, count) ? copyShared(to, address(from), count) : setError(EFAULT);
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
