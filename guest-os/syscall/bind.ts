// SPDX-License-Identifier: MIT
/** @fileoverview System call 232, bind: gives a socket its address. */
import { fetchAddress } from '../fs/socket/socketCall';
import { socketOf } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';

export function bind(descriptor: i32, address: u64, length: u32, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  const name = fetchAddress(address, length);
  return name == null ? setError(failure) : socket.bind(name);
}
