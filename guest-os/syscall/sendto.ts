// SPDX-License-Identifier: MIT
/** @fileoverview System call 242, sendto: bytes by a socket to an address. */
import { isNonblocking, Message, socketOf } from '../fs/socket/socket';
import { fetchAddress } from '../fs/socket/socketCall';
import { EFAULT, failure, setError } from '../kernel/errno';
import { isUser } from '../kernel/memory/user';

export function sendto(descriptor: i32, buffer: u64, count: u64, flags: i32, address: u64, length: u32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  if (!isUser(buffer, count)) return setError(EFAULT);
  const message = new Message();
  message.flags = flags;
  message.nonblocking = isNonblocking(descriptor);
  if (address && length) {
    const name = fetchAddress(address, length);
    if (name == null) return setError(failure);
    message.address = name;
  }
  return socket.send(buffer, count, message);
}
