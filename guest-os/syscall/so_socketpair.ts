// SPDX-License-Identifier: MIT
/** @fileoverview System call 231, so_socketpair: makes two new sockets, whose descriptors are a user's two ints, each other's peers. */
import { socketOf } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';
import { fetch32, fetched } from '../kernel/memory/user';

export function so_socketpair(descriptors: u64): i64 {
  let error = fetch32(descriptors);
  if (error) return error;
  const first = socketOf(<i32>fetched());
  if (!first) return setError(failure);
  error = fetch32(descriptors + 4);
  if (error) return error;
  const second = socketOf(<i32>fetched());
  return second ? first.pairWith(second) : setError(failure);
}
