// SPDX-License-Identifier: MIT
/** @fileoverview System call 246, setsockopt: sets an option of a socket. */
import { SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socketOf } from '../fs/socket/socket';
import { EDOM, EFAULT, EINVAL, failure, setError } from '../kernel/errno';
import { fetch32, fetch64, fetched } from '../kernel/memory/user';

export function setsockopt(descriptor: i32, level: i32, name: i32, from: u64, length: u32, version: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
    if (length < 16) return setError(EINVAL);
    if (fetch64(from)) return setError(EFAULT);
    const seconds = fetched();
    if (fetch64(from + 8)) return setError(EFAULT);
    if (seconds > 1000000000 || fetched() >= 1000000) return setError(EDOM);
    const timeout = seconds * 1000000000 + fetched() * 1000;
    if (name == SO_RCVTIMEO) socket.receiveTimeout = timeout;
    else socket.sendTimeout = timeout;
    return 0;
  }
  if (length < 4) return setError(EINVAL);
  return fetch32(from) ? setError(EFAULT) : socket.setOption(level, name, <i32>fetched());
}
