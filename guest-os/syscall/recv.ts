// SPDX-License-Identifier: MIT
/** @fileoverview System call 237, recv: bytes from a socket. */
import { recvfrom } from './recvfrom';

export function recv(descriptor: i32, buffer: u64, count: u64, flags: i32): i64 {
  return recvfrom(descriptor, buffer, count, flags, 0, 0);
}
