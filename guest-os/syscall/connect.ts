// SPDX-License-Identifier: MIT
/** @fileoverview System call 235, connect: a connection to an address, or a datagram socket's peer. */
import { fetchAddress } from '../fs/socket/socketCall';
import { isNonblocking, socketOf } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';

export function connect(descriptor: i32, address: u64, length: u32, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  if (!address) return socket.connect('', false);
  const name = fetchAddress(address, length);
  return name == null ? setError(failure) : socket.connect(name, isNonblocking(descriptor));
}
