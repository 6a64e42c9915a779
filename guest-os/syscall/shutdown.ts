// SPDX-License-Identifier: MIT
/** @fileoverview System call 236, shutdown: no more is sent, or received: 0 receiving, 1 sending, 2 both. */
import { socketOf } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';

export function shutdown(descriptor: i32, how: i32, version: i32): i64 {
  const socket = socketOf(descriptor);
  return socket ? socket.shutdown(how) : setError(failure);
}
