// SPDX-License-Identifier: MIT
/** @fileoverview Bytes on their way to a dump device, one after the other through a buffer of 64 KiB. Nothing here allocates. */
import { ENOSPC, setError } from '../errno';
import { DumpTarget } from './target';

const BUFFER: u32 = 65536;
const PAGE: u64 = 4096;
const buffer: usize = memory.data(65536, 4096);

let target: DumpTarget | null = null;
let isLive: bool = false;
let used: u32 = 0;
/** Where the buffer's bytes go, and where nothing may go any more. */
let at: u64 = 0;
let limit: u64 = 0;
/** The first error, negative; afterwards nothing is written. */
let failure: i32 = 0;

export function beginWriting(to: DumpTarget, live: bool): void {
  target = to;
  collector = 0;
  isLive = live;
  used = 0;
  failure = 0;
}
export function dumpFailure(): i32 {
  return failure;
}
/** What follows goes there, and no further than `end`. */
export function writeFrom(offset: u64, end: u64): void {
  at = offset;
  limit = end;
  used = 0;
}

/** What is put goes there instead, as long as it has room; 0: no more of that. */
export function collectInto(to: usize, room: u64): void {
  collector = to;
  at = 0;
  used = 0;
  limit = room;
}
let collector: usize = 0;
/** Bytes that were put since, whether there was room or not. */
export function collected(): u64 {
  return at + used;
}

export function put(from: usize, count: usize): void {
  let done: usize = 0;
  while (done < count) {
    const part = min<usize>(count - done, BUFFER - used);
    memory.copy(buffer + used, from + done, part);
    used += part;
    done += part;
    if (used == BUFFER) send(BUFFER);
  }
}
export function put32(value: u32): void {
  if (BUFFER - used < 4) {
    store<u32>(word, value);
    return put(word, 4);
  }
  store<u32>(buffer + used, value);
  used += 4;
  if (used == BUFFER) send(BUFFER);
}
export function put64(value: u64): void {
  store<u64>(word, value);
  put(word, 8);
}
const word: usize = memory.data(8, 8);

/** What is in the buffer is written, filled up to a whole page with zeros; where what follows will be. */
export function endPart(): u64 {
  const whole = (used + <u32>PAGE - 1) & ~(<u32>PAGE - 1);
  memory.fill(buffer + used, 0, whole - used);
  if (whole) send(whole);
  return at;
}

/** Where the next byte goes. */
export function writtenTo(): u64 {
  return at + used;
}

/** The last of what is collected. */
export function endCollecting(): void {
  if (used) send(used);
  collector = 0;
}

/** What was written is on the medium. */
export function settleDump(): void {
  if (!failure) failure = target!.flush(isLive);
}

function send(count: u32): void {
  if (collector || !target) {
    if (collector && at < limit) memory.copy(collector + <usize>at, buffer, <usize>min<u64>(count, limit - at));
    at += count;
    used = 0;
    return;
  }
  if (!failure) failure = at + count > limit ? setError(ENOSPC) : target!.write(at, buffer, count, isLive);
  at += count;
  used = 0;
}
