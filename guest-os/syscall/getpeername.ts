// SPDX-License-Identifier: MIT
/** @fileoverview System call 243, getpeername: the address of a socket's peer. */
import { socketOf } from '../fs/socket/socket';
import { putAddress } from '../fs/socket/socketCall';
import { failure, setError } from '../kernel/errno';

export function getpeername(descriptor: i32, address: u64, length: u64, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  const name = socket.peerName();
  return name == null ? setError(failure) : putAddress(name, address, length);
}
