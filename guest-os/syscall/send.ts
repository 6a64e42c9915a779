// SPDX-License-Identifier: MIT
/** @fileoverview System call 240, send: bytes to a socket's peer. */
import { sendto } from './sendto';

export function send(descriptor: i32, buffer: u64, count: u64, flags: i32): i64 {
  return sendto(descriptor, buffer, count, flags, 0, 0);
}
