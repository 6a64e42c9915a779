// SPDX-License-Identifier: MIT
/** @fileoverview System call 234, accept: a descriptor of the next connection; its peer's address. */
import { O_CLOEXEC, O_NONBLOCK, O_RDWR, OpenFile } from '../fs/file';
import { installFile } from '../fs/open';
import { isNonblocking, SOCK_CLOEXEC, SOCK_NDELAY, SOCK_NONBLOCK, socketOf } from '../fs/socket/socket';
import { putAddress } from '../fs/socket/socketCall';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function accept(descriptor: i32, address: u64, length: u64, version: i32, flags: i32): i64 {
  const socket = socketOf(descriptor);
  if (!socket) return setError(failure);
  const accepted = socket.accept(isNonblocking(descriptor));
  if (!accepted) return setError(failure);
  const process = currentProcess();
  const nonblocking = flags & (SOCK_NONBLOCK | SOCK_NDELAY) ? O_NONBLOCK : 0;
  const name = accepted.peerName();
  const made = installFile(process, new OpenFile(accepted, O_RDWR | nonblocking), flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
  if (made < 0) return made;
  const error = name != null ? putAddress(name, address, length) : 0;
  if (error) process.close(made);
  return error ? error : made;
}
