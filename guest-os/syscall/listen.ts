// SPDX-License-Identifier: MIT
/** @fileoverview System call 233, listen: a socket takes connections from now on. */
import { socketOf } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';

export function listen(descriptor: i32, backlog: i32, version: i32): i64 {
  const socket = socketOf(descriptor);
  return socket ? socket.listen(backlog) : setError(failure);
}
