// SPDX-License-Identifier: MIT
/** @fileoverview Stream sockets with a path (AF_UNIX), for programs. Results below 0 are negative errnos. */
import * as calls from './calls';
import { pathOf } from './text';

const AF_UNIX: u16 = 1;
const SOCK_STREAM: i32 = 2;
const BACKLOG: i32 = 16;
/** sun_family and a path with its zero. */
const address = memory.data(256, 8);

function addressOf(path: string): u32 {
  store<u16>(address, AF_UNIX);
  for (let i = 0; i < path.length; i++) store<u8>(address + i, <u8>path.charCodeAt(i), 2);
  store<u8>(address + path.length, 0, 2);
  return path.length + 3;
}

/** A socket that listens at a path, where only its owner may connect; what was there is removed. */
export function listenAt(path: string): i32 {
  calls.unlink(pathOf(path));
  const socket = <i32>calls.so_socket(AF_UNIX, SOCK_STREAM, 0, 0, 1);
  if (socket < 0) return socket;
  let error = calls.bind(socket, address, addressOf(path), 1);
  if (error >= 0) error = calls.chmod(pathOf(path), 0o600);
  if (error >= 0) error = calls.listen(socket, BACKLOG, 1);
  if (error >= 0) return socket;
  calls.close(socket);
  return <i32>error;
}

export function connectTo(path: string): i32 {
  const socket = <i32>calls.so_socket(AF_UNIX, SOCK_STREAM, 0, 0, 1);
  if (socket < 0) return socket;
  const error = calls.connect(socket, address, addressOf(path), 1);
  if (error >= 0) return socket;
  calls.close(socket);
  return <i32>error;
}

export function acceptFrom(socket: i32): i32 {
  return <i32>calls.accept(socket, 0, 0, 1, 0);
}
