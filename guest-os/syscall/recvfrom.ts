// SPDX-License-Identifier: MIT
/** @fileoverview System call 238, recvfrom: bytes from a socket, and who sent them. */
import { isNonblocking, Message, socketOf } from '../fs/socket/socket';
import { putAddress } from '../fs/socket/socketCall';
import { EFAULT, failure, setError } from '../kernel/errno';
import { isUser } from '../kernel/memory/user';

export function recvfrom(descriptor: i32, buffer: u64, count: u64, flags: i32, address: u64, length: u64): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  if (!isUser(buffer, count)) return setError(EFAULT);
  const message = new Message();
  message.flags = flags;
  message.nonblocking = isNonblocking(descriptor);
  const result = socket.receive(buffer, count, message);
  // Files that nobody asks for are closed.
  for (let i = 0; i < message.rights.length; i++) message.rights[i].release();
  if (result < 0) return result;
  const error = putAddress(message.address, address, length);
  return error ? error : result;
}
