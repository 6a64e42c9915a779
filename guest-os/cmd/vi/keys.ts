// SPDX-License-Identifier: MIT
/**
 * @fileoverview Keys: what is typed, or what is repeated. Arrows become the letters that do the same; an ESC is one unless more comes with it.
 */
import * as calls from '../../lib/calls';

export const ESCAPE: i32 = 27;
/** Arrows and their like, beyond a byte. */
export const UP: i32 = 256;
export const DOWN: i32 = 257;
export const RIGHT: i32 = 258;
export const LEFT: i32 = 259;
export const HOME: i32 = 260;
export const END: i32 = 261;
export const DELETE: i32 = 262;
export const PAGE_UP: i32 = 263;
export const PAGE_DOWN: i32 = 264;
/** The terminal is gone. */
export const GONE: i32 = -1;

const byte = memory.data(8);
const pollfd = memory.data(8, 8);
const timespec = memory.data(16, 8);
/** Nanoseconds within which the rest of a key's sequence comes. */
const WAIT: u64 = 50000000;

let queue: i32[] = [];
/** Keys of the command that is being typed, for `.`. */
export let log: i32[] = [];

export function beginLog(): void {
  log = [];
}
/** Types keys as if somebody did. */
export function feed(keys: i32[]): void {
  queue = keys.concat(queue);
}
export function isReplaying(): bool {
  return queue.length > 0;
}

function more(): bool {
  store<i32>(pollfd, 0);
  store<u16>(pollfd, 1, 4);
  store<u16>(pollfd, 0, 6);
  store<u64>(timespec, 0);
  store<u64>(timespec, WAIT, 8);
  return calls.pollsys(pollfd, 1, timespec, 0) > 0;
}

function read(): i32 {
  while (true) {
    const count = calls.read(0, byte, 1);
    if (count == 1) return load<u8>(byte);
    // A signal, such as that of another window's size.
    if (count != -4) return GONE;
  }
}

export function nextKey(): i32 {
  let key: i32;
  if (queue.length) key = queue.shift();
  else {
    key = read();
    if (key == ESCAPE && more()) key = sequence();
  }
  log.push(key);
  return key;
}

function sequence(): i32 {
  const first = read();
  if (first != 0x5b && first != 0x4f) {
    queue.push(first);
    return ESCAPE;
  }
  let number = 0;
  let c = read();
  while (c >= 0x30 && c <= 0x3b) {
    number = c == 0x3b ? number : number * 10 + c - 0x30;
    c = read();
  }
  if (c == 0x41) return UP;
  if (c == 0x42) return DOWN;
  if (c == 0x43) return RIGHT;
  if (c == 0x44) return LEFT;
  if (c == 0x48) return HOME;
  if (c == 0x46) return END;
  if (c == 0x7e) {
    if (number == 1 || number == 7) return HOME;
    if (number == 4 || number == 8) return END;
    if (number == 3) return DELETE;
    if (number == 5) return PAGE_UP;
    if (number == 6) return PAGE_DOWN;
  }
  return 0;
}
