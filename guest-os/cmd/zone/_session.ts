// SPDX-License-Identifier: MIT
/** @fileoverview Bytes between a user's terminal and a zone's: until either side ends, or the user types the escape at the start of a line. */
import * as calls from '../../lib/calls';
import { writeAll } from '../../lib/io';
import { PollSet } from '../../lib/pollSet';
import { takeSignal } from '../../lib/process';

const ROOM: i32 = 4096;
const buffer = memory.data(4096);
const RETURN: u8 = 0x0d;
const NEWLINE: u8 = 0x0a;
const DOT: u8 = 0x2e;

/** `escape`: its character, 0 for none; a dot behind it ends the session. True: it was typed. `resized` is called when a signal came (SIGWINCH). */
export function relay(input: i32, output: i32, far: i32, escape: u8, resized: ((far: i32) => void) | null): bool {
  const set = new PollSet();
  let atStart = true;
  let escaping = false;
  let typing = true;
  while (true) {
    if (resized && takeSignal()) resized(far);
    set.clear();
    if (typing) set.add(input);
    set.add(far);
    if (!set.wait()) continue;
    if (set.isReady(far)) {
      const count = <i32>calls.read(far, buffer, ROOM);
      if (count <= 0) return false;
      writeAll(output, buffer, count);
    }
    if (!typing || !set.isReady(input)) continue;
    const count = <i32>calls.read(input, buffer, ROOM);
    if (count <= 0) {
      typing = false;
      if (escape) return false;
      continue;
    }
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const byte = load<u8>(buffer + i);
      if (escaping) {
        if (byte == DOT) return true;
        escaping = false;
        // It was none: both are typed.
        if (byte != escape) {
          store<u8>(buffer + kept, escape);
          writeAll(far, buffer, ++kept);
          kept = 0;
        }
      } else if (escape && atStart && byte == escape) {
        escaping = true;
        continue;
      }
      atStart = byte == RETURN || byte == NEWLINE;
      store<u8>(buffer + kept++, byte);
    }
    if (kept) writeAll(far, buffer, kept);
  }
}
