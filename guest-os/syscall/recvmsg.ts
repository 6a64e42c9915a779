// SPDX-License-Identifier: MIT
/** @fileoverview System call 239, recvmsg: a message from a socket, with files that were handed over. */
import { isNonblocking, socketOf } from '../fs/socket/socket';
import { receiveMessage } from '../fs/socket/socketCall';
import { failure, setError } from '../kernel/errno';

export function recvmsg(descriptor: i32, message: u64, flags: i32): i64 {
  const socket = socketOf(descriptor);
  return socket ? receiveMessage(socket, message, flags, isNonblocking(descriptor)) : setError(failure);
}
