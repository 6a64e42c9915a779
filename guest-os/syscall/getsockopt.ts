// SPDX-License-Identifier: MIT
/** @fileoverview System call 245, getsockopt: an option of a socket. */
import { SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socketOf } from '../fs/socket/socket';
import { EFAULT, EINVAL, failure, setError } from '../kernel/errno';
import { fetch32, fetched, put32, put64 } from '../kernel/memory/user';

export function getsockopt(descriptor: i32, level: i32, name: i32, to: u64, length: u64, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  if (fetch32(length)) return setError(EFAULT);
  const room = fetched();
  if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
    // struct timeval
    if (room < 16) return setError(EINVAL);
    const timeout = name == SO_RCVTIMEO ? socket.receiveTimeout : socket.sendTimeout;
    return put64(to, timeout / 1000000000) | put64(to + 8, (timeout % 1000000000) / 1000) | put32(length, 16);
  }
  if (room < 4) return setError(EINVAL);
  const value = socket.option(level, name);
  return value < 0 ? value : put32(to, <u32>value) | put32(length, 4);
}
