// SPDX-License-Identifier: MIT
/** @fileoverview Locks between processes: a file that one of them holds (fcntl(2), F_SETLKW) until it closes the descriptor or ends. */
import * as calls from './calls';
import { O_CREAT, O_RDWR, openFile } from './io';

const F_SETLKW: i32 = 7;
const F_WRLCK: i16 = 2;
const FD_CLOEXEC: u64 = 1;
const F_SETFD: i32 = 2;
/** flock64_t: type, whence, start, length, all of the file by zeros. */
const request = memory.data(64, 8);

/** Waits until nobody else has it; what to close, or a negative errno. */
export function lockFile(path: string): i32 {
  const descriptor = openFile(path, O_RDWR | O_CREAT, 0o600);
  if (descriptor < 0) return descriptor;
  calls.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  memory.fill(request, 0, 64);
  store<i16>(request, F_WRLCK);
  let error = calls.fcntl(descriptor, F_SETLKW, request);
  while (error == -4) error = calls.fcntl(descriptor, F_SETLKW, request);
  if (error >= 0) return descriptor;
  calls.close(descriptor);
  return <i32>error;
}
