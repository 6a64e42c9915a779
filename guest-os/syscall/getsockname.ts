// SPDX-License-Identifier: MIT
/** @fileoverview System call 244, getsockname: a socket's own address. */
import { socketOf } from '../fs/socket/socket';
import { putAddress } from '../fs/socket/socketCall';
import { failure, setError } from '../kernel/errno';

export function getsockname(descriptor: i32, address: u64, length: u64, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  const name = socket.ownName();
  return name == null ? setError(failure) : putAddress(name, address, length);
}
