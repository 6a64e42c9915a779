// SPDX-License-Identifier: MIT
/** @fileoverview System call 241, sendmsg: a message by a socket, which may hand files over. */
import { isNonblocking, socketOf } from '../fs/socket/socket';
import { sendMessage } from '../fs/socket/socketCall';
import { failure, setError } from '../kernel/errno';

export function sendmsg(descriptor: i32, message: u64, flags: i32): i64 {
  const socket = socketOf(descriptor);
  return socket ? sendMessage(socket, message, flags, isNonblocking(descriptor)) : setError(failure);
}
