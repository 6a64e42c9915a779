// SPDX-License-Identifier: MIT
/** @fileoverview System call 230, so_socket: a descriptor of a new socket. Where its driver would be, and a version, are not looked at. */
import { O_CLOEXEC, O_NONBLOCK, O_RDWR, OpenFile } from '../fs/file';
import { installFile } from '../fs/open';
import { createSocket, SOCK_CLOEXEC, SOCK_NDELAY, SOCK_NONBLOCK, SOCK_TYPE } from '../fs/socket/socket';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function so_socket(family: i32, type: i32, protocol: i32, device: u64, version: i32): i64 {
  const socket = createSocket(family, type & SOCK_TYPE, protocol);
  if (!socket) return setError(failure);
  socket.hold();
  const nonblocking = type & (SOCK_NONBLOCK | SOCK_NDELAY) ? O_NONBLOCK : 0;
  return installFile(currentProcess(), new OpenFile(socket, O_RDWR | nonblocking), type & SOCK_CLOEXEC ? O_CLOEXEC : 0);
}
